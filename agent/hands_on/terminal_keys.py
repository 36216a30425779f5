"""The bytes that a terminal sends → keys. Only the keys that answer: the keyboard's own test reads the kernel."""

from __future__ import annotations

import re

# A console's, an xterm's and a serial terminal's ways to say the same.
_ARROWS = {"A": "up", "B": "down", "C": "right", "D": "left"}
_NAMED = (
    {f"\033{form}{letter}": name for form in "[O" for letter, name in _ARROWS.items()}
    | dict.fromkeys(("\r", "\n", "\033OM"), "enter")
    | {"\x7f": "backspace", "\b": "backspace", "\t": "tab"}
)
_SEQUENCE = re.compile(r"\033(?:\[\[[A-E]|\[[0-9;?]*[ -/]*[@-Z\\-~]|O[@-~])")
_UNFINISHED = re.compile(r"\033(?:\[\[?[0-9;?]*|O)?$")
# The French row of digits, without Shift.
_FRENCH_DIGITS = dict(zip("&é\"'(-è_çà", "1234567890", strict=True))


def split_keys(data: bytes, *, complete: bool = False) -> tuple[list[str], bytes]:
    """Keys by name ("enter", "up", "o"), in lower case, and what is the beginning of one that isn't all there.

    ``complete``: nothing follows, so a lone ESC is the key Escape. Sequences of other keys give nothing.
    """
    rest = b""
    try:
        text = data.decode()
    except UnicodeDecodeError as problem:
        if problem.end == len(data) and problem.reason == "unexpected end of data" and not complete:
            data, rest = data[: problem.start], data[problem.start :]
        text = data.decode("utf-8", "ignore")
    keys: list[str] = []
    while text:
        sequence = _SEQUENCE.match(text)
        if sequence is None and _UNFINISHED.match(text) and not complete:
            return keys, text.encode() + rest
        if sequence is not None:
            sign = sequence.group()
            keys += [_NAMED[sign]] if sign in _NAMED else []
        else:
            sign = text[0]
            keys.append("escape" if sign == "\033" else _NAMED.get(sign, sign.lower()))
        text = text[len(sign) :]
    return [key for key in keys if len(key) > 1 or key.isprintable()], rest


def digit(key: str) -> int | None:
    """The number that a key of the upper row means, with or without Shift on a French keyboard."""
    shown = _FRENCH_DIGITS.get(key, key)
    return int(shown) if len(shown) == 1 and shown.isascii() and shown.isdigit() else None
