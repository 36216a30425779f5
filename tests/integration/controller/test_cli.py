"""The command ``recyclerie``, as an operator runs it, on both databases."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import select

from controller.access.people import authenticate
from controller.access.tables import User
from controller.core import make_core
from controller.database import Database
from controller.errors import Unauthenticated
from controller.housekeeping import start_ledger
from controller.migrate import versions
from tests.integration.controller.conftest import make_settings

RECYCLERIE = Path(sys.executable).parent / "recyclerie"
Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def command(tmp_path: Path, empty_url: str) -> Command:
    """Runs ``recyclerie`` for a controller with an empty database."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("RECYCLERIE_")}

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        own = {
            "RECYCLERIE_CONFIG": str(tmp_path / "none.toml"),
            "RECYCLERIE_DATA_DIR": str(tmp_path / "data"),
            "RECYCLERIE_DATABASE_URL": empty_url,
            "COLUMNS": "200",
        }
        return subprocess.run(
            [RECYCLERIE, *arguments], env=inherited | own | variables, capture_output=True, text=True, check=False
        )

    return run


def test_people(command: Command, empty_url: str) -> None:
    """A first person on an empty database: the tables are made, the password works, and a new one replaces it."""
    made = command("user", "add", "Marie", "--role", "coordinator", "--name", "Marie D.")
    assert made.returncode == 0, made.stderr
    password = made.stdout.split()[-1]
    assert "Marie D." in command("user", "list").stdout
    new = command("user", "password", "marie").stdout.split()[-1]
    database = Database(empty_url)
    with database.read() as session:
        assert authenticate(session, "MARIE", new).role_name == "coordinator"
        with pytest.raises(Unauthenticated):
            authenticate(session, "marie", password)
        assert password not in str(session.execute(select(User.password_hash)).scalar_one())
    database.close()
    again = command("user", "add", "marie")
    assert (again.returncode, "already taken" in again.stderr) == (1, True)


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("user", "password", "nobody"), "Nobody has the login"),
        (("user", "add", "x"), "can't be a login"),
        (("user", "add", "someone", "--role", "boss"), "boss"),
    ],
)
def test_errors_are_one_line(command: Command, arguments: tuple[str, ...], said: str) -> None:
    command("database", "upgrade")
    done = command(*arguments)
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.one_database
def test_settings_that_cannot_be(command: Command) -> None:
    done = command("settings", RECYCLERIE_PORT="many")
    assert done.returncode == 1
    assert "RECYCLERIE_PORT" in done.stderr or "port" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.one_database
def test_settings_do_not_show_passwords(command: Command) -> None:
    done = command("settings", RECYCLERIE_DATABASE_URL="postgresql://me:verysecret@db.example/recyclerie")
    assert done.returncode == 0
    assert "verysecret" not in done.stdout + done.stderr


def test_upgrade(command: Command, empty_url: str) -> None:
    assert "empty →" in command("database", "upgrade").stdout
    database = Database(empty_url)
    assert versions(database)[0] == versions(database)[1]
    database.close()


def test_ledger_verify(command: Command, tmp_path: Path, empty_url: str) -> None:
    """Exit status 0 while it holds, 1 as soon as anything was changed."""
    command("database", "upgrade")
    core = make_core(make_settings(tmp_path, empty_url))
    start_ledger(core)
    good = command("ledger", "verify")
    assert (good.returncode, "the chain holds" in good.stdout) == (0, True), good.stderr
    with core.database.write() as session:
        trigger = "ledger_entries_no_update" if empty_url.startswith("sqlite") else "ledger_entries_no_change"
        session.execute(sa.text(f"DROP TRIGGER {trigger}" + ("" if "sqlite" in empty_url else " ON ledger_entries")))
        session.execute(sa.text("UPDATE ledger_entries SET content = replace(content, 'main', 'mine')"))
    core.database.close()
    bad = command("ledger", "verify")
    assert bad.returncode == 1
    assert "entry 1: its content does not match its hash" in bad.stderr
