"""Follows the texts of Python sources from where they are said back to where they are written. Reads, never runs.

An expression becomes message ids: literals stay, everything else is a ``{placeholder}`` named after what fills it.
What may fill a placeholder is followed as well ("none", a reason from a helper function), so that it has a message
id of its own.
"""

from __future__ import annotations

import ast
import builtins
import itertools
import re
import string
from collections.abc import Iterable
from dataclasses import dataclass, field

from controller.phrasebook import LETTERS, make_template
from controller.web.source_tree import Scope, Tree
from controller.web.text_parts import (
    EMPTY,
    KEEPS_TEXT,
    Parts,
    has_text,
    is_glued,
    message_id,
    name_of,
    product,
    sentences,
)

PASSES_ON = ("str", "repr", "list", "tuple", "sorted", "reversed", "set")


@dataclass
class Flow:
    """What was found. ``texts``: message id → places; ``faults``: texts said to people that can't be followed."""

    tree: Tree
    keys: tuple[str, ...] = ()  # keys of dictionaries under which texts stand that are followed from there
    opaque: tuple[str, ...] = ()  # functions whose answer is not ours: what stands in files
    texts: dict[str, set[str]] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)  # "path: expression" → path:line
    literals: set[int] = field(default_factory=set)  # ids of the literals' nodes that are part of a message id
    # With the nodes themselves: a node that nobody holds any more would lend its id to another one.
    _done: dict[tuple[int, bool], ast.expr] = field(default_factory=dict)

    def said(self, node: ast.expr, scope: Scope, *, hard: bool) -> None:
        """``node`` is shown to people. ``hard``: whatever of it can't be followed is a fault."""
        if (id(node), hard) in self._done:
            return
        self._done[id(node), hard] = node
        for parts in self._whole(node, scope, hard):
            self._record(parts, node, scope)

    # -- a whole text ---------------------------------------------------------------------------------

    def _whole(self, node: ast.expr, scope: Scope, hard: bool) -> list[Parts]:
        match node:
            case ast.Constant(value=str()) | ast.JoinedStr():
                return self._part(node, scope)
            case ast.Constant() | ast.Dict():
                return []  # no text
            case ast.BinOp(op=ast.Add()) if has_text(node):
                return self._part(node, scope)
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                self._all((left, right), scope, hard)
            case ast.IfExp(body=body, orelse=orelse):
                return self._whole(body, scope, hard) + self._whole(orelse, scope, hard)
            case ast.BoolOp(values=values):
                # "x and text" says the text; "x or text" says either.
                said = values if isinstance(node.op, ast.Or) else values[-1:]
                return [parts for value in said for parts in self._whole(value, scope, hard)]
            case ast.NamedExpr(value=value) | ast.Starred(value=value):
                return self._whole(value, scope, hard)
            case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
                self._all(elements, scope, hard)
            case ast.ListComp(elt=element) | ast.GeneratorExp(elt=element) | ast.SetComp(elt=element):
                self.said(element, scope, hard=hard)
            case ast.Name(id=name):
                self._name(name, node, scope, hard)
            case ast.Subscript(value=value, slice=ast.Constant(value=str(key))):
                # What stands under a marked key is followed from where it is put there.
                if hard and key not in self.keys:
                    self._fault(node, scope)
            case ast.Subscript(value=ast.Call() as call, slice=ast.Constant(value=int(index))):
                functions = scope.tree.functions_called(call, scope)
                self._returns(functions, hard, index)
                if hard and not functions:
                    self._fault(node, scope)
            case ast.Subscript(value=value) if hard:
                return self._whole(value, scope, hard)
            case ast.Call():
                return self._call(node, scope, hard)
            case ast.Attribute(attr=attribute):
                self._returns(scope.tree.properties.get(attribute, ()), False)
                known = scope.tree.attributes(scope, node)
                self._all_scoped(known, hard)
                if hard and not known:
                    self._fault(node, scope)
            case _ if hard:
                self._fault(node, scope)
        return []

    def _call(self, node: ast.Call, scope: Scope, hard: bool) -> list[Parts]:
        match node.func:
            case ast.Name(id=name) if name in PASSES_ON and name in dir(builtins):
                self._all(node.args, scope, hard)
                return []
            case ast.Attribute(attr="join", value=ast.Constant(value=separator)):
                if separator != " ":  # words of a command
                    self._all(node.args, scope, False)
                return []
            case ast.Name(id=name) if name in self.opaque:
                return []
            case ast.Attribute(attr="get") if len(node.args) == 2:
                self.said(node.args[1], scope, hard=False)
            case ast.Attribute(attr="format", value=receiver):
                return self._formatted(receiver, node, scope, hard)
            case ast.Attribute(attr=name, value=receiver) if name in KEEPS_TEXT:
                return self._whole(receiver, scope, hard)
        functions = scope.tree.functions_called(node, scope)
        self._returns(functions, hard)
        if hard and not functions:
            self._fault(node, scope)
        return []

    def answers(self, functions: Iterable[Scope]) -> None:
        """What these functions return is shown to people."""
        self._returns(functions, hard=False)

    def _returns(self, functions: Iterable[Scope], hard: bool, index: int | None = None) -> None:
        """``index``: of an answer of several parts, only this one."""
        for function in functions:
            for value in function.returned():
                if index is not None and isinstance(value, ast.Tuple) and index < len(value.elts):
                    value = value.elts[index]
                self.said(value, function, hard=hard)

    def _name(self, name: str, node: ast.expr, scope: Scope, hard: bool) -> None:
        bound = scope.bindings(name)
        if not bound and hard:
            self._fault(node, scope)
        for value, where in bound:
            if value is None:
                if hard:
                    self._fault(node, scope)
            else:
                self.said(value, where, hard=hard)

    def _formatted(self, receiver: ast.expr, node: ast.Call, scope: Scope, hard: bool) -> list[Parts]:
        """``text.format(…)``, where the text itself is written down."""
        bound = scope.bindings(receiver.id) if isinstance(receiver, ast.Name) else [(receiver, scope)]
        texts = [(v, where) for v, where in bound if isinstance(v, ast.JoinedStr) or (v is not None and has_text(v))]
        ways = [self._filled(parts, node, scope) for text, where in texts for parts in self._part(text, where)]
        if not ways and hard:
            self._fault(node, scope)
        return ways

    def _filled(self, parts: Parts, node: ast.Call, scope: Scope) -> Parts:
        named = {keyword.arg: keyword.value for keyword in node.keywords}
        positions = itertools.count()
        filled: list[tuple[bool, str]] = []
        for is_hole, text in parts:
            for literal, name, _, _ in [(text, None, "", "")] if is_hole else string.Formatter().parse(text):
                filled += [(is_hole, literal)] if literal else []
                if name is None:
                    continue
                key = name or str(next(positions))
                given = node.args[int(key)] if key.isdigit() and int(key) < len(node.args) else named.get(key)
                filled.append((True, name_of(given) if given is not None else key))
                if given is not None:
                    self.said(given, scope, hard=False)
        return tuple(filled)

    # -- a part of a text -----------------------------------------------------------------------------

    def _part(self, node: ast.expr, scope: Scope) -> list[Parts]:
        """The ways in which ``node`` may stand inside of a text."""
        match node:
            case ast.Constant(value=str(text)):
                self.literals.add(id(node))
                return [((False, text),)] if text else [EMPTY]
            case ast.JoinedStr(values=values):
                return product([self._part(value, scope) for value in values])
            case ast.FormattedValue(value=value, conversion=conversion):
                # In quotes (!r) stands what a machine or a file holds, never words of ours.
                return [((True, name_of(value)),)] if conversion == ord("r") else self._part(value, scope)
            case ast.BinOp(op=ast.Add(), left=left, right=right) if has_text(node):
                return product([self._part(left, scope), self._part(right, scope)])
            case ast.IfExp(body=body, orelse=orelse) if is_glued(node):
                return self._part(body, scope) + self._part(orelse, scope)
            case ast.Name(id=name):
                if name.lstrip("_").isupper() and (constants := scope.tree.constants(node, scope)):
                    return [way for constant in constants for way in self._part(constant, scope)]
                bound = scope.bindings(name)
                if bound and all(is_glued(value) for value, _ in bound):
                    return [way for value, where in bound if value for way in self._part(value, where)]
        self.said(node, scope, hard=False)
        return [((True, name_of(node)),)]

    # -- bookkeeping ----------------------------------------------------------------------------------

    def _all(self, nodes: Iterable[ast.expr], scope: Scope, hard: bool) -> None:
        for node in nodes:
            self.said(node, scope, hard=hard)

    def _all_scoped(self, nodes: Iterable[tuple[ast.expr, Scope]], hard: bool) -> None:
        for node, scope in nodes:
            self.said(node, scope, hard=hard)

    def _record(self, whole: Parts, node: ast.expr, scope: Scope) -> None:
        for parts in sentences(whole):
            self._record_one(parts, node, scope)

    def _record_one(self, parts: Parts, node: ast.expr, scope: Scope) -> None:
        words = "".join(text for is_hole, text in parts if not is_hole)
        if not re.search(r"[^\W\d_]{2}", words) or re.fullmatch(r"\S*[/_=]\S*|\S+\.\S+", words):
            return  # only punctuation between what fills it, or a path, a name: the same in every language
        text = message_id(parts)
        if any(a[0] and b[0] for a, b in itertools.pairwise(parts)):
            self._fault(node, scope, "two placeholders touch")
        if make_template(text, text).letters_for_each() < LETTERS:
            self._fault(node, scope, "too few words around its placeholders to know it again")
        self.texts.setdefault(text, set()).add(scope.path)

    def _fault(self, node: ast.expr, scope: Scope, why: str = "") -> None:
        shown = ast.unparse(node)[:100]
        self.faults[f"{scope.path}: {shown}{f' ({why})' if why else ''}"] = f"{scope.path}:{node.lineno}"
