"""GRUB's menus."""

from __future__ import annotations

from images.grub import esp_menu, installed_menu, stick_menu

UUID = "11111111-2222-3333-4444-555555555555"


def test_every_mention_of_the_root_is_its_uuid() -> None:
    menu = installed_menu(UUID, "6.12-amd64", "quiet splash", "Debian")
    # The install job replaces one UUID by another in this file: nothing else may name the root.
    assert menu.count(UUID) == 3
    assert "/dev/" not in menu
    assert "linux /boot/vmlinuz-6.12-amd64 root=UUID=" + UUID + " ro quiet splash\n" in menu
    assert menu.count("{") == menu.count("}")


def test_the_esp_goes_on_at_the_root() -> None:
    assert esp_menu(UUID).splitlines() == [
        f"search.fs_uuid {UUID} root",
        "set prefix=($root)'/boot/grub'",
        "configfile $prefix/grub.cfg",
    ]


def test_the_stick_names_itself_and_what_it_must_find() -> None:
    menu = stick_menu("1A2B-3C4D", "ab" * 32, site=True)
    assert "recyclerie.medium=1A2B-3C4D" in menu
    assert f"recyclerie.sha256={'ab' * 32}" in menu
    assert "initrd /live/initrd.img /live/site.cpio\n" in menu
    assert "site.cpio" not in stick_menu("1A2B-3C4D", "ab" * 32, site=False)


def test_menus_are_plain_ascii() -> None:
    # A BIOS screen and GRUB's console show question marks for anything else.
    stick_menu("1A2B-3C4D", "ab" * 32, site=True).encode("ascii")
    installed_menu(UUID, "6.12-amd64", "quiet", "Debian").encode("ascii")
