"""Reading ``.po`` files without any library: the target has neither Babel nor msgfmt."""

from __future__ import annotations

import ast
import struct

MAGIC = 0x950412DE  # of a .mo file, as the GNU gettext manual has it
CONTEXT_END = "\x04"


def read_po(text: str) -> dict[str | tuple[str, str], tuple[str, ...]]:
    """Message (or singular and plural) → its translation, one for each plural form. Fuzzy ones are left out.

    Raises:
        ValueError: a line is not what a .po file holds.
    """
    found: dict[str | tuple[str, str], tuple[str, ...]] = {}
    for block in text.replace("\r\n", "\n").split("\n\n"):
        parts: dict[str, str] = {}
        last = ""
        fuzzy = False
        for line in block.splitlines():
            line = line.strip()
            if line.startswith("#"):
                fuzzy = fuzzy or (line.startswith("#,") and "fuzzy" in line)
                continue
            if not line:
                continue
            if not line.startswith('"'):
                last, _, line = line.partition(" ")
            parts[last] = parts.get(last, "") + _text(line)
        if "msgid" not in parts or fuzzy:
            continue
        context = parts["msgctxt"] + CONTEXT_END if "msgctxt" in parts else ""
        forms = tuple(value for name, value in sorted(parts.items()) if name.startswith("msgstr"))
        if "msgid_plural" in parts:
            found[context + parts["msgid"], parts["msgid_plural"]] = forms
        else:
            found[context + parts["msgid"]] = forms
    return found


def compiled(content: bytes) -> bytes:
    """The ``.mo`` form of a ``.po`` file. Raises ValueError."""
    pairs = []
    for message, forms in read_po(content.decode("utf-8")).items():
        if all(forms):
            pairs.append(("\0".join((message,) if isinstance(message, str) else message), "\0".join(forms)))
    pairs.sort()
    header = 7 * 4
    strings = header + len(pairs) * 16
    tables: tuple[list[bytes], list[bytes]] = ([], [])
    data = b""
    for column, table in enumerate(tables):
        for pair in pairs:
            encoded = pair[column].encode()
            table.append(struct.pack("<II", len(encoded), strings + len(data)))
            data += encoded + b"\0"
    start = struct.pack("<7I", MAGIC, 0, len(pairs), header, header + len(pairs) * 8, 0, 0)
    return start + b"".join(tables[0]) + b"".join(tables[1]) + data


def _text(quoted: str) -> str:
    try:
        value = ast.literal_eval(quoted)
    except (SyntaxError, ValueError) as problem:
        raise ValueError(f"{quoted[:40]!r} is no text in quotes") from problem
    if not isinstance(value, str):
        raise ValueError(f"{quoted[:40]!r} is no text in quotes")
    return value
