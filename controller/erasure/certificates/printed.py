"""The words that stand on the pages of our own papers: enough of a PDF reader to compare them with the statement."""

from __future__ import annotations

import re
from typing import Any

from pyhanko.pdf_utils.reader import PdfFileReader

from controller.erasure.certificates.words import LEVELS

_SHOWN = re.compile(rb"/([^\s/\[\]<>()]+)\s+[-\d.]+\s+Tf|\[([^\]]*)\]\s*TJ|<([0-9a-fA-F\s]*)>\s*Tj")
_HEX = re.compile(rb"<([0-9a-fA-F\s]*)>")
_MAPPED = re.compile(r"^<([0-9a-fA-F]+)> +<([0-9a-fA-F]+)>$", re.MULTILINE)


def page_text(reader: PdfFileReader) -> str:
    """The text of every page, in the order of drawing, without any space."""
    return "".join(_page(page.get_object()) for page in _pages(reader.root["/Pages"]))


def _pages(node: Any) -> list[Any]:
    found: list[Any] = []
    for kid in node["/Kids"]:
        inner = kid.get_object()
        found += _pages(inner) if inner.get("/Type") == "/Pages" else [inner]
    return found


def _page(page: Any) -> str:
    fonts = {name.lstrip("/"): _letters(font.get_object()) for name, font in page["/Resources"]["/Font"].items()}
    contents = page["/Contents"]
    parts = [contents] if hasattr(contents, "data") else [part.get_object() for part in contents]
    letters: dict[int, str] = {}
    text: list[str] = []
    for font, several, one in _SHOWN.findall(b"\n".join(part.data for part in parts)):
        if font:
            letters = fonts[font.decode("latin-1")]
            continue
        codes = b"".join(_HEX.findall(several)) if several else one
        raw = bytes.fromhex(codes.decode("ascii"))
        text.extend(letters.get(int.from_bytes(raw[i : i + 2], "big"), "\ufffd") for i in range(0, len(raw), 2))
    return "".join("".join(text).split())


def _letters(font: Any) -> dict[int, str]:
    """Code in the font → what it stands for."""
    table = font["/ToUnicode"].data.decode("ascii")
    body = "".join(re.findall(r"beginbfchar(.*?)endbfchar", table, re.DOTALL))
    return {int(code, 16): bytes.fromhex(text).decode("utf-16-be", "replace") for code, text in _MAPPED.findall(body)}


def essentials(statement: dict[str, Any]) -> list[str]:
    """What must be on the pages, the same in every language: numbers, names, levels, digests."""
    wanted = [
        statement["number"],
        statement["verification"]["url"],
        statement["signature"]["certificates"][0],
        statement["machine"]["tag"],
        statement["chain"]["issued"]["hash"][:16],
    ]
    if statement["donor"]:
        wanted.append(statement["donor"]["name"])
    for drive in statement["drives"]:
        wanted += [drive["key"]["serial"], drive["key"]["model"], drive["evidence"]["sha256"], *drive["tools"]]
        wanted.append(LEVELS.get(drive["level"], "") if drive["outcome"] == "erased" else "")
    return [text for text in wanted if text]


def missing(statement: dict[str, Any], text: str) -> list[str]:
    """The essentials that the pages' text (without spaces) doesn't have."""
    return [wanted for wanted in essentials(statement) if "".join(wanted.split()) not in text]
