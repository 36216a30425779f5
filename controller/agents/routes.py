"""What agents ask over HTTP: to announce themselves, and the files of their image."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from agent.protocol import ANNOUNCE_PATH, IMAGE_PATH, AnnounceAnswer
from controller.agents.throughput import MAX_BYTES, Turns, zeros
from controller.answers import ErrorBody
from controller.core import Core
from controller.errors import NotFound, Unauthenticated
from controller.i18n import N_
from controller.machines.announce import announce, find_boot
from controller.texts import storable_text
from controller.web.deps import ControlDep, CoreDep, client_address
from controller.workflows.images import os_image

router = APIRouter(tags=["agents"])


def _clean(value: object) -> object:
    """What a machine's firmware printed, before it is looked at."""
    return storable_text(value) if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_clean), Field(max_length=512)]


class ChassisBody(BaseModel):
    """protocol.Chassis, bounded."""

    system_uuid: Text = ""
    system_serial: Text = ""
    board_serial: Text = ""
    chassis_serial: Text = ""
    manufacturer: Text = ""
    product: Text = ""
    version: Text = ""
    sku: Text = ""
    asset_tag: Text = ""
    chassis_type: Text = ""


class NicBody(BaseModel):
    """protocol.Nic, bounded."""

    name: Text
    mac: Text
    bus: Text
    driver: Text = ""
    wireless: bool = False
    link: bool = False
    speed_mbps: Annotated[int, Field(ge=-1, le=10_000_000)] | None = None


class AnnouncementBody(BaseModel):
    """protocol.Announcement, bounded: what an unknown machine may say before anybody trusts it."""

    model_config = ConfigDict(extra="ignore")

    protocol: int
    mode: Literal["live", "resident"]
    boot_id: Annotated[str, Field(min_length=8, max_length=64, pattern=r"^[!-~]*$")]
    boot_secret: Annotated[str, Field(min_length=32, max_length=256, pattern=r"^[!-~]*$")]
    agent_version: Text = ""
    image_version: Text = ""
    chassis: ChassisBody
    nics: Annotated[list[NicBody], Field(max_length=64)]
    ssh_host_keys: Annotated[
        list[Annotated[str, Field(pattern=r"^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp256) [A-Za-z0-9+/=]{40,1200}$")]],
        Field(max_length=4),
    ]
    firmware: Literal["uefi", "bios"]
    secure_boot: bool | None = None
    hostname: Text = ""


class AnnouncementAnswer(BaseModel):
    """protocol.AnnounceAnswer."""

    status: Literal["quarantined", "accepted", "refused"]
    machine_id: int | None
    tag: str | None
    token: str | None = None  # only when accepted
    retry_seconds: float
    server_time: str
    message: str


@router.post(
    ANNOUNCE_PATH,
    summary="A machine announces itself",
    response_model=AnnouncementAnswer,
    response_model_exclude_unset=True,
    responses={status: {"model": ErrorBody} for status in (400, 401, 403, 429)},
)
def announce_route(
    body: AnnouncementBody,
    request: Request,
    core: CoreDep,
    control: ControlDep,
    authorization: Annotated[str | None, Header()] = None,
) -> dict[str, Any]:
    """Quarantined until a technician accepts the machine; then a token for this boot."""
    address = client_address(request)
    core.announce_limit.check(address)
    with core.database.write() as session:
        answer: AnnounceAnswer = announce(
            session,
            core.settings.site,
            body.model_dump(),  # type: ignore[arg-type]
            address,
            authorization.removeprefix("Bearer ") if authorization else None,
        )
    if answer["status"] == "accepted" and answer["machine_id"] is not None:
        if body.mode == "live":
            control.ensure_run(answer["machine_id"])
        control.wake(answer["machine_id"])
    return dict(answer)


def agent_boot(core: CoreDep, authorization: Annotated[str | None, Header()] = None) -> int:
    """The id of the machine whose token this is.

    Raises:
        Unauthenticated: the token opens nothing.
    """
    with core.database.read() as session:
        boot = find_boot(session, (authorization or "").removeprefix("Bearer "))
    if boot is None:
        raise Unauthenticated(N_("This machine's token is unknown or was revoked."), N_("Restart the machine."))
    return boot.machine_id


@router.get(
    IMAGE_PATH,
    summary="A file of a system image, for a machine with a token",
    response_class=FileResponse,
    responses={status: {"model": ErrorBody} for status in (401, 404)},
)
def image_route(
    profile: str, file: Literal["manifest.json", "image.zst"], core: CoreDep, _: Annotated[int, Depends(agent_boot)]
) -> FileResponse:
    """Byte ranges are served, so that a cut download goes on where it was."""
    path = _image_file(core, profile, file)
    return FileResponse(path, media_type="application/octet-stream")


THROUGHPUT_PATH = "/api/agent/throughput"


@router.get(
    THROUGHPUT_PATH,
    summary="Zeros to measure the network with, for a machine with a token",
    response_class=StreamingResponse,
    responses={status: {"model": ErrorBody} for status in (401, 422, 429)},
)
async def throughput_route(
    size: Annotated[int, Query(alias="bytes", ge=1, le=MAX_BYTES)],
    request: Request,
    boot: Annotated[int, Depends(agent_boot)],
) -> StreamingResponse:
    """Two at once at most: more would measure each other. Nothing is read from a disk, nothing is kept."""
    turns: Turns = request.app.state.throughput
    turns.take(boot)
    return StreamingResponse(
        zeros(size, lambda: turns.give_back(boot)),
        media_type="application/octet-stream",
        headers={"Content-Length": str(size), "Cache-Control": "no-store"},
    )


def _image_file(core: Core, profile: str, file: str) -> str:
    if not profile.replace("-", "").isalnum():
        raise NotFound(N_("There is no profile “{profile}”."), N_("Look at the profiles in Settings."), profile=profile)
    return str(os_image(core.settings, profile).folder / file)
