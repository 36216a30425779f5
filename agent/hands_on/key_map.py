"""A keyboard as it lies on the table: the kernel's key codes (linux/input-event-codes.h) where they are printed.

The codes say where a key is, not what it means, so the same picture serves every layout; the words are those of a
French keyboard, or of an English one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class PlacedKey(NamedTuple):
    """A key: its code, where it is (in quarters of a normal key, from the left), how wide, what is printed on it."""

    code: int
    row: int
    left: int
    width: int
    french: str
    english: str


# Each row: (code, French, English[, width in quarters]); a number alone leaves so many quarters free.
_MAIN: tuple[tuple[tuple[int | str, ...] | int, ...], ...] = (
    (
        *((1, "Éch", "Esc"), 4, (59, "F1", "F1"), (60, "F2", "F2"), (61, "F3", "F3"), (62, "F4", "F4"), 2),
        *((63, "F5", "F5"), (64, "F6", "F6"), (65, "F7", "F7"), (66, "F8", "F8"), 2),
        *((67, "F9", "F9"), (68, "F10", "F10"), (87, "F11", "F11"), (88, "F12", "F12")),
    ),
    (
        *((41, "²", "`"), (2, "1", "1"), (3, "2", "2"), (4, "3", "3"), (5, "4", "4"), (6, "5", "5"), (7, "6", "6")),
        *((8, "7", "7"), (9, "8", "8"), (10, "9", "9"), (11, "0", "0"), (12, ")", "-"), (13, "=", "=")),
        (14, "Retour", "Backsp", 8),
    ),
    (
        *((15, "Tab", "Tab", 6), (16, "A", "Q"), (17, "Z", "W"), (18, "E", "E"), (19, "R", "R"), (20, "T", "T")),
        *((21, "Y", "Y"), (22, "U", "U"), (23, "I", "I"), (24, "O", "O"), (25, "P", "P"), (26, "^", "[")),
        *((27, "$", "]"), 1, (28, "Entr", "Ent", 5)),
    ),
    (
        *((58, "Verr", "Caps", 7), (30, "Q", "A"), (31, "S", "S"), (32, "D", "D"), (33, "F", "F"), (34, "G", "G")),
        *((35, "H", "H"), (36, "J", "J"), (37, "K", "K"), (38, "L", "L"), (39, "M", ";"), (40, "ù", "'")),
        (43, "*", "\\"),
    ),
    (
        *((42, "Maj", "Shft", 5), (86, "<", "<"), (44, "W", "Z"), (45, "X", "X"), (46, "C", "C"), (47, "V", "V")),
        *((48, "B", "B"), (49, "N", "N"), (50, ",", "M"), (51, ";", ","), (52, ":", "."), (53, "!", "/")),
        (54, "Maj dr.", "Shift r", 11),
    ),
    (
        *((29, "Ctrl", "Ctrl", 5), (125, "Win", "Win", 5), (56, "Alt", "Alt", 5), (57, "Espace", "Space", 25)),
        *((100, "AltG", "AltG", 5), (126, "Win", "Win", 5), (127, "Mnu", "Menu", 5), (97, "Ctrl", "Ctrl", 5)),
    ),
)
# Beside the main part, from quarter 62 on.
_SIDE: tuple[tuple[tuple[int | str, ...] | int, ...], ...] = (
    ((99, "Imp", "Prt"), (70, "Déf", "Scr"), (119, "Pau", "Pau")),
    ((110, "Ins", "Ins"), (102, "Deb", "Hom"), (104, "PgH", "PgU")),
    ((111, "Sup", "Del"), (107, "Fin", "End"), (109, "PgB", "PgD")),
    (),
    (4, (103, "↑", "↑")),
    ((105, "←", "←"), (108, "↓", "↓"), (106, "→", "→")),
)
_PAD: tuple[tuple[tuple[int | str, ...] | int, ...], ...] = (
    ((69, "Num", "Num"), (98, "/", "/"), (55, "*", "*"), (74, "-", "-")),
    ((71, "7", "7"), (72, "8", "8"), (73, "9", "9"), (78, "+", "+")),
    ((75, "4", "4"), (76, "5", "5"), (77, "6", "6")),
    ((79, "1", "1"), (80, "2", "2"), (81, "3", "3"), (96, "Ent", "Ent")),
    ((82, "0", "0", 8), (83, ".", ".")),
)


def _placed(rows: tuple[tuple[tuple[int | str, ...] | int, ...], ...], left: int) -> tuple[PlacedKey, ...]:
    found = []
    for number, row in enumerate(rows):
        at = left
        for entry in row:
            if isinstance(entry, int):
                at += entry
                continue
            code, french, english, *width = entry
            size = int(width[0]) if width else 4
            found.append(PlacedKey(int(code), number, at, size, str(french), str(english)))
            at += size
    return tuple(found)


KEYS = _placed(_MAIN, 0) + _placed(_SIDE, 62)
PAD = _placed(_PAD, 0)
# On many keyboards these are missing, or only there together with Fn: nobody has to press them.
OPTIONAL = frozenset({86, 126, 127, 97, 99, 70, 119, 110, 102, 104, 107, 109})
REQUIRED = frozenset(key.code for key in KEYS) - OPTIONAL
PAD_REQUIRED = frozenset(key.code for key in PAD)
MANY = 28
_BY_CODE = {key.code: key for key in (*PAD, *KEYS)}
# A terminal without input devices (a serial line, a test) only says characters: those of a French keyboard.
FROM_CHARACTER = {key.french.lower(): key.code for key in KEYS if len(key.french) == 1} | {
    **dict(zip(("escape", "enter", "backspace", "tab", " "), (1, 28, 14, 15, 57), strict=True)),
    **dict(zip(("up", "down", "left", "right"), (103, 108, 105, 106), strict=True)),
}


def name_of(code: int, language: str) -> str:
    """What is printed on a key; its number where the picture doesn't have it."""
    key = _BY_CODE.get(code)
    if key is None:
        return f"touche {code}" if language == "fr" else f"key {code}"
    printed = key.french if language == "fr" else key.english
    return f"{'pavé' if language == 'fr' else 'pad'} {printed}" if code in PAD_REQUIRED else printed


def named(codes: Sequence[int], language: str) -> str:
    """The keys by name, the first of them only where there are many."""
    names = ", ".join(name_of(code, language) for code in codes[:MANY])
    return f"{names} (+ {len(codes) - MANY})" if len(codes) > MANY else names


def in_reading_order(codes: Iterable[int]) -> list[int]:
    """As they are read on the keyboard: row by row."""
    places = {key.code: number for number, key in enumerate(sorted((*KEYS, *PAD), key=_reading))}
    return sorted(codes, key=lambda code: (places.get(code, len(places)), code))


def _reading(key: PlacedKey) -> tuple[bool, int, int]:
    return key.code in PAD_REQUIRED, key.row, key.left
