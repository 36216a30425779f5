"""``recyclerie certificate``: check papers anywhere, take them out of this workshop, publish its keys."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from controller.errors import RecyclerieError
from controller.i18n import N_
from controller.settings import get_settings

if TYPE_CHECKING:
    from controller.erasure.certificates.verify import Verdict

app = typer.Typer(no_args_is_help=True, help="Certificates of erasure and destruction sheets.")
out = Console()

Files = Annotated[list[Path], typer.Argument(help="PDF files.", exists=True, dir_okay=False, readable=True)]
Folder = Annotated[Path, typer.Option("--to", help="Folder to write to.", file_okay=False)]


@app.command()
def verify(
    files: Files,
    ca: Annotated[Path | None, typer.Option(help="The workshop's certificate (ca.crt, PEM).", exists=True)] = None,
    keys: Annotated[Path | None, typer.Option(help="The workshop's published key file (JSON).", exists=True)] = None,
) -> None:
    """Check papers offline: signature, evidence, claim, ledger entry. Exit status 1 when one doesn't hold."""
    from controller.erasure.certificates.anchors import read_anchors
    from controller.erasure.certificates.verify import verify_pdf

    source = keys or ca
    anchors = read_anchors(source.read_bytes(), str(source)) if source else None
    bad = 0
    for file in files:
        verdict = verify_pdf(file.read_bytes(), anchors)
        for line in describe(str(file), verdict):
            out.print(line, markup=False, soft_wrap=True, highlight=False)
        bad += not verdict.ok
    if anchors is None:
        out.print(
            "WHO signed was not checked: give the workshop's key file with --keys, or its certificate with --ca. "
            "Without one, somebody else could have made these files.",
            style="yellow",
            soft_wrap=True,
        )
    raise typer.Exit(1 if bad else 0)


def describe(name: str, verdict: Verdict) -> list[str]:
    """A verdict in lines of text."""
    if not verdict.ok:
        return [f"{name}: DOES NOT HOLD", *(f"  - {fault}" for fault in verdict.faults)]
    statement = verdict.statement
    who = "the workshop given" if verdict.trusted else "one who says to be"
    lines = [
        f"{name}: holds",
        f"  {statement['number']} of {statement['issued_at']}, signed by {who}: {verdict.signer}",
    ]
    for drive in statement["drives"]:
        said = f"erased, {drive['level']}" if drive["outcome"] == "erased" else f"NOT erased ({drive['outcome']})"
        lines.append(
            f"  {drive['key']['model']} {drive['key']['serial']}: {said}, evidence {drive['evidence']['sha256']}"
        )
    lines.append(
        "  whole file signed, evidence inside as printed, claim follows from it, ledger entry and checkpoint right"
    )
    return lines


@app.command()
def keys(to: Annotated[Path | None, typer.Argument(help="File to write; standard output without it.")] = None) -> None:
    """The key file to publish: what others check this workshop's papers with. Holds nothing secret."""
    from controller.core import make_core
    from controller.erasure.certificates.anchors import published
    from controller.erasure.certificates.store import identity_of

    core = make_core(get_settings())
    text = json.dumps(published(core, identity_of(core)), indent=2, ensure_ascii=False) + "\n"
    if to is None:
        typer.echo(text, nl=False)
    else:
        to.write_text(text)
        typer.echo(f"wrote {to}")


@app.command()
def export(
    numbers: Annotated[list[str], typer.Argument(help="Papers (CE-000012) or machines (R-000123).")],
    to: Folder = Path(),
) -> None:
    """Write papers to a folder: one by its number, or all that belong to a machine."""
    from controller.core import make_core
    from controller.erasure.certificates.queries import by_name
    from controller.erasure.certificates.store import pdf_of

    core = make_core(get_settings())
    to.mkdir(parents=True, exist_ok=True)
    with core.database.read() as session:
        found = [certificate for name in numbers for certificate in by_name(session, name)]
    for certificate in found:
        _, pdf = pdf_of(core, certificate.id)
        path = to / certificate.file_name
        path.write_bytes(pdf)
        typer.echo(f"wrote {path}")


@app.command()
def sheet(
    serial: Annotated[str, typer.Argument(help="Serial number of the drive that could not be erased.")],
    to: Folder = Path(),
) -> None:
    """Write a drive's destruction sheet to a folder."""
    from controller.core import make_core
    from controller.erasure.certificates.queries import sheet_of
    from controller.erasure.certificates.store import pdf_of

    core = make_core(get_settings())
    to.mkdir(parents=True, exist_ok=True)
    with core.database.read() as session:
        certificate = sheet_of(session, serial)
    if certificate is None:
        raise RecyclerieError(
            N_("There is no destruction sheet of a drive {serial}."),
            N_("It gets one when its erase has failed."),
            serial=serial,
        )
    _, pdf = pdf_of(core, certificate.id)
    path = to / certificate.file_name
    path.write_bytes(pdf)
    typer.echo(f"wrote {path}")
