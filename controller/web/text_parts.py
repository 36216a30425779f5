"""Texts in parts, literal or placeholder, and what the placeholders are called."""

from __future__ import annotations

import ast
import builtins
import itertools
import re
from collections.abc import Iterator

Parts = tuple[tuple[bool, str], ...]  # (is a placeholder, its name or the literal text)
EMPTY: Parts = ()
MAX_WAYS = 24  # forms of one sentence that differ by their conditions
KEEPS_TEXT = ("strip", "rstrip", "lstrip", "removeprefix", "removesuffix", "capitalize", "upper", "lower")


def sentences(parts: Parts) -> Iterator[Parts]:
    """Each sentence for itself: many texts end with the same advice."""
    sentence: list[tuple[bool, str]] = []
    for is_hole, text in parts:
        pieces = [text] if is_hole else re.split(r"(?<=[.!?])\s+", text)
        for i, piece in enumerate(pieces):
            if i and sentence:
                yield tuple(sentence)
                sentence = []
            if piece:
                sentence.append((is_hole, piece))
    if sentence:
        yield tuple(sentence)


def message_id(parts: Parts) -> str:
    """The message id; placeholders of the same name are numbered, braces of the text doubled."""
    seen: dict[str, int] = {}
    found = []
    for is_hole, text in parts:
        if not is_hole:
            found.append(text.replace("{", "{{").replace("}", "}}"))
            continue
        seen[text] = seen.get(text, 0) + 1
        found.append("{" + text + (str(seen[text]) if seen[text] > 1 else "") + "}")
    return "".join(found)


def name_of(node: ast.expr) -> str:
    """What to call the placeholder that ``node`` fills."""
    for name in _names(node):
        plain = re.sub(r"\W+", "_", name).strip("_").lower()
        if plain.isidentifier():
            return plain
    return "value"


def _names(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            yield name
        case ast.Subscript(value=value, slice=key):
            yield from [key.value] if isinstance(key, ast.Constant) and isinstance(key.value, str) else _names(value)
        case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str(key)), *_]):
            yield key
        case ast.Call(func=ast.Attribute(attr="join"), args=[given]):
            yield from _names(given)
        case ast.Call(func=ast.Attribute(attr="get")):
            yield "value"
        case ast.Call(func=ast.Name(id="len" | "sum")):
            yield "number"
        case ast.Call(func=ast.Name(id=name), args=[given, *_]) if name in dir(builtins):
            yield from _names(given)
            yield "value"
        case ast.Call(func=ast.Attribute(value=value, attr=name)):
            yield name if name not in KEEPS_TEXT else next(_names(value), "value")
        case ast.Call(func=ast.Name(id=name)):
            yield name
        case ast.BoolOp(values=[first, *_]) | ast.BinOp(left=first) | ast.UnaryOp(operand=first):
            yield from _names(first)
        case ast.IfExp(body=body, orelse=orelse):
            yield from _names(body)
            yield from _names(orelse)
        case ast.GeneratorExp(elt=element) | ast.ListComp(elt=element):
            yield from _names(element)


def product(ways: list[list[Parts]]) -> list[Parts]:
    return [tuple(itertools.chain(*way)) for way in itertools.islice(itertools.product(*ways), MAX_WAYS)]


def has_text(node: ast.expr) -> bool:
    """Whether a sum is of texts (and not of lists or numbers)."""
    if isinstance(node, ast.BinOp):
        return has_text(node.left) or has_text(node.right)
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def is_glued(node: ast.expr | None) -> bool:
    """Whether one of two texts makes sense only inside of its sentence: punctuation or a space is at its edge."""
    return isinstance(node, ast.IfExp) and (_is_glue(node.body) or _is_glue(node.orelse))


def _is_glue(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp):
        return has_text(node)
    if isinstance(node, ast.JoinedStr):
        first, last = node.values[0], node.values[-1]
        return (isinstance(first, ast.Constant) and not str(first.value)[0].isalnum()) or (
            isinstance(last, ast.Constant) and not str(last.value)[-1].isalnum()
        )
    if not (isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value):
        return False
    return not (node.value[0].isalnum() and node.value[-1].isalnum())
