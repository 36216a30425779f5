"""This computer's own apt (gpgv on Debian 12, sqv on Debian 13) asks a real controller, as the updater has it ask."""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.config import load_config
from agent.errors import AgentError
from agent.link.proxy import DIRECT
from agent.update import apt as apt_module
from agent.update.apt import Apt, Unreachable
from agent.update.places import Patience, Places
from controller.access.secrets import hash_secret
from controller.database import utcnow
from controller.machines.tables import Boot, Machine, ResidentToken
from controller.releases.store import Store
from tests.integration.assist.world import World, missing

pytestmark = [
    pytest.mark.timeout(180),
    pytest.mark.skipif(shutil.which("apt-get") is None, reason="this is no Debian"),
]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[World, Apt, Path]]:
    """A controller, and apt with a machine's settings. apt's own account must get through to the folder."""
    if missing():
        pytest.skip(missing())
    monkeypatch.setenv("RECYCLERIE_CONFIG", "/nonexistent")
    monkeypatch.setenv("APT_CONFIG", "")
    monkeypatch.setenv("DEBIAN_FRONTEND", "")
    folder = Path(tempfile.mkdtemp(prefix="rcy-apt-", dir="/var/tmp"))
    folder.chmod(0o755)
    world = World(Path(tempfile.mkdtemp(prefix="rcy-updates-")))
    try:
        store = Store(world.settings)
        store.ensure()
        world.start()
        (folder / "keyring.asc").write_bytes((world.settings.keys_dir / "apt_ed25519.asc").read_bytes())
        monkeypatch.setattr(apt_module, "KEYRING", folder / "keyring.asc")
        (folder / "token").write_text(_token(world) + "\n")
        settings = {
            "mode": "resident",
            "controller_url": world.core.controller_url,
            "ca_file": str(world.core.keys.ca),
            "token_file": str(folder / "token"),
            "state_dir": str(folder / "state"),
        }
        (folder / "agent.json").write_text(json.dumps(settings))
        places = Places(state=folder / "state/update", cache=folder / "cache", run=folder / "run")
        yield world, Apt(load_config(folder / "agent.json"), places, Patience(), DIRECT), folder
    finally:
        world.close()
        shutil.rmtree(folder, ignore_errors=True)


def _token(world: World) -> str:
    """Of a machine at home that has announced itself."""
    token = secrets.token_urlsafe(32)
    with world.core.database.write() as session:
        now = utcnow()
        machine = Machine(
            site="main", tag="R-000001", state_name="delivered", held_params={}, conflict_with=[], profile="mini",
            state_since=now, created_at=now, accepted_at=now,
        )  # fmt: skip
        session.add(machine)
        session.flush()
        session.add(ResidentToken(machine_id=machine.id, token_hash=hash_secret(token), created_at=now))
        session.add(
            Boot(
                machine_id=machine.id, mode="resident", boot_id="b", secret_hash="s", status="accepted", address="",
                ssh_host_keys=[], announcement={}, announced_at=now, last_heard_at=now,
            )
        )  # fmt: skip
    return token


def test_apt_takes_the_signature_and_the_token(asked: tuple[World, Apt, Path]) -> None:
    world, apt, folder = asked
    store = Store(world.settings)
    (release,) = store.releases()
    assert apt.look() == release.version
    assert apt.download(release.version) == store.package(release).read_bytes()
    with pytest.raises(AgentError, match="can't be downloaded"):
        apt.download("0.0.1")

    # Another key, though the text is untouched.
    other = folder / "other"
    other.mkdir()
    from controller.releases.signing import ensure_archive_key

    good = (folder / "keyring.asc").read_text()
    (folder / "keyring.asc").write_text(ensure_archive_key(other))
    with pytest.raises(Unreachable):
        apt.look()
    (folder / "keyring.asc").write_text(good)
    assert apt.look() == release.version

    # Another token; another authority.
    kept = (folder / "token").read_text()
    (folder / "token").write_text("x" * 43)
    with pytest.raises(Unreachable, match="401"):
        apt.look()
    (folder / "token").write_text(kept)
    make = ("openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-subj", "/CN=other", "-keyout", folder / "k")
    subprocess.run([*make, "-out", folder / "ca.crt"], check=True, capture_output=True)
    settings = json.loads((folder / "agent.json").read_text()) | {"ca_file": str(folder / "ca.crt")}
    (folder / "agent.json").write_text(json.dumps(settings))
    stranger = Apt(load_config(folder / "agent.json"), apt.places, apt.patience, DIRECT)
    with pytest.raises(Unreachable, match=r"[Cc]ertificate"):
        stranger.look()
