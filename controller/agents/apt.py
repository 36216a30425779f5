"""The repository that machines update their agent from: a machine's token opens it, and shows that one's release."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Annotated

from fastapi import APIRouter, Depends, Header
from fastapi.responses import FileResponse
from sqlalchemy.orm import Session

from agent.protocol_updates import APT_PATH
from controller.answers import ErrorBody
from controller.core import Core
from controller.database import utcnow
from controller.errors import NotFound, Unauthenticated
from controller.i18n import N_
from controller.machines.announce import find_boot
from controller.machines.tables import Boot
from controller.releases.reports import outcomes, updates_of
from controller.releases.rollout import Outcomes, Release, offered, stage_of
from controller.releases.store import Store
from controller.web.deps import CoreDep

router = APIRouter(tags=["agents"])
INDEX = ("InRelease", "Packages")
POOL_FILE = re.compile(r"pool/([a-z0-9][a-z0-9+.-]+_[0-9A-Za-z.+~-]+_all\.deb)")


def token_in(authorization: str | None) -> str:
    """The token in ``Bearer TOKEN``, or in the password of ``Basic``: apt knows no other way to say it."""
    scheme, _, value = (authorization or "").partition(" ")
    if scheme == "Bearer":
        return value
    if scheme == "Basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


def asking_machine(core: CoreDep, authorization: Annotated[str | None, Header()] = None) -> Boot:
    """The boot whose token came.

    Raises:
        Unauthenticated: the token opens nothing.
    """
    token = token_in(authorization)
    with core.database.read() as session:
        boot = find_boot(session, token) if token else None
    if boot is None:
        raise Unauthenticated(N_("This machine's token is unknown or was revoked."), N_("Restart the machine."))
    return boot


@router.get(
    APT_PATH + "/{path:path}",
    summary="A file of the agent's repository, for a machine with a token",
    response_class=FileResponse,
    responses={status: {"model": ErrorBody} for status in (401, 404)},
)
def apt_route(path: str, core: CoreDep, boot: Annotated[Boot, Depends(asking_machine)]) -> FileResponse:
    """A flat repository: InRelease and Packages are those of the release that this machine is offered."""
    store = Store(core.settings)
    path = path.removeprefix("./")
    if path in INDEX:
        release = _offered(core, store, boot.machine_id)
        if release is not None:
            headers = {"Cache-Control": "no-store"}
            return FileResponse(store.view(release) / path, media_type="text/plain", headers=headers)
    elif match := POOL_FILE.fullmatch(path):
        file = store.folder / "pool" / match.group(1)
        if file.is_file():
            return FileResponse(file, media_type="application/vnd.debian.binary-package")
    raise NotFound(N_("The repository of the agent's releases has no such file."), N_("Look again later."))


def _offered(core: Core, store: Store, machine_id: int) -> Release | None:
    releases = store.releases()
    with core.database.read() as session:
        return offer(session, store, releases, machine_id)


def offer(session: Session, store: Store, releases: list[Release], machine_id: int) -> Release | None:
    """What a machine is offered now."""
    told = outcomes(session)
    now = utcnow()
    stages = {r.version: stage_of(r, told.get(r.version, Outcomes()), store.rules, now) for r in releases}
    has = {row.to_version for row in updates_of(session, machine_id) if row.outcome == "done"}
    return offered(machine_id, releases, stages, has)
