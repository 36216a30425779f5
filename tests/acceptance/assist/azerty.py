"""A French keyboard under a technician's hands: the events that a browser on Linux gets for each character.

``events("é")`` are bodies of the DevTools' ``Input.dispatchKeyEvent``. Keys are named as on the US keyboard, as
``KeyboardEvent.code`` does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

ALT, CONTROL, SHIFT = 1, 2, 8  # DevTools' modifiers; AltGr has none of its own
DIGITS = [f"Digit{n}" for n in "1234567890"] + ["Minus", "Equal"]
TOP = [f"Key{letter}" for letter in "QWERTYUIOP"] + ["BracketLeft", "BracketRight"]
HOME_ROW = [f"Key{letter}" for letter in "ASDFGHJKL"] + ["Semicolon", "Quote", "Backslash"]
LOW = ["IntlBackslash"] + [f"Key{letter}" for letter in "ZXCVBNM"] + ["Comma", "Period", "Slash"]
# Each row: plain, with Shift, with AltGr. A blank: nothing that is typed here.
ROWS = (
    (DIGITS, "&é\"'(-è_çà)=", "1234567890°+", " ~#{[|`\\^@]}"),
    (TOP, "azertyuiop $", "AZERTYUIOP £", "  €         "),
    (HOME_ROW, "qsdfghjklmù*", "QSDFGHJKLM%µ", "            "),
    (LOW, "<wxcvbn,;:!", ">WXCVBN?./§", "           "),
)
# A dead key first (key, shifted), then the letter.
DEAD = {"^": ("BracketLeft", False), "¨": ("BracketLeft", True)}
ACCENTED = {
    **dict(zip("âêîôûÂÊÎÔÛ", ("^" + letter for letter in "aeiouAEIOU"), strict=True)),
    **dict(zip("äëïöüÄËÏÖÜ", ("¨" + letter for letter in "aeiouAEIOU"), strict=True)),
}
SPECIAL = {" ": ("Space", " "), "\n": ("Enter", "Enter"), "\t": ("Tab", "Tab")}


def _keys() -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for codes, plain, shift, altgr in ROWS:
        for level, characters in (("", plain), ("shift", shift), ("altgr", altgr)):
            assert len(characters) == len(codes), characters
            for code, character in zip(codes, characters, strict=True):
                if character != " ":
                    found.setdefault(character, (code, level))
    return found


KEYS = _keys()


def events(character: str) -> Iterator[dict[str, Any]]:
    """Key presses and releases for one character."""
    if character in SPECIAL:
        code, key = SPECIAL[character]
        yield from press(key, code, text=character if character != "\n" else "\r")
        return
    if character in ACCENTED:
        accent, letter = ACCENTED[character][0], ACCENTED[character][1]
        code, shifted = DEAD[accent]
        yield from _with("shift" if shifted else "", press("Dead", code))
        code, level = KEYS[letter]
        yield from _with(level, press(character, code, text=character))
        return
    if character not in KEYS:
        # No key of this keyboard: a compose key or a list of characters gave it to the browser.
        yield from press(character, "", text=character)
        return
    code, level = KEYS[character]
    yield from _with(level, press(character, code, text=character))


def _with(level: str, presses: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    if not level:
        yield from presses
        return
    key, code, modifiers = ("Shift", "ShiftLeft", SHIFT) if level == "shift" else ("AltGraph", "AltRight", 0)
    location = 1 if level == "shift" else 2
    yield {"type": "rawKeyDown", "key": key, "code": code, "modifiers": modifiers, "location": location}
    yield from (one | {"modifiers": modifiers} for one in presses)
    yield {"type": "keyUp", "key": key, "code": code, "location": location}


def press(key: str, code: str, *, text: str = "", modifiers: int = 0) -> list[dict[str, Any]]:
    """One key down and up."""
    down: dict[str, Any] = {"type": "keyDown" if text else "rawKeyDown", "key": key, "code": code}
    if text:
        down |= {"text": text, "unmodifiedText": text}
    return [down | {"modifiers": modifiers}, {"type": "keyUp", "key": key, "code": code, "modifiers": modifiers}]


def control(letter: str) -> list[dict[str, Any]]:
    """Ctrl and a letter."""
    code = KEYS[letter][0]
    hold = {"key": "Control", "code": "ControlLeft", "location": 1}
    return [
        {"type": "rawKeyDown", **hold, "modifiers": CONTROL},
        *press(letter, code, modifiers=CONTROL),
        {"type": "keyUp", **hold},
    ]
