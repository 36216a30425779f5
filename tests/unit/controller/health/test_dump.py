"""Whatever form a report has, the same drive comes out of it."""

from __future__ import annotations

import json

import pytest

from controller.health.verdict import drive_verdict, judge_bytes, read_dump
from tests.unit.controller.health.dumps import BANNER, NVME_TEXT, SCSI_TEXT, ata_json, ata_text, nvme_json

ONE = json.dumps(ata_json({197: 67}))


@pytest.mark.parametrize(
    "text",
    [
        ONE,
        json.dumps(ata_json({197: 67}), indent=1),
        f"[{ONE}]",
        f"[[{ONE}]]",
        json.dumps({"sda": ata_json({197: 67})}),
        json.dumps({"device": "/dev/sda", "data": ata_json({197: 67})}),
        json.dumps({"host": "pc", "smart": {"disks": [ata_json({197: 67})]}}),
        f"root@pc:~# smartctl -ja /dev/sda\n{ONE}\nroot@pc:~#",
        "\ufeff" + ONE,
        json.dumps({"smartctl": ata_text({197: "67"})}),
        ata_text({197: "67"}),
        ata_text({197: "67"}, brief=True),
        ata_text({197: "67"}).replace("\n", "\r\n"),
        "\n\n\tsomething else: 12\n{ not json\n$ smartctl -a /dev/sda\n" + ata_text({197: "67"}),
        "".join(f"> {line}\n" for line in ata_text({197: "67"}).splitlines()),
        "".join(f"    {line}\n" for line in ata_text({197: "67"}).splitlines()),
        ata_text({197: "67"}).replace(BANNER, "smartctl version 5.21 Copyright (C) 2002-3 Bruce Allen\n"),
        ata_text({197: "67"}).split("\n", 1)[1],  # the banner was not copied
        ata_text({197: "67"}).split("=== START OF READ")[1],
        "[root@pc ~]# smartctl -a /dev/sda\n" + ata_text({197: "67"}),
    ],
)
def test_one_drive_with_67_pending_sectors(text: str) -> None:
    drives = read_dump(text)
    assert [drive.pending_sectors for drive in drives] == [67]
    verdict = drive_verdict(drives[0])
    assert verdict.level == "failing"  # PASSED alone is no verdict
    assert "67" in " ".join(verdict.texts)


def test_utf_16_of_a_windows_shell() -> None:
    (record,) = judge_bytes(ata_text({197: "67"}).encode("utf-16"))
    assert record["verdict"] == "failing"


def test_several_drives() -> None:
    values = [ata_json({}), nvme_json(), ata_json({5: 2000})]
    verdicts = ["good", "good", "failing"]
    for text in (json.dumps(values), "\n".join(json.dumps(value) for value in values)):
        assert [drive_verdict(drive).level for drive in read_dump(text)] == verdicts
    texts = "# smartctl -a /dev/sda\n" + ata_text({}) + "# smartctl -a /dev/nvme0\n" + NVME_TEXT
    texts += "# smartctl -a /dev/sdb\n" + ata_text({5: "2000"})
    drives = read_dump(texts)
    assert [drive.device for drive in drives] == ["/dev/sda", "/dev/nvme0", "/dev/sdb"]
    assert [drive_verdict(drive).level for drive in drives] == verdicts


def test_json_cut_off_keeps_what_is_whole() -> None:
    for end in range(0, len(ONE), 7):
        for record in judge_bytes(ONE[:end].encode() or b" "):
            assert record["verdict"] in ("unknown", "failing")  # never good: what was cut may have been the worst
    (record,) = judge_bytes(ONE[: ONE.index('"id": 198')].encode())
    assert record["verdict"] == "failing"


def test_text_cut_off_is_not_good() -> None:
    whole = ata_text({})
    cut = whole[: whole.index("  7 Seek")]
    (record,) = judge_bytes(cut.encode())
    assert record["verdict"] == "unknown"
    assert record["reasons"] == ["the report is cut off before what matters: read the drive again"]
    (record,) = judge_bytes(whole.encode())
    assert record["verdict"] == "good"


def test_scsi() -> None:
    (drive,) = read_dump(SCSI_TEXT.format(health="OK", defects=0, errors=0))
    assert (drive.protocol, drive.model, drive.power_on_hours) == ("SCSI", "SEAGATE ST1200MM0088", 5675)
    assert (drive.grown_defects, drive.uncorrected_errors, drive.passed) == (0, 0, True)
    assert drive_verdict(drive).level == "good"
    (drive,) = read_dump(SCSI_TEXT.format(health="OK", defects=260, errors=536))
    assert drive_verdict(drive).level == "failing"
    bad = "FAILURE PREDICTION THRESHOLD EXCEEDED: ascq=0x5 [asc=5d, ascq=5]"
    (drive,) = read_dump(SCSI_TEXT.format(health=bad, defects=0, errors=0))
    assert drive_verdict(drive).texts == [f"the drive's own health check says: {bad}"]


def test_text_cut_anywhere_never_gets_worse_or_good_too_early() -> None:
    for whole in (SCSI_TEXT.format(health="OK", defects=0, errors=0), NVME_TEXT, ata_text({})):
        for end in range(len(whole)):
            for record in judge_bytes(whole[:end].encode()):
                assert record["verdict"] in ("unknown", "good"), whole[:end]


def test_scsi_as_old_smartctl_says_it() -> None:
    text = "smartctl version 5.38 [i686-redhat-linux-gnu] Copyright (C) 2002-8 Bruce Allen\n\n"
    text += "Device: SEAGATE  ST373453LC       Version: 0007\nSerial number: X\nDevice type: disk\n"
    text += "Device supports SMART and is Enabled\nSMART Health Status: OK\nElements in grown defect list: 0\n"
    (drive,) = read_dump(text)
    assert (drive.model, drive.firmware, drive.protocol) == ("SEAGATE ST373453LC", "0007", "SCSI")
    assert drive_verdict(drive).level == "good"


def test_nvme_text_with_a_french_locale() -> None:
    (drive,) = read_dump(NVME_TEXT)
    assert (drive.percentage_used, drive.power_on_hours, drive.critical_warning) == (5, 22813, 0)
    assert drive_verdict(drive).level == "good"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ("hello", "no-report"),
        ("{}", "no-report"),
        ('{"a": 1}', "no-report"),
        ("[" * 100_000, "no-report"),
        ('{"devices": [{"name": "/dev/sda"}], "json_format_version": [1, 0]}', "listing"),
        (json.dumps({**ata_json({}), "ata_smart_attributes": None}), "only-firmware"),
        (json.dumps({"device": {"name": "/dev/sda", "type": "usbjmicron"}, "model_name": "X"}), "usb-bridge"),
        (json.dumps({"model_name": "Intel Raid 1 Volume", "device": {"type": "scsi"}}), "raid"),
        (json.dumps({"model_name": "QEMU HARDDISK", "device": {"type": "scsi"}}), "virtual"),
        (json.dumps({"model_name": "X", "smart_support": {"available": True, "enabled": False}}), "smart-off"),
        (json.dumps({"model_name": "X", "smart_support": {"available": False}}), "no-smart"),
        (json.dumps({"model_name": "X", "device": {}}), "no-health"),
        (BANNER + "\nSmartctl open device: /dev/sdz failed: No such device\n", "not-opened"),
        (
            BANNER + "\n/dev/sdb: Unknown USB bridge [0x152d:0x0583 (0x214)]\nPlease specify device type with -d.\n",
            "usb-bridge",
        ),
        (
            BANNER
            + "=== START OF INFORMATION SECTION ===\nDevice Model:  QUANTUM FIREBALL CX20.4A\n"
            + "SMART support is: Unavailable - device lacks SMART capability.\n",
            "no-smart",
        ),
        (
            BANNER
            + "=== START OF INFORMATION SECTION ===\nDevice Model:  ST3\n"
            + "SMART support is: Available - device has SMART capability.\nSMART support is: Disabled\n",
            "smart-off",
        ),
    ],
)
def test_unknown_says_why(text: str, code: str) -> None:
    (record,) = judge_bytes(text.encode())
    assert (record["verdict"], record["details"][0]["code"]) == ("unknown", code)
    assert record["reasons"][0]
