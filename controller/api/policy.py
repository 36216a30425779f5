"""The workshop's erase policy over the API."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field

from controller.api import models
from controller.api.common import Body, errors
from controller.api.views import when
from controller.erasure.levels import Medium
from controller.erasure.policy import change_policy, changes, current_policy
from controller.erasure.policy_values import MAX_CANARIES, MAX_SLICES, MIN_SHARE, MIN_SLICES
from controller.web.deps import CoreDep, PolicyMaker, Viewer

router = APIRouter(prefix="/api/erase-policy", tags=["erasing"])


class Validation(Body):
    """How an outcome is read back. ``share`` and ``slices`` count where it is sampled."""

    mode: Literal["full", "sampled"]
    share: Annotated[float, Field(ge=MIN_SHARE, le=1)] = MIN_SHARE
    slices: Annotated[int, Field(ge=1, le=MAX_SLICES, description=f"sampled: at least {MIN_SLICES}")] = 1000


class NewPolicy(Body):
    """The whole policy: what is left out is the default."""

    minimum: Annotated[dict[Medium, Literal["clear", "purge"]], Field(default_factory=dict)]
    lower_without_asking: bool = False
    validation_firmware: Validation = Validation(mode="sampled")
    validation_overwrite: Validation = Validation(mode="full")
    canaries: Annotated[int, Field(ge=0, le=MAX_CANARIES, description="0, or 2 and more")] = 64
    writer: Literal["direct", "nwipe"] = "direct"
    recheck_share: Annotated[float, Field(ge=0, le=1)] = 0.05


@router.get("", responses=errors(), response_model=models.ErasePolicy)
def policy(core: CoreDep, _: Viewer) -> dict[str, Any]:
    """What erasing must reach here, and how it is proven."""
    with core.database.read() as session:
        return current_policy(session, core.settings.site).as_dict()


@router.put("", responses=errors(), response_model=models.ErasePolicy)
def change(body: NewPolicy, core: CoreDep, user: PolicyMaker) -> dict[str, Any]:
    """Another policy, for the authorisations to come."""
    with core.database.write() as session:
        return change_policy(session, core.settings.site, body.model_dump(), user.actor).as_dict()


@router.get("/changes", responses=errors(), response_model=list[models.PolicyChange])
def policy_changes(core: CoreDep, _: Viewer) -> list[dict[str, Any]]:
    """The changes made so far, newest first; the newest holds. None: nobody changed anything yet."""
    with core.database.read() as session:
        return [
            {"policy": row.body, "changed_by": row.changed_by, "changed_at": when(row.changed_at)}
            for row in changes(session, core.settings.site)
        ]
