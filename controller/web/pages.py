"""Put the dashboard's pages, static files and error pages into the application."""

from __future__ import annotations

from fastapi import FastAPI

from controller.core import Core
from controller.helpdesk.codes import Tries
from controller.web.errors import register_errors
from controller.web.live.hub import Hub
from controller.web.routes import (
    agent_releases,
    assistance,
    authorise,
    board,
    erase_policy,
    events,
    gate,
    hardware_tests,
    helpdesk,
    ledger,
    look,
    lots,
    machine,
    machine_actions,
    maintenance,
    notice,
    papers,
    parts,
    recheck,
    screen,
    search,
    session,
    settings,
    terminal,
    verify,
)
from controller.web.screens import Screens
from controller.web.staticfiles import LastingFiles
from controller.web.templating import STATIC_DIR, make_environment

ROUTERS = (
    session.router,
    board.router,
    machine.router,
    machine_actions.router,
    maintenance.router,
    terminal.router,
    notice.router,
    look.router,
    gate.router,
    papers.router,
    parts.router,
    verify.router,
    recheck.router,
    hardware_tests.router,
    lots.router,
    authorise.router,
    screen.router,
    search.router,
    assistance.router,
    helpdesk.router,
    ledger.router,
    erase_policy.router,
    agent_releases.router,
    settings.router,
    events.router,
)


def register_pages(app: FastAPI) -> None:
    """Add every page to ``app``, whose ``state.core`` is there already."""
    core: Core = app.state.core
    app.state.templates = make_environment(core.settings)
    app.state.screens = Screens()
    app.state.hub = Hub(core, app.state.templates)
    app.state.code_tries = Tries()
    app.mount("/static", LastingFiles(directory=STATIC_DIR), name="static")
    for router in ROUTERS:
        app.include_router(router)
    register_errors(app)
