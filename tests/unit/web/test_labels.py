"""Label sheets: as many pages as needed, codes that say where to go, names that can't break the page."""

from __future__ import annotations

import pytest

from controller.machines.labels import A4_3X8, Label, label_sheets, lay_out


def labels(count: int) -> list[Label]:
    """Some labels."""
    return [Label(tag=f"R-{n:06d}", lot="L-2026-0001") for n in range(1, count + 1)]


def test_a_sheet_fits_on_a4() -> None:
    assert A4_3X8.cells == 24
    assert A4_3X8.margin_left + A4_3X8.columns * A4_3X8.cell_width <= 210
    assert A4_3X8.margin_top + A4_3X8.rows * A4_3X8.cell_height <= 297


@pytest.mark.parametrize(("count", "skip", "pages"), [(1, 0, 1), (24, 0, 1), (25, 0, 2), (24, 1, 2), (1, 23, 1)])
def test_twenty_four_on_a_sheet(count: int, skip: int, pages: int) -> None:
    document = lay_out(labels(count), "https://recyclerie.local:8443", "Atelier", skip=skip, sheet=A4_3X8)
    assert len(document.pages) == pages


def test_names_are_text_not_markup() -> None:
    name = "Atelier <b>d'Aix</b> & une bien longue raison sociale qui n'en finit plus de finir"
    assert label_sheets(labels(1), "https://r", name).startswith(b"%PDF")
    assert len(lay_out(labels(24), "https://r", name, skip=0, sheet=A4_3X8).pages) == 1
