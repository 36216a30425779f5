"""What the agent and the playbooks' modules say to people, in English, as message ids of the context "agent".

They speak English and have no catalogues; the controller translates what they said where it is shown
(controller.phrasebook). So their sources are read here, and what reaches people is marked in the tables below: the
one place to change when a new kind of text is said.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import yaml

from controller.phrasebook import CONTEXT
from controller.web.source_tree import Scope, Tree, last_name
from controller.web.text_flow import Flow

__all__ = ["CONTEXT", "agent_texts", "read_sources"]
ROOT = Path(__file__).parents[2]
FOLDERS = ("agent", "playbooks")
PROFILES = "inventory/group_vars"

# Functions and methods whose argument people read: name → its position, or the keyword's name. Exceptions are not
# listed: of all that derive from these, the first argument and the hint are read, sooner or later.
EXCEPTIONS = ("Exception", "AgentError", "ValueError")
CALLS: dict[str, int | str] = {
    "passed": 0,
    "failed": 0,
    "fail_json": "msg",
    "empty_smart": 0,
    "guarded": 0,
    "self._stop": 0,
    "OSError": 1,
    "Outcome": 1,
    "Ended": 1,
    "Finding": 1,
    "NotMeasured": 0,
    "Target": 2,
    "Planned": 2,
}
# Lists that people read, by the variable's name.
LISTS = ("problems", "reasons", "uses")
# Functions and methods whose answer people read.
ANSWERS = ("error", "wait_for", "find_problems", "chassis_problems", "drive_problems")
# Keys of reports, results and evidence under which people read a text.
KEYS = ("error", "detail", "stopped", "what", "problems", "in_use", "why_not")
# Functions whose answer is what they were given or what stands in a file, never words of ours.
OPAQUE = ("read_text", "guarded")
# What stands in texts and is written elsewhere: what the C library says of an error, which programs and Python
# repeat in English, and words that reach a text by a way that can't be followed.
WORDS = (
    "Connection refused",
    "Connection reset by peer",
    "Connection timed out",
    "Device or resource busy",
    "Input/output error",
    "Invalid argument",
    "Network is unreachable",
    "No medium found",
    "No route to host",
    "No space left on device",
    "No such device",
    "No such device or address",
    "No such file or directory",
    "Operation not permitted",
    "Operation not supported",
    "Permission denied",
    "Read-only file system",
    "timed out",
    "[Errno {number}] {reason}",
    "board_serial",
    "chassis_serial",
    "its drives",
    "system_serial",
    "system_uuid",
    "pass errors",
    "verification errors",
    "flush errors",
)


def agent_texts(root: Path = ROOT) -> dict[str, list[str]]:
    """Message id → the files that say it."""
    found = dict(read_sources(root).texts)
    for title, path in _check_titles(root):
        found.setdefault(title, set()).add(path)
    for words in WORDS:
        found.setdefault(words, set()).add("controller/web/agent_texts.py")
    return {text: sorted(paths) for text, paths in sorted(found.items())}


def read_sources(root: Path = ROOT) -> Flow:
    """The texts of all marked places, and the faults: those that can't be followed to where they are written."""
    tree = Tree(root, FOLDERS)
    flow = Flow(tree, KEYS, OPAQUE)
    exceptions = {name for root in EXCEPTIONS for name in tree.subclasses(root)}
    for node, scope in tree.scoped():
        match node:
            case ast.Call(func=ast.Attribute(attr="append" | "extend", value=owner), args=args):
                if last_name(owner) in LISTS:
                    _said(flow, args, scope)
            case ast.Call():
                _said(flow, _arguments(node, exceptions), scope)
            case ast.AugAssign(target=target, value=value) if last_name(target) in LISTS:
                _said(flow, [value], scope)
            case ast.Assign(targets=[target], value=value) if last_name(target) in LISTS:
                flow.said(value, scope, hard=False)
            case ast.FunctionDef() | ast.AsyncFunctionDef() if node.name in ANSWERS:
                flow.answers([scope])
        for value in _under_keys(node):
            flow.said(value, scope, hard=False)
    return flow


def _said(flow: Flow, nodes: list[ast.expr], scope: Scope) -> None:
    for node in nodes:
        flow.said(node, scope, hard=True)


def _arguments(call: ast.Call, exceptions: set[str]) -> list[ast.expr]:
    name = last_name(call.func)
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    if name in exceptions:
        return [*call.args[:1], *(keywords[key] for key in ("what", "hint") if key in keywords)]
    place = CALLS.get(name, CALLS.get(ast.unparse(call.func)))
    if isinstance(place, int):
        return call.args[place : place + 1]
    return [keywords[place]] if place is not None and place in keywords else []


def _under_keys(node: ast.AST) -> Iterator[ast.expr]:
    match node:
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if isinstance(key, ast.Constant) and key.value in KEYS:
                    yield value
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                pairs = [(target, value)]
                if isinstance(target, ast.Tuple):
                    parts = value.elts if isinstance(value, ast.Tuple) else [value] * len(target.elts)
                    pairs = list(zip(target.elts, parts, strict=False))
                yield from (given for place, given in pairs if isinstance(place, ast.Subscript) and _key(place) in KEYS)
        case ast.Call(keywords=keywords):
            yield from (keyword.value for keyword in keywords if keyword.arg in KEYS)


def _key(node: ast.Subscript) -> object:
    return node.slice.value if isinstance(node.slice, ast.Constant) else None


def _check_titles(root: Path) -> Iterator[tuple[str, str]]:
    """The titles of the profiles' checks."""
    for path in sorted((root / PROFILES).glob("*.yml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        for check in content.get("profile_checks") or []:
            if check.get("title"):
                yield str(check["title"]), path.relative_to(root).as_posix()
