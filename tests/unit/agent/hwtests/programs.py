"""Small programs that a test writes for itself, with a header, as real ones have."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

from agent.hwtests.header import Header, read_header


def program(folder: Path, name: str, body: str, **header: Any) -> Header:
    """Write a program that runs ``body`` and return its header."""
    wanted = {"title": f"Test {name}", "subsystem": "usb", "runs": "parallel", "limit_seconds": 30, "usual_seconds": 1}
    lines = [f"{key} = {toml(value)}" for key, value in ({"name": name} | wanted | header).items()]
    text = "\n".join(["# /// recyclerie-test", *(f"# {line}" for line in lines), "# ///", textwrap.dedent(body), ""])
    path = folder / f"{name.replace('-', '_')}.py"
    path.write_text(text)
    return read_header(path)


def toml(value: Any) -> str:
    """A value as TOML: that of JSON, but for tables."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(inner)}" for key, inner in value.items()) + "}"
    return json.dumps(value)


SAYS = "import json; print(json.dumps({'outcome': 'pass', 'reason': '', 'figures': {'n': 1}}))"
