"""``recyclerie assist``: machines at home, through the link of their agents."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from controller.settings import get_settings

app = typer.Typer(no_args_is_help=True, help="Machines at home, through the link of their agents.")


@app.callback()
def _group() -> None:
    """Commands of their own, also while there is only one."""


@app.command()
def pipe(
    tag: Annotated[str, typer.Argument(help="the machine's tag (R-000123)")],
    service: Annotated[str, typer.Option(help="a service of its agent's list")] = "ssh",
    why: Annotated[str, typer.Option(help="written into the machine's own journal")] = "",
) -> None:
    """Carry standard input and output to a service of a machine: ssh's ProxyCommand."""
    from controller.assist.pipe import run_pipe

    who = os.environ.get("RECYCLERIE_ACTOR", "")  # set by the controller for what a person asked it to do
    status = run_pipe(get_settings(), tag, service, who=who, why=why)
    os._exit(status)  # a thread may still wait for standard input
