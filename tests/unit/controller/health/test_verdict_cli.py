"""``recyclerie health verdict``."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from controller.health.cli import app
from tests.unit.controller.health.dumps import ata_json, ata_text, nvme_json


def run(*words: str, content: str | None = None) -> list[str]:
    done = CliRunner().invoke(app, ["verdict", *words], input=content)
    assert done.exit_code == 0, done.output
    return done.stdout.splitlines()


def test_one_json_line_for_each_drive(tmp_path: Path) -> None:
    (tmp_path / "two.json").write_text(json.dumps([ata_json({197: 67}), nvme_json()]))
    (tmp_path / "none").write_bytes(b"\x00\xff\x1f\x8b")
    lines = run("--json", str(tmp_path / "two.json"), str(tmp_path / "none"), str(tmp_path / "missing"))
    records = [json.loads(line) for line in lines]
    assert [record["verdict"] for record in records] == ["failing", "good", "unknown", "unknown"]
    assert [record["device"] for record in records] == ["/dev/sda", "/dev/nvme0", None, None]
    for record in records:
        assert {"file", "device", "verdict", "reasons", "metrics"} <= set(record)
        assert record["reasons"]
    assert records[0]["metrics"]["pending_sectors"] == 67
    assert records[0]["metrics"]["reallocated_sectors"] == 0  # a known zero is said
    assert "can't be read: No such file" in records[3]["reasons"][0]


def test_a_folder_and_standard_input(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "sda").write_text(ata_text({}))
    (line,) = run(str(tmp_path))
    assert line.startswith(str(tmp_path / "deep" / "sda"))
    assert ": good: nothing that predicts a failure was found" in line
    (line,) = run("--json", "-", content=ata_text({5: "2000"}))
    assert json.loads(line)["verdict"] == "failing"


def test_a_file_that_may_not_be_read_is_unknown(tmp_path: Path) -> None:
    (line,) = run("--json", str(tmp_path / ("x" * 300)))
    assert json.loads(line)["verdict"] == "unknown"


def test_halves_of_characters_are_printed(tmp_path: Path) -> None:
    report = json.dumps({**ata_json({}), "model_name": "half"}).replace("half", "\\ud83d")
    (tmp_path / "x").write_text(report)
    (line,) = run("--json", str(tmp_path / "x"))
    assert json.loads(line)["verdict"] == "good"
