"""``recyclerie netboot``: lets PCs boot from the network, beside the network's DHCP server or with our own."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from controller.errors import RecyclerieError
from controller.i18n import N_
from controller.netboot import run as running
from controller.netboot.dnsmasq import Pool, Wire
from controller.netboot.wire import find_wire, parse_pool
from controller.settings import get_settings

app = typer.Typer(help="Let PCs boot from the network.", no_args_is_help=True)

Interface = Annotated[str, typer.Option("--interface", "-i", help="Network card that the PCs are on.")]
Own = Annotated[
    str,
    typer.Option(
        "--own-dhcp",
        "--dhcp",
        metavar="RANGE",
        help="Give addresses ourselves: FIRST,LAST or a network. Only where no other DHCP server is.",
    ),
]
Proxy = Annotated[bool, typer.Option("--proxy", help="Beside the network's own DHCP server (the default).")]


@app.command("run")
def run_command(interface: Interface, own_dhcp: Own = "", proxy: Proxy = False) -> None:
    """Serve the boot network until Ctrl-C (DHCP or proxy, TFTP). The files over HTTP come from `recyclerie serve`."""
    settings = get_settings()
    try:
        wire, pool = _choice(interface, own_dhcp, proxy)
        running.check_ports(wire)
        with tempfile.TemporaryDirectory(prefix="recyclerie-netboot-") as folder:
            path = running.prepare(settings, wire, pool, Path(folder))
            way = f"addresses {pool.first} to {pool.last}" if pool else "beside the network's DHCP server"
            typer.echo(f"boot network on {wire.interface} ({wire.address}), {way}; Ctrl-C stops it")
            if not running.http_answers(settings):
                typer.echo("nothing answers over HTTP yet: PCs wait until `recyclerie serve` runs", err=True)
            raise typer.Exit(running.serve(settings, path, lambda line: typer.echo(line)))
    except RecyclerieError as error:
        typer.echo(f"recyclerie netboot: {error}", err=True)
        raise typer.Exit(1) from error


@app.command("write")
def write_command(
    folder: Annotated[Path, typer.Argument(help="Where to write recyclerie-netboot.conf.")],
    interface: Interface,
    own_dhcp: Own = "",
    proxy: Proxy = False,
) -> None:
    """Fill the TFTP root and write dnsmasq's configuration, for a dnsmasq of your own (e.g. /etc/dnsmasq.d)."""
    settings = get_settings()
    try:
        wire, pool = _choice(interface, own_dhcp, proxy)
        path = running.prepare(settings, wire, pool, folder)
    except RecyclerieError as error:
        typer.echo(f"recyclerie netboot: {error}", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"wrote {path}; boot files are in {settings.tftp_dir}")


def _choice(interface: str, own_dhcp: str, proxy: bool) -> tuple[Wire, Pool | None]:
    if own_dhcp and proxy:
        raise RecyclerieError(
            N_("--own-dhcp and --proxy exclude each other."),
            N_("Give --proxy where the network already has a DHCP server, --own-dhcp where it has none."),
        )
    wire = find_wire(interface)
    return wire, parse_pool(own_dhcp, wire) if own_dhcp else None
