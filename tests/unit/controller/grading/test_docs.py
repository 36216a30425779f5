"""``docs/grading.md`` holds the requirements as the code does: run this file to write them."""

from __future__ import annotations

from pathlib import Path

from controller.grading.cpu import work
from controller.grading.requirements import GB, GIB, REQUIREMENTS, Requirement

DOC = Path(__file__).parents[4] / "docs" / "grading.md"
BEGIN, END = "<!-- requirements -->\n", "<!-- end -->"


def table() -> str:
    """The table, as the documentation shows it."""
    rows = ["| use | what | at least | because | source |", "|---|---|---|---|---|"]
    rows += [f"| {r.use.value} | `{r.part}` | {_least(r)} | {r.why} | {r.source} |" for r in REQUIREMENTS]
    return "\n".join(rows) + "\n"


def _least(row: Requirement) -> str:
    if row.part == "memory":
        return f"{row.least / GIB:g} GiB"
    if row.part == "drive":
        return f"{row.least / GB:g} GB"
    return f"{row.least:g} {row.unit}".strip() if row.part in ("work", "cores", "screen") else "yes"


def test_the_documentation_says_what_the_code_does() -> None:
    text = DOC.read_text()
    assert text[text.index(BEGIN) + len(BEGIN) : text.index(END)] == table(), (
        "python -m tests.unit.controller.grading.test_docs"
    )


def test_the_figures_of_processors_are_right() -> None:
    text = DOC.read_text()
    for model, name, cores, mhz, level in (
        ("Intel(R) Atom(TM) CPU N450 @ 1.66GHz", "Atom N450", 1, 1666, 1),
        ("Intel(R) Pentium(R) 4 CPU 3.00GHz", "Pentium 4, 3 GHz", 1, 3000, 1),
        ("Intel(R) Core(TM)2 Duo CPU P8600 @ 2.40GHz", "Core 2 Duo P8600", 2, 2400, 1),
        ("Intel(R) Celeron(R) N4020 CPU @ 1.10GHz", "Celeron N4020", 2, 2800, 2),
        ("Intel(R) Core(TM) i3-3110M CPU @ 2.40GHz", "Core i3-3110M", 2, 2400, 2),
        ("Intel(R) Core(TM) i5-7200U CPU @ 2.50GHz", "Core i5-7200U", 2, 3100, 3),
    ):
        found = work({"model": model, "cores": cores, "max_mhz": mhz, "level": level})
        assert f"| {name} | {found:.1f} |" in text


if __name__ == "__main__":
    before = DOC.read_text()
    DOC.write_text(before[: before.index(BEGIN) + len(BEGIN)] + table() + before[before.index(END) :])
