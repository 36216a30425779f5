"""``recyclerie health``: verdicts on dumps of drives."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from controller.i18n import LANGUAGES, set_language

app = typer.Typer(no_args_is_help=True, help="How machines and their parts are.")


@app.callback()
def health() -> None:
    """How machines and their parts are."""


@app.command("verdict")
def verdict(
    files: Annotated[
        list[str], typer.Argument(help="reports of smartctl, JSON or text; folders; - for standard input")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on each line")] = False,
    language: Annotated[str, typer.Option(help="language of the reasons: en, fr")] = "en",
) -> None:
    """Judge drives by their reports: good, worn, failing or unknown, one line for each drive, with the reasons.

    A file that can't be read, or holds no report, is unknown with the reason. The exit status is 0 even so.
    """
    set_language(language if language in LANGUAGES else "en")
    for name in files:
        for record in _records(name):
            _say(json.dumps(record, ensure_ascii=not _unicode()) if as_json else _line(record))


def _unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def _say(text: str) -> None:
    """Print whatever a dump or a file name holds: halves of characters as what they are."""
    encoding = sys.stdout.encoding or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding))


def _records(name: str) -> Iterator[dict[str, Any]]:
    from controller.health.verdict.files import judge_bytes, judge_file

    if name == "-":
        yield from judge_bytes(sys.stdin.buffer.read(), "-")
        return
    path = Path(name)
    try:
        inside = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    except OSError:
        inside = [path]
    for file in inside:
        yield from judge_file(file)


def _line(record: dict[str, Any]) -> str:
    metrics = record["metrics"]
    drive = " ".join(word for word in (record["device"] or "", metrics.get("model", "")) if word)
    where = f"{record['file']}: {drive}" if drive else record["file"]
    return f"{where}: {record['verdict']}: {'; '.join(record['reasons'])}"
