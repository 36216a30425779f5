"""Debian's own unattended-upgrades, run by its units on a machine at home, and real apt through maintain.yml."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.assist.test_maintain import maintain
from tests.integration.updates.archive import Archive
from tests.integration.updates.home import PackagedHome

pytestmark = [pytest.mark.rig, pytest.mark.timeout(600)]
COLLECT = "import json; from agent.collectors.updates import collect_updates; print(json.dumps(collect_updates()))"
LOG = "var/log/unattended-upgrades/unattended-upgrades.log"


@pytest.fixture
def archives(home: PackagedHome, tmp_path: Path) -> tuple[Archive, Archive]:
    """The machine's only sources: one that says it is Debian's security archive, and somebody else's."""
    for source in [home.pc.root / "etc/apt/sources.list", *(home.pc.root / "etc/apt/sources.list.d").iterdir()]:
        source.unlink(missing_ok=True)
    for unit in ("apt-daily", "apt-daily-upgrade"):  # they wait 30 s each for a network that systemd made
        dropin = home.pc.root / f"etc/systemd/system/{unit}.service.d/rig.conf"
        dropin.parent.mkdir()
        dropin.write_text("[Service]\nExecStartPre=\n")
    assert home.inside("systemctl", "daemon-reload").returncode == 0
    codename = home.inside("sh", "-c", ". /etc/os-release; echo $VERSION_CODENAME").stdout.strip()
    keys = tmp_path / "archive-keys"
    security = Archive(home.pc.root, keys, origin="Debian", label="Debian-Security", codename=f"{codename}-security")
    other = Archive(home.pc.root, keys, origin="Somebody", label="Other", codename=codename)
    for archive, name in ((security, "rig-hole"), (other, "rig-game")):
        deb = archive.publish(name, "1.0")
        ran = home.inside("dpkg", "-i", f"/srv/apt/{archive.name}/pool/{deb.name}")
        assert ran.returncode == 0, ran.stderr
    return security, other


def a_day_later(home: PackagedHome) -> None:
    """Debian's two units, as their timers start them; what they did before was yesterday."""
    ran = home.inside("sh", "-c", "touch -c -d '2 days ago' /var/lib/apt/periodic/*-stamp /var/lib/apt/periodic/*")
    assert ran.returncode == 0, ran.stderr
    for unit in ("apt-daily.service", "apt-daily-upgrade.service"):
        home.inside("systemctl", "start", unit)  # until it has ended: they are oneshot units


def version(home: PackagedHome, name: str) -> str:
    """Version and state in dpkg's database."""
    return home.inside("dpkg-query", "-W", "-f", "${Version} ${db:Status-Abbrev}", name).stdout.strip()


def collected(home: PackagedHome) -> dict[str, Any]:
    """What the installed agent's own code finds on that machine."""
    ran = home.inside("env", "PYTHONPATH=/usr/lib/recyclerie", "python3", "-c", COLLECT)
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def test_security_updates_come_by_themselves_and_are_reported(
    home: PackagedHome, archives: tuple[Archive, Archive], tmp_path: Path
) -> None:
    security, other = archives
    security.publish("rig-hole", "1.1", "touch /run/reboot-required")
    other.publish("rig-game", "1.1")
    assert home.inside("apt-get", "update").returncode == 0
    before = collected(home)
    assert (before["unattended"], before["pending"], before["pending_security"]) == (True, 2, 1)
    assert (before["last_success_at"], before["last_run_failed"], before["reboot_required"]) == (None, None, False)

    a_day_later(home)
    log = (home.pc.root / LOG).read_text()
    assert version(home, "rig-hole") == "1.1 ii", log
    assert version(home, "rig-game") == "1.0 ii", "somebody else's package was changed without a question"
    after = collected(home)
    assert (after["pending"], after["pending_security"], after["reboot_required"]) == (1, 0, True), log
    assert after["last_run_failed"] is False, log
    assert None not in (after["last_success_at"], after["last_run_at"], after["lists_at"])

    # An update whose script fails: told as a failure, with numbers and times only.
    security.publish("rig-hole", "1.2", "exit 1")
    a_day_later(home)
    assert version(home, "rig-hole").startswith("1.2 i"), (home.pc.root / LOG).read_text()
    assert version(home, "rig-hole") != "1.2 ii"
    failed = collected(home)
    assert failed["last_run_failed"] is True, (home.pc.root / LOG).read_text()
    assert "rig-hole" not in json.dumps(failed)

    # It is mended from the workshop, through the link, by the same apt.
    repaired = maintain(home.shop, tmp_path, "--tags", "repair")
    assert repaired.returncode != 0, "a package whose script fails was called repaired"
    assert "rig-hole" in repaired.stdout
    security.publish("rig-hole", "1.3")
    updated = maintain(home.shop, tmp_path, "--tags", "update")
    assert updated.returncode == 0, updated.stdout + updated.stderr
    assert (version(home, "rig-hole"), version(home, "rig-game")) == ("1.3 ii", "1.1 ii")
    nothing = maintain(home.shop, tmp_path, "--tags", "update,repair")
    assert nothing.returncode == 0, nothing.stdout + nothing.stderr
    assert "changed=0" in nothing.stdout, nothing.stdout
    (home.pc.root / "usr/share/rig/rig-game").unlink()
    again = maintain(home.shop, tmp_path, "--tags", "reinstall", "-e", "package=rig-game")
    assert again.returncode == 0, again.stdout + again.stderr
    assert (home.pc.root / "usr/share/rig/rig-game").read_text() == "1.1"
    unknown = maintain(home.shop, tmp_path, "--tags", "reinstall", "-e", "package=rig-nothing")
    assert unknown.returncode != 0
    assert "rig-nothing" in unknown.stdout
