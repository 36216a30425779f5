"""Sheets of QR labels (PDF): the tag in large, a QR code that opens the machine's page, the workshop's name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import segno
from weasyprint import CSS, HTML


@dataclass(frozen=True, kw_only=True)
class Label:
    """One label."""

    tag: str  # R-000123
    lot: str  # L-2026-0001


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A sheet of labels as sold: A4, ``columns`` × ``rows`` cells without gaps, lengths in millimetres."""

    columns: int
    rows: int
    cell_width: float
    cell_height: float
    margin_top: float
    margin_left: float

    @property
    def cells(self) -> int:
        """Labels on one sheet."""
        return self.columns * self.rows


# The commonest address labels: 70 × 37 mm, 24 on a sheet.
A4_3X8 = Sheet(columns=3, rows=8, cell_width=70, cell_height=37, margin_top=0.5, margin_left=0)


def label_sheets(
    labels: Sequence[Label], base_url: str, workshop: str, *, skip: int = 0, sheet: Sheet = A4_3X8
) -> bytes:
    """A PDF of ``labels``.

    Args:
        base_url: what a phone reaches the dashboard by; the QR code holds ``<base_url>/m/<tag>``.
        workshop: name printed on each label.
        skip: cells already used on the first sheet.
    """
    pdf: bytes = lay_out(labels, base_url, workshop, skip=skip, sheet=sheet).write_pdf()
    return pdf


def lay_out(labels: Sequence[Label], base_url: str, workshop: str, *, skip: int, sheet: Sheet) -> Any:
    """The laid-out document (a WeasyPrint ``Document``), one page a sheet."""
    cells = [""] * skip + [_cell(label, base_url, workshop) for label in labels]
    tables = []
    for start in range(0, len(cells), sheet.cells):
        part = cells[start : start + sheet.cells]
        inner = "".join(f"<td>{cell}</td>{_row_end(i, sheet)}" for i, cell in enumerate(part))
        tables.append(f"<table><tr>{inner}</tr></table>")
    page = HTML(string=f"<html lang=fr><title>{escape(workshop)}</title><body>{''.join(tables)}</body></html>")
    return page.render(stylesheets=[CSS(string=_style(sheet))])


def _row_end(index: int, sheet: Sheet) -> str:
    return "</tr><tr>" if (index + 1) % sheet.columns == 0 else ""


def _cell(label: Label, base_url: str, workshop: str) -> str:
    # Level Q: readable with a quarter of it scratched or dirty.
    code = segno.make(f"{base_url}/m/{label.tag}", error="q", micro=False)
    svg = code.svg_data_uri(border=2, dark="#000", light="#fff")
    return (
        f'<div class="label"><img src="{svg}" alt=""><div class="text"><div class="tag">{escape(label.tag)}</div>'
        f'<div class="lot">{escape(label.lot)}</div><div class="workshop">{escape(workshop)}</div></div></div>'
    )


def _style(sheet: Sheet) -> str:
    qr = sheet.cell_height - 8
    return f"""
    @page {{ size: A4; margin: {sheet.margin_top}mm 0 0 {sheet.margin_left}mm; }}
    html, body {{ margin: 0; font-family: sans-serif; }}
    table {{ border-collapse: collapse; table-layout: fixed; width: {sheet.columns * sheet.cell_width}mm;
             page-break-after: always; }}
    table:last-child {{ page-break-after: auto; }}
    tr {{ height: {sheet.cell_height}mm; }}
    td {{ width: {sheet.cell_width}mm; height: {sheet.cell_height}mm; padding: 0; overflow: hidden;
          vertical-align: middle; }}
    .label {{ display: flex; align-items: center; padding: 0 4mm; }}
    img {{ width: {qr}mm; height: {qr}mm; flex: none; }}
    .text {{ padding-left: 2mm; min-width: 0; }}
    .tag {{ font-size: 15pt; font-weight: bold; white-space: nowrap; }}
    .lot {{ font-size: 9pt; margin-top: 1mm; }}
    .workshop {{ font-size: 7.5pt; margin-top: 1mm; line-height: 1.2; }}
    """
