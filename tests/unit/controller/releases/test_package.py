"""The agent's package: the same bytes whoever builds it, everything in its place, and nothing of the machine's own."""

from __future__ import annotations

import gettext
import io
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from controller.releases import contents
from controller.releases.package import build_package, facts_of
from controller.releases.signing import ensure_archive_key, sign
from controller.releases.store import Store
from controller.settings import Settings

pytestmark = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb is not installed")
needs_gpg = pytest.mark.skipif(shutil.which("gpg") is None, reason="gpg is not installed (scripts/packages)")


@pytest.fixture
def agent(tmp_path: Path) -> Path:
    """Sources of a small agent, with one of everything that has a place of its own."""
    files = {
        "__init__.py": 'BASE_VERSION = "1.2.3"\n',
        "service.py": "print('hello')\n",
        "tool.sh": "#!/bin/sh\n",
        "locales/fr/LC_MESSAGES/agent.po": 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Yes"\nmsgstr "Oui"\n',  # noqa: E501
        "locales/fr/LC_MESSAGES/agent.mo": "stale",
        "systemd/recyclerie-agent.service": "[Unit]\n",
        "desktop/place.py": "",
        "desktop/help.desktop": "[Desktop Entry]\n",
        "desktop/applications/other.desktop": "[Desktop Entry]\n",
        "desktop/autostart/start.desktop": "[Desktop Entry]\n",
        "desktop/icons/help.svg": "<svg/>",
        "desktop/bin/helper": "#!/bin/sh\n",
        "desktop/share/page.html": "<p>",
        "__pycache__/service.cpython-313.pyc": "x",
    }
    root = tmp_path / "agent"
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def held(deb: Path) -> dict[str, tuple[int, int, str, int]]:
    """Path → mode, time, owner, size, as dpkg reads them."""
    out = subprocess.run(["dpkg-deb", "--fsys-tarfile", deb], capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(out)) as packed:
        return {
            member.name.removeprefix("./"): (
                member.mode,
                int(member.mtime),
                f"{member.uname}:{member.gname}",
                member.size,
            )
            for member in packed
        }


def test_everything_is_in_its_place(agent: Path, tmp_path: Path) -> None:
    deb = tmp_path / "made.deb"
    build_package(contents.contents(agent), "1.2.3+1", 1_800_000_000, deb)
    files = {path: facts for path, facts in held(deb).items() if not facts[0] & 0o40000 and facts[3]}
    assert {facts[1:3] for facts in files.values()} == {(1_800_000_000, "root:root")}
    assert {path: facts[0] for path, facts in files.items()} == {
        "etc/xdg/autostart/start.desktop": 0o644,
        "usr/bin/helper": 0o755,
        "usr/bin/recyclerie-agent": 0o755,
        "usr/lib/recyclerie/agent/RELEASE": 0o644,
        "usr/lib/recyclerie/agent/__init__.py": 0o644,
        "usr/lib/recyclerie/agent/locales/fr/LC_MESSAGES/agent.mo": 0o644,
        "usr/lib/recyclerie/agent/service.py": 0o644,
        "usr/lib/recyclerie/agent/systemd/recyclerie-agent.service": 0o644,
        "usr/lib/recyclerie/agent/tool.sh": 0o755,
        "usr/lib/recyclerie/update": 0o755,
        "usr/lib/systemd/system/recyclerie-agent.service": 0o644,
        "usr/share/applications/help.desktop": 0o644,
        "usr/share/applications/other.desktop": 0o644,
        "usr/share/icons/hicolor/scalable/apps/help.svg": 0o644,
        "usr/share/recyclerie/page.html": 0o644,
    }
    assert facts_of(deb) == {"package": "recyclerie-agent", "version": "1.2.3+1", "architecture": "all"}
    control = subprocess.run(["dpkg-deb", "--info", deb], capture_output=True, text=True, check=True).stdout
    assert "conffiles" not in control  # /etc/recyclerie is the machine's own


def test_catalogues_are_compiled(agent: Path) -> None:
    made = contents.contents(agent)["usr/lib/recyclerie/agent/locales/fr/LC_MESSAGES/agent.mo"].content
    assert gettext.GNUTranslations(io.BytesIO(made)).gettext("Yes") == "Oui"


def test_the_same_contents_are_the_same_bytes(agent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = tmp_path / "one.deb", tmp_path / "two.deb"
    build_package(contents.contents(agent), "1", 1_800_000_000, one)
    copy = tmp_path / "elsewhere" / "agent"
    shutil.copytree(agent, copy)
    for path in copy.rglob("*"):
        os.utime(path, (1, 1))
    old = os.umask(0o077)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    try:
        build_package(contents.contents(copy), "1", 1_800_000_000, two)
    finally:
        os.umask(old)
    assert one.read_bytes() == two.read_bytes()
    (copy / "service.py").write_text("print('hallo')\n")
    assert contents.digest(contents.contents(copy)) != contents.digest(contents.contents(agent))


def test_the_real_agent_has_what_its_units_start() -> None:
    files = contents.contents()
    for unit in contents.ENABLED:
        assert f"usr/lib/systemd/system/{unit}" in files
    assert "usr/lib/recyclerie/agent/update/__main__.py" in files
    assert not [path for path in files if path.startswith("etc/recyclerie") or path.endswith((".pyc", ".po"))]


@needs_gpg
def test_versions_grow_whatever_the_clock_does(agent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import datetime as dt

    from controller.releases import store as module

    clock = [dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC)]
    monkeypatch.setattr(module, "utcnow", lambda: clock[0])
    settings = Settings(data_dir=tmp_path / "data")
    store = Store(settings, agent)
    first = store.ensure()
    assert (first.version, first.stage) == ("1.2.3+20260501.120000", "everybody")
    assert store.ensure() == first
    clock[0] -= dt.timedelta(days=400)  # the battery of the controller's computer is dead
    (agent / "service.py").write_text("print(2)\n")
    second = store.ensure()
    assert (second.version, second.stage, second.percent) == ("1.2.3+20260501.120001", "trial", 10)
    compare = ["dpkg", "--compare-versions", second.version, "gt", first.version]
    assert subprocess.run(compare, check=False).returncode == 0
    index = (store.view(second) / "Packages").read_text()
    assert index.index(second.version) < index.index(first.version)  # the one before is there to go back to
    assert (tmp_path / "data/keys/apt_ed25519.key").stat().st_mode & 0o777 == 0o600


@needs_gpg
def test_only_the_last_few_are_kept(agent: Path, tmp_path: Path) -> None:
    store = Store(Settings(data_dir=tmp_path / "data"), agent)
    for number in range(8):
        (agent / "service.py").write_text(f"print({number})\n")
        store.ensure()
    kept = store.releases()
    assert len(kept) == 5
    assert {path.name for path in (store.folder / "pool").glob("*.deb")} == {release.file for release in kept}
    assert {path.name for path in (store.folder / "views").iterdir()} == {release.version for release in kept}


@needs_gpg
@pytest.mark.skipif(shutil.which("gpgv") is None, reason="gpgv is not installed")
def test_a_signature_holds_and_a_changed_text_does_not(tmp_path: Path) -> None:
    public = ensure_archive_key(tmp_path)
    assert ensure_archive_key(tmp_path) == public
    ring = tmp_path / "ring.gpg"
    subprocess.run(["gpg", "--batch", "--dearmor", "-o", ring], input=public.encode(), check=True, capture_output=True)
    signed = sign(tmp_path, "Origin: Recyclerie\nDate: today\n")

    def holds(content: bytes) -> bool:
        (tmp_path / "text").write_bytes(content)
        ran = subprocess.run(["gpgv", "--keyring", ring, tmp_path / "text"], capture_output=True, check=False)
        return ran.returncode == 0

    assert holds(signed)
    assert not holds(signed.replace(b"today", b"never"))
    (tmp_path / "other").mkdir()
    ensure_archive_key(tmp_path / "other")
    assert not holds(sign(tmp_path / "other", "Origin: Recyclerie\nDate: today\n"))
