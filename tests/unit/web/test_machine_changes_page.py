"""The history tab says what changed in a machine, in the reader's language and with the language's units."""

from __future__ import annotations

from typing import Any

from controller.core import Core
from controller.health.reports import latest_report, store_report
from controller.machines.announce import current_boot
from controller.machines.registry import get_machine
from controller.web.formats import NBSP
from tests.unit.web.conftest import Visitor

GIB = 1024**3


def inspected_again(core: Core, machine_id: int, **changes: Any) -> None:
    """The machine's inventory comes again, with ``changes`` in it."""
    with core.database.write() as session:
        machine, boot = get_machine(session, machine_id), current_boot(session, machine_id)
        before = latest_report(session, machine_id, "inventory")
        assert boot is not None
        assert before is not None
        store_report(session, machine, boot, "inventory", {**before.body, **changes}, f"again-{len(changes)}")


def test_a_module_less(core: Core, ids: dict[str, int], karim: Visitor) -> None:
    page = f"/machines/{ids['waiting']}?tab=history"
    inspected_again(core, ids["waiting"])
    assert 'id="part-changes"' not in karim.get(page).text, "nothing changed"
    modules = [{"slot": "DIMM B", "size_bytes": 4 * GIB, "type": "DDR4"}]
    inspected_again(core, ids["waiting"], memory={"modules": modules, "total_bytes": 4 * GIB})
    text = karim.get(page).text
    assert 'id="part-changes"' in text
    assert text.count(f"4{NBSP}Go DDR4") >= 2, "in the list, and in the ledger's entry"
    assert "à l’atelier" in text or "in the workshop" in text
    shown = text.partition('id="part-changes"')[2].partition("</section>")[0]
    assert "DIMM B" in shown
    assert "{" not in shown


def test_a_text_of_the_machine_is_no_markup(core: Core, ids: dict[str, int], karim: Visitor) -> None:
    graphics = [{"name": "<script>alert(1)</script> {size}"}]
    inspected_again(core, ids["waiting"], graphics=graphics)
    text = karim.get(f"/machines/{ids['waiting']}?tab=history").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {size}" in text
    assert "<script>alert(1)" not in text
