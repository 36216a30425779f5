"""Comparing the catalogues with the sources. Not needed on a family's PC, only where the texts are written."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from agent.locales import DOMAIN, FOLDER, LANGUAGES
from agent.locales.sources import read_po

FOLDERS = ("assist", "help", "desktop")  # of the agent: what speaks to families
ONE = ("N_", "_", "gettext")
TWO = ("ngettext", "_n")
PLURALS = {"fr": 2, "ar": 6, "en": 2}
PLACEHOLDER = re.compile(r"\{[a-z_]+\}")
NO_BREAK = re.compile(r" [:;!?»%]|« |'|\"")  # French sets a no-break space there, and curved marks

Message = str | tuple[str, str]


def messages() -> dict[Message, str]:
    """Every text of the sources, and the file that holds it."""
    found: dict[Message, str] = {}
    for folder in FOLDERS:
        for path in sorted((FOLDER.parent / folder).rglob("*.py")):
            for message in _in_source(ast.parse(path.read_text(encoding="utf-8"))):
                found[message] = str(path.relative_to(FOLDER.parent))
    return found


def faults() -> list[str]:
    """One line each; empty when every text is there in every language."""
    wanted = messages()
    found = []
    for language in LANGUAGES:
        path = path_of(language)
        try:
            have = read_po(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as problem:
            found.append(f"{language}: {problem}")
            continue
        have.pop("", None)
        found += [f"{language}: missing: {message!r} ({wanted[message]})" for message in wanted if message not in have]
        found += [f"{language}: no longer in the sources: {message!r}" for message in have if message not in wanted]
        for message, forms in have.items():
            found += [f"{language}: {fault}: {message!r}" for fault in _faults(language, message, forms)]
    return found


def path_of(language: str) -> Path:
    """A catalogue's source."""
    return FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def _faults(language: str, message: Message, forms: tuple[str, ...]) -> Iterator[str]:
    ids = (message,) if isinstance(message, str) else message
    if len(forms) != (1 if isinstance(message, str) else PLURALS[language]) or not all(forms):
        yield "not translated, or not in all its forms"
        return
    for form in forms:
        missing = set(PLACEHOLDER.findall(ids[-1])) - set(PLACEHOLDER.findall(form)) - {"{n}"}
        if missing or set(PLACEHOLDER.findall(form)) - set(PLACEHOLDER.findall(ids[-1])):
            yield f"not the same placeholders in {form!r}"
        if language == "fr" and NO_BREAK.search(form):
            yield f"typography of {form!r}"
        if language == "en" and form not in ids:
            yield "English says something else than the source"


def _in_source(tree: ast.AST) -> Iterator[Message]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        texts = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        if name in ONE and len(texts) == 1 == len(node.args):
            yield texts[0]
        elif name in TWO and len(texts) == 2:
            yield texts[0], texts[1]
