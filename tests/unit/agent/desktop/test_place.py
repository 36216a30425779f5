"""Icons come onto the desktop once, trusted, and stay the family's own business afterwards."""

from __future__ import annotations

import configparser
import hashlib
import shlex
from pathlib import Path

import pytest

from agent.cli import _parser
from agent.desktop import place
from agent.desktop.place import LAUNCHERS, place_icons

SHIPPED = Path(place.__file__).parent
HELP = LAUNCHERS[0]


class Home:
    """An account's home folder, and what would have been trusted."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.desktop, self.applications = folder, folder / "Bureau", folder / "applications"
        self.applications.mkdir()
        self.trusted: dict[str, str] = {}
        for name in LAUNCHERS:
            (self.applications / name).write_text(f"[Desktop Entry]\nName={name}\n")

    def sign_in(self) -> list[str]:
        """What is placed when the account signs in."""
        return place_icons(self.folder, self.desktop, self.applications, self.trust)

    def trust(self, path: Path, checksum: str) -> None:
        self.trusted[path.name] = checksum


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_the_first_time_they_are_placed_executable_and_trusted(home: Home) -> None:
    assert home.sign_in() == list(LAUNCHERS)
    for name in LAUNCHERS:
        icon = home.desktop / name
        assert icon.stat().st_mode & 0o777 == 0o755
        assert home.trusted[name] == hashlib.sha256(icon.read_bytes()).hexdigest()
    assert sorted(path.name for path in home.desktop.iterdir()) == sorted(LAUNCHERS), "nothing else may lie about"


def test_the_second_time_nothing_is_written_but_trust_is_kept(home: Home) -> None:
    home.sign_in()
    home.trusted.clear()
    assert home.sign_in() == []
    assert set(home.trusted) == set(LAUNCHERS)


def test_an_icon_thrown_away_stays_away(home: Home) -> None:
    home.sign_in()
    (home.desktop / HELP).unlink()
    assert home.sign_in() == []
    (home.applications / HELP).write_text("[Desktop Entry]\nName=newer\n")
    assert home.sign_in() == []
    assert not (home.desktop / HELP).exists()


def test_a_newer_agent_renews_the_icon_that_nobody_changed(home: Home) -> None:
    home.sign_in()
    (home.applications / HELP).write_text("[Desktop Entry]\nName=newer\n")
    assert home.sign_in() == [HELP]
    assert "newer" in (home.desktop / HELP).read_text()


def test_an_icon_that_the_family_changed_is_left_alone_and_not_trusted(home: Home) -> None:
    home.sign_in()
    (home.desktop / HELP).write_text("[Desktop Entry]\nExec=something-else\n")
    home.trusted.clear()
    assert home.sign_in() == []
    assert "something-else" in (home.desktop / HELP).read_text()
    assert HELP not in home.trusted


def test_what_is_not_installed_is_not_placed(home: Home) -> None:
    (home.applications / HELP).unlink()
    assert home.sign_in() == [name for name in LAUNCHERS if name != HELP]


def test_a_broken_memory_is_no_reason_to_fail(home: Home) -> None:
    memory = home.folder / ".config" / "recyclerie" / "icons.json"
    memory.parent.mkdir(parents=True)
    memory.write_text("[1,")
    assert home.sign_in() == list(LAUNCHERS)


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("a*/*.desktop")), ids=lambda path: path.name)
def test_the_shipped_launchers_start_a_command_that_exists(path: Path) -> None:
    entry = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    entry.optionxform = str  # type: ignore[assignment,method-assign]
    entry.read(path, encoding="utf-8")
    section = entry["Desktop Entry"]
    program, *arguments = shlex.split(section["Exec"])
    assert program == "recyclerie-agent"
    _parser().parse_args(arguments)
    if path.parent.name == "applications":
        assert section["Name[fr]"]
        assert section["Name[ar]"]
        assert (SHIPPED / "icons" / f"{section['Icon']}.svg").is_file()


def test_each_launcher_of_the_desktop_is_shipped() -> None:
    assert {path.name for path in (SHIPPED / "applications").glob("*.desktop")} >= {"recyclerie-promises.desktop"}
    assert set(LAUNCHERS) >= {path.name for path in (SHIPPED / "applications").glob("*.desktop")}
