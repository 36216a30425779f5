"""Which firmware and which drivers go into the live image: by what the drivers name, by lists, never by size."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from images import firmware
from images.firmware import UNDECLARED, UNWANTED, chosen, left_out_of
from images.trim import MODULE_FOLDERS, _escaped


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A firmware folder as Debian's packages make it: files, links to files, to folders, out of it."""
    for name in (
        *("iwlwifi-8265-34.ucode", "iwlwifi-8265-36.ucode", "iwlwifi-cc-a0-72.ucode", "iwlwifi-cc-a0-74.ucode"),
        *("iwlwifi-cc-a0-90.ucode", "iwlwifi-cc-a0-xx-71.ucode", "regulatory.db-debian", "amdgpu/raven_ce.bin"),
        *("amdgpu/aldebaran_mec.bin", "nvidia/ga102/gsp/booter.bin", "nvidia/ga102/acr/bl.bin", "intel/ibt-20-1-3.sfi"),
        *("mediatek/mt7996/mt7996_wm.bin", "mediatek/mt7961.bin", "dvb/tuner.fw", "cypress/cyfmac4356-pcie.bin"),
        *("ath11k/WCN6855/hw2.0/board-2.bin", "ath11k/WCN6855/hw2.0/amss.bin", "rtl_nic/rtl8168h-2.fw"),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (tmp_path / "brcm").mkdir()
    (tmp_path / "brcm/brcmfmac4356-pcie.bin").symlink_to("../cypress/cyfmac4356-pcie.bin")
    (tmp_path / "nvidia/ga103").symlink_to("ga102")
    (tmp_path / "ath11k/WCN6855/hw2.1").symlink_to("hw2.0")
    (tmp_path / "regulatory.db").symlink_to("/etc/alternatives/regulatory.db")
    return tmp_path


@pytest.mark.parametrize(
    ("named", "kept"),
    [
        (["iwlwifi-8265-36.ucode"], {"iwlwifi-8265-36.ucode"}),  # not the older one beside it
        (["iwlwifi-cc-a0-77.ucode"], {"iwlwifi-cc-a0-74.ucode"}),  # newest below what the driver asks for first
        (["iwlwifi-cc-a0-71.ucode"], set()),
        (["nowhere/at-all.bin"], set()),
        (["amdgpu/raven_ce.bin", "amdgpu/aldebaran_mec.bin"], {"amdgpu/raven_ce.bin"}),
        (["mediatek/mt7961.bin", "mediatek/mt7996/mt7996_wm.bin"], {"mediatek/mt7961.bin"}),
        (["brcm/brcmfmac4356-pcie.bin"], {"brcm/brcmfmac4356-pcie.bin", "cypress/cyfmac4356-pcie.bin"}),
        (["brcm/brcmfmac*-pcie.*"], {"brcm/brcmfmac4356-pcie.bin", "cypress/cyfmac4356-pcie.bin"}),
        (["nvidia/ga103/acr/bl.bin"], {"nvidia/ga103", "nvidia/ga102/acr/bl.bin"}),
        (["nvidia/ga102/gsp/booter.bin"], set()),
        (
            ["ath11k/WCN6855/hw2.1/*"],
            {"ath11k/WCN6855/hw2.1", "ath11k/WCN6855/hw2.0/board-2.bin", "ath11k/WCN6855/hw2.0/amss.bin"},
        ),
    ],
)
def test_what_drivers_name(folder: Path, named: list[str], kept: set[str]) -> None:
    always = {"regulatory.db", "regulatory.db-debian", "intel/ibt-20-1-3.sfi", "rtl_nic/rtl8168h-2.fw"}
    assert chosen(folder, named) == kept | always


def test_what_stays_out_is_named_as_shortly_as_can_be(folder: Path) -> None:
    out = left_out_of(folder, chosen(folder, ["nvidia/ga103/acr/bl.bin", "amdgpu/raven_ce.bin"]))
    assert "dvb" in out  # the whole folder
    assert "nvidia/ga102/gsp" in out
    assert "amdgpu/aldebaran_mec.bin" in out
    assert not {"nvidia", "nvidia/ga102", "nvidia/ga103", "amdgpu", "regulatory.db", "intel"} & set(out)


def test_without_a_firmware_folder_nothing_stays_out(tmp_path: Path) -> None:
    """A build without the non-free firmware, as for virtual PCs."""
    assert chosen(tmp_path / "none", ["iwlwifi-8265-36.ucode"]) == set()
    assert left_out_of(tmp_path / "none", set()) == []


def test_modules_in_folders_that_stay_out_are_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("drivers/md/raid1.ko.xz", "drivers/net/wireless/iwlwifi.ko.xz", "drivers/mdio/x.ko.xz"):
        path = tmp_path / "usr/lib/modules/6.1/kernel" / name
        path.parent.mkdir(parents=True)
        path.touch()
    asked: list[str] = []

    def played(command: list[object], *, hint: str) -> bytes:
        assert hint
        asked.extend(str(word) for word in command)
        return b"iwlwifi-8265-36.ucode\n\niwlwifi-8265-36.ucode\n"

    monkeypatch.setattr(firmware, "run", played)
    assert firmware.declared(tmp_path, ["drivers/md"]) == ["iwlwifi-8265-36.ucode"]
    modules = [word for word in asked if word.endswith(".ko.xz")]
    assert modules == [
        "/usr/lib/modules/6.1/kernel/drivers/mdio/x.ko.xz",
        "/usr/lib/modules/6.1/kernel/drivers/net/wireless/iwlwifi.ko.xz",
    ]


@pytest.mark.parametrize(
    "folder",
    [
        *("drivers/gpu/drm/i915", "drivers/gpu/drm/amd", "drivers/gpu/drm/radeon", "drivers/gpu/drm/nouveau"),
        *("drivers/gpu/drm/virtio", "drivers/gpu/drm/qxl", "drivers/gpu/drm/tiny", "drivers/net/wireless/ath"),
        *("drivers/net/wireless/intel", "net/mac80211", "net/wireless", "net/bluetooth", "net/rfkill"),
        *("drivers/bluetooth", "drivers/media/usb/uvc", "drivers/media/v4l2-core", "drivers/media/common"),
        *("sound/pci/hda", "sound/soc/sof", "sound/usb", "drivers/edac", "drivers/hwmon", "drivers/staging/rtl8723bs"),
        *("drivers/video/backlight", "drivers/ata", "drivers/nvme", "drivers/net/ethernet/intel"),
    ],
)
def test_what_is_inspected_and_tested_has_its_drivers(folder: str) -> None:
    assert not [out for out in MODULE_FOLDERS if f"{folder}/".startswith(f"{out}/")]


def test_nothing_takes_hold_of_the_donors_drives() -> None:
    assert "drivers/md" in MODULE_FOLDERS


def test_the_lists_are_patterns_below_the_firmware_folder() -> None:
    for pattern in (*UNDECLARED, *UNWANTED):
        assert not pattern.startswith("/")
        assert pattern.split("/")[0] != "*"
        assert re.fullmatch(r"[A-Za-z0-9_./*\[\]-]+", pattern), pattern


def test_names_with_brackets_are_no_patterns() -> None:
    assert _escaped(["brcm/card[1].txt", "plain.bin"]) == ["brcm/card\\[1\\].txt", "plain.bin"]
