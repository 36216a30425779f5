"""Live image or own drive, by network card."""

from __future__ import annotations

import pytest

from controller.errors import RecyclerieError
from controller.netboot.bootmode import boot_mode, set_boot_mode
from controller.netboot.macs import normal_mac
from controller.settings import Settings

MAC = "52:54:00:ab:cd:ef"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (MAC, MAC),
        ("52-54-00-AB-CD-EF", MAC),
        ("01-52-54-00-ab-cd-ef", MAC),
        ("525400abcdef", MAC),
        ("5254.00ab.cdef", MAC),
        (" 52:54:00:AB:CD:EF\n", MAC),
        ("", None),
        ("../../etc/passwd", None),
        ("52:54:00:ab:cd", None),
        ("52:54:00:ab:cd:eg", None),
    ],
)
def test_addresses(text: str, expected: str | None) -> None:
    assert normal_mac(text) == expected


def test_unknown_machines_get_the_live_image(settings: Settings) -> None:
    assert boot_mode(settings, MAC) == "live"
    assert boot_mode(settings, "nonsense") == "live"


def test_there_and_back(settings: Settings) -> None:
    set_boot_mode(settings, [MAC.upper(), "52:54:00:00:00:01"], "local")
    assert boot_mode(settings, MAC) == "local"
    path = settings.tftp_dir / "grub" / "machines" / f"{MAC}.cfg"
    assert path.read_text() == "set recyclerie_boot=local\n"
    assert path.stat().st_mode & 0o777 == 0o644
    set_boot_mode(settings, [MAC], "live")
    set_boot_mode(settings, [MAC], "live")
    assert boot_mode(settings, MAC) == "live"
    assert boot_mode(settings, "52:54:00:00:00:01") == "local"


def test_what_is_no_address_is_refused(settings: Settings) -> None:
    with pytest.raises(RecyclerieError, match="not the address of a network card"):
        set_boot_mode(settings, ["../../x"], "local")
    assert not settings.tftp_dir.exists()
