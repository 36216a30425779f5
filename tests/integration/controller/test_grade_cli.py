"""``recyclerie grade``, as an operator runs it: dumps, tags, what can't be read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from controller.core import make_core
from controller.health.reports import store_report
from controller.machines.announce import announce, current_boot
from controller.machines.intake import accept, create_lot, tie
from controller.machines.registry import get_machine
from tests.integration.controller.conftest import make_settings
from tests.integration.controller.facts import announcement, inventory
from tests.unit.controller.grading.machines import laptop

pytestmark = pytest.mark.one_database
RECYCLERIE = Path(sys.executable).parent / "recyclerie"


def run(tmp_path: Path, url: str, *arguments: str) -> list[str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("RECYCLERIE_")}
    own = {
        "RECYCLERIE_CONFIG": str(tmp_path / "none.toml"),
        "RECYCLERIE_DATA_DIR": str(tmp_path / "data"),
        "RECYCLERIE_DATABASE_URL": url,
    }
    ran = subprocess.run(
        [str(RECYCLERIE), "grade", *arguments], env={**inherited, **own}, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


def test_dumps_tags_and_what_is_neither(tmp_path: Path, database_url: str) -> None:
    core = make_core(make_settings(tmp_path, database_url))
    with core.database.write() as session:
        machine = get_machine(session, announce(session, "main", announcement(), "10.0.0.7", None)["machine_id"] or 0)
        accept(session, machine, "user:1")
        lot = create_lot(
            session, site="main", donor_name="Ville", donor_kind="public", regime="free", received_on=None,
            expected_count=1, profile="mini", notes="", actor="user:1",
        )  # fmt: skip
        tie(session, machine, lot, "user:1")
        boot = current_boot(session, machine.id)
        assert boot is not None
        body = {**laptop(cameras=[]), **{k: inventory()[k] for k in ("chassis", "network")}}
        store_report(session, machine, boot, "inventory", body, "m1")
        tag = str(machine.tag)
    core.database.close()
    snapshot = tmp_path / "inventory.json"
    snapshot.write_text(json.dumps(laptop()))
    garbage = tmp_path / "garbage"
    garbage.write_bytes(b"\xff\xfe\x00garbage")
    lines = [json.loads(line) for line in run(tmp_path, database_url, "--json", "--language", "en", str(snapshot), tag,
                                              "R-999999", str(garbage))]  # fmt: skip
    assert [line["grade"] for line in lines] == ["A", "B", None, None]
    assert lines[1]["lifts"][0]["sentence"] == "A webcam, and it does video calls."
    assert "called R-999999" in lines[2]["sentence"]
    text = run(tmp_path, database_url, "--language", "en", str(snapshot), tag)
    assert text[0] == f"{snapshot}: A  Good for everything, video calls too."
    assert text[2] == "    A webcam, and it does video calls."
