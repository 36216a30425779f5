"""The command ``recyclerie``."""

from __future__ import annotations

import sys
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from controller.access.roles import Role
from controller.errors import RecyclerieError
from controller.settings import Settings, get_settings, settings_file

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Recyclerie: donated PCs into working computers.")
users = typer.Typer(no_args_is_help=True, help="People who sign in.")
ledger = typer.Typer(no_args_is_help=True, help="The tamper-evident ledger.")
database = typer.Typer(no_args_is_help=True, help="The controller's tables.")
app.add_typer(users, name="user")
app.add_typer(ledger, name="ledger")
app.add_typer(database, name="database")
out = Console()
err = Console(stderr=True)


@app.command()
def serve() -> None:
    """Run the controller: dashboard, API, agents, boot files."""
    from controller.serve import serve as run

    settings = get_settings()
    out.print(f"Recyclerie: https://{_address(settings)}:{settings.port}")
    run(settings)


def _address(settings: Settings) -> str:
    from controller.addresses import public_address

    return public_address(settings)


@app.command(name="settings")
def show_settings() -> None:
    """Show every setting, its value and what it means."""
    settings = get_settings()
    table = Table("setting", "value", "meaning")
    for name, field in Settings.model_fields.items():
        value = str(getattr(settings, name))
        if "://" in value and "@" in value:
            value = value.split("://")[0] + "://…"
        table.add_row(f"RECYCLERIE_{name.rstrip('_').upper()}", value, field.description or "")
    out.print(table)


@users.command("add")
def user_add(
    login: str,
    role: Annotated[Role, typer.Option(help="what the person may do")] = Role.TECHNICIAN,
    name: Annotated[str, typer.Option(help="name shown on pages")] = "",
) -> None:
    """Create a person; the password is printed once."""
    from controller.access.people import create_user
    from controller.access.secrets import readable_password
    from controller.core import make_core
    from controller.migrate import upgrade

    settings = get_settings()
    core = make_core(settings)
    upgrade(core.database)
    password = readable_password()
    with core.database.write() as session:
        create_user(
            session,
            site=settings.site,
            login=login,
            display_name=name or login,
            role=role,
            password=password,
            language=settings.default_language,
        )
    out.print(
        f"{login} ({role.value}) can sign in with this password, shown once: [bold]{password}[/bold]", soft_wrap=True
    )


@users.command("password")
def user_password(login: str) -> None:
    """Give a person a new password, printed once; their sessions and API tokens end."""
    from controller.access.people import find_user, set_password
    from controller.access.secrets import readable_password
    from controller.core import make_core

    core = make_core(get_settings())
    password = readable_password()
    with core.database.write() as session:
        set_password(session, find_user(session, login), password)
    out.print(f"new password of {login}, shown once: [bold]{password}[/bold]", soft_wrap=True)


@users.command("list")
def user_list() -> None:
    """Who can sign in."""
    from sqlalchemy import select

    from controller.access.tables import User
    from controller.core import make_core

    table = Table("login", "name", "role", "active")
    with make_core(get_settings()).database.read() as session:
        for user in session.execute(select(User).order_by(User.login)).scalars():
            table.add_row(user.login, user.display_name, user.role_name, "yes" if user.active else "no")
    out.print(table)


@ledger.command("verify")
def ledger_verify() -> None:
    """Read the whole chain again; exit status 1 when something was changed."""
    from controller.core import make_core
    from controller.erasure.recheck_audit import verify_everything

    core = make_core(get_settings())
    with core.database.read() as session:
        found = verify_everything(session, core.keys.ledger.public_key())
    for fault in found.faults:
        err.print(f"[red]{fault}[/red]", soft_wrap=True)
    out.print(
        f"{found.entries} entries, {found.checkpoints} signed checkpoints (up to entry {found.signed_up_to}), "
        f"head {found.head[:16]}…: {'the chain holds' if found.ok else f'{len(found.faults)} faults'}",
        soft_wrap=True,
    )
    raise typer.Exit(0 if found.ok else 1)


@database.command("upgrade")
def database_upgrade() -> None:
    """Bring the tables to this version."""
    from controller.core import make_core
    from controller.migrate import upgrade, versions

    core = make_core(get_settings())
    before, _ = versions(core.database)
    upgrade(core.database)
    after, _ = versions(core.database)
    out.print(f"database: {before or 'empty'} → {after}")


def _add_parts() -> None:
    from controller.assist.cli import app as assist

    app.add_typer(assist, name="assist")
    if sys.argv[1:2] == ["assist"]:
        return  # ssh waits for it at each connection: nothing is loaded that it doesn't need
    from controller.certificate_cli import app as certificates
    from controller.grade_cli import grade
    from controller.health.cli import app as health
    from controller.inventory_cli import app as inventories
    from controller.netboot.cli import app as netboot
    from controller.netboot.files import write_site_file
    from controller.releases.cli import app as releases
    from images import cli as images

    def folders() -> images.Folders:
        settings = get_settings()
        return images.Folders(settings.image_dir, settings.cache_dir, settings.default_profile)

    # images knows no controller: it is told where things are, and asks for the stick's settings when it needs them.
    images.configure(folders, lambda: write_site_file(get_settings()))
    app.add_typer(images.app, name="image")
    app.add_typer(netboot, name="netboot")
    app.add_typer(certificates, name="certificate")
    app.add_typer(health, name="health")
    app.add_typer(inventories, name="inventory")
    app.add_typer(releases, name="agent-package")
    app.command("grade")(grade)


def main() -> None:
    """Entry point: errors that a person can mend are one line, without a traceback."""
    try:
        _add_parts()
        app()
    except RecyclerieError as error:
        _say(error.text())
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, f['loc'])) or 'settings'}: {f['msg']}" for f in error.errors())
        _say(
            f"The settings can't be used: {wrong}. Look at the RECYCLERIE_ variables and at {settings_file()}; "
            "docs/settings.md describes each setting."
        )


def _say(problem: str) -> NoReturn:
    err.print(problem, style="red", markup=False, soft_wrap=True)
    raise SystemExit(1)


if __name__ == "__main__":
    main()
