"""apt sources of a machine → sources of the image, in both file forms."""

from __future__ import annotations

from pathlib import Path

import pytest

from images.errors import ImageError
from images.osimage import deb822, installed_sources, without_password
from images.sources import Source, choose_sources, machine_sources, mirror_sources, parse_deb822, parse_one_line

BOOKWORM = """\
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
# a comment
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
"""


def suites(sources: list[Source]) -> list[tuple[str, str]]:
    return [(source.uri, source.suite) for source in sources]


def test_deb822_becomes_the_release_that_is_built() -> None:
    assert suites(parse_deb822(BOOKWORM)) == [
        ("http://mirror.example/debian", "trixie"),
        ("http://mirror.example/debian", "trixie-updates"),
        ("http://mirror.example/debian-security", "trixie-security"),
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("deb http://mirror.example/debian trixie main", [("http://mirror.example/debian", "trixie")]),
        ("deb [arch=amd64 signed-by=/k/debian.gpg] https://m/d/ stable main", [("https://m/d", "trixie")]),
        ("deb http://m/sec bullseye/updates main", [("http://m/sec", "trixie-security")]),
        ("deb http://m/d oldstable-updates main # note", [("http://m/d", "trixie-updates")]),
        ("deb-src http://m/d bookworm main", []),
        ("# deb http://m/d bookworm main", []),
        ("deb cdrom:[Debian]/ bookworm main", []),
        ("deb https://vendor.example/linux/debian bookworm stable", []),
        ("deb [signed-by=/etc/apt/keyrings/vendor.asc] https://v/d bookworm main", []),
        ("deb http://m/d bookworm-backports main", []),
        ("deb http://m/d nodistro main", []),
    ],
)
def test_one_line_form(line: str, expected: list[tuple[str, str]]) -> None:
    assert suites(parse_one_line(line)) == expected


def test_a_disabled_stanza_is_left_out() -> None:
    assert parse_deb822("Enabled: no\n" + BOOKWORM.split("\n\n")[0]) == []


def test_a_pasted_key_does_not_hide_the_archive() -> None:
    text = BOOKWORM.split("\n\n")[0].replace(
        "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg",
        "Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQINBFxxx\n -----END PGP PUBLIC KEY BLOCK-----",
    )
    assert len(parse_deb822(text)) == 2


def test_machine_sources_reads_both_forms_once(tmp_path: Path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text("deb http://mirror.example/debian bookworm main\n")
    (tmp_path / "sources.list.d" / "debian.sources").write_text(BOOKWORM)
    (tmp_path / "sources.list.d" / "old.list.disabled").write_text("deb http://other/debian bookworm main\n")
    found = suites(machine_sources(tmp_path))
    assert sorted(found) == sorted(set(found))
    assert len(found) == 3


def test_no_debian_archive_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="RECYCLERIE_IMAGE_MIRROR"):
        machine_sources(tmp_path)


def test_firmware_adds_its_component(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    keyring = tmp_path / "debian-archive-keyring.gpg"
    keyring.touch()
    monkeypatch.setattr("images.sources.KEYRINGS", (keyring,))
    with_it = choose_sources(mirror="http://m/debian", security_mirror="http://m/sec")
    assert {source.components for source in with_it} == {("main", "non-free-firmware")}
    assert {source.options["signed-by"] for source in with_it} == {str(keyring)}
    assert choose_sources(mirror="http://m/debian", firmware=False)[0].components == ("main",)


def test_no_keyring_is_an_error_with_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("images.sources.KEYRINGS", ())
    with pytest.raises(ImageError, match="debian-archive-keyring"):
        choose_sources(mirror="http://m/debian")


def test_a_line_says_its_options() -> None:
    source = Source(uri="http://m/d", suite="trixie", components=("main",), options={"signed-by": "/k"})
    assert source.line() == "deb [signed-by=/k] http://m/d trixie main"


def test_the_workshops_password_stays_in_the_workshop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RECYCLERIE_IMAGE_INSTALLED_MIRROR", raising=False)
    assert without_password("https://me:secret@mirror.example:8080/debian") == "https://mirror.example:8080/debian"
    sources = tuple(mirror_sources("http://u:p@m/debian", "http://u:p@m/sec"))
    text = deb822(installed_sources(sources))
    assert "u:p" not in text
    assert "URIs: http://m/debian\n" in text


def test_installed_pcs_can_have_another_mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECYCLERIE_IMAGE_INSTALLED_MIRROR", "http://public/debian/")
    monkeypatch.setenv("RECYCLERIE_IMAGE_INSTALLED_SECURITY_MIRROR", "http://public/security")
    found = suites(list(installed_sources(tuple(mirror_sources("http://m/debian", "http://m/sec")))))
    assert found == [
        ("http://public/debian", "trixie"),
        ("http://public/debian", "trixie-updates"),
        ("http://public/security", "trixie-security"),
    ]
