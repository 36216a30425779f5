"""Who one is, and tokens for programs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from controller.access.people import authenticate, create_token
from controller.api.common import Body, errors
from controller.web.deps import CoreDep, Viewer, client_address

router = APIRouter(prefix="/api", tags=["session"])


class Health(BaseModel):
    """Answer of ``/api/health``."""

    status: str
    site: str


class Credentials(Body):
    """What a token is asked for with."""

    login: Annotated[str, Field(min_length=1, max_length=64)]
    password: Annotated[str, Field(min_length=1, max_length=256)]
    name: Annotated[str, Field(min_length=1, max_length=80)] = "api"


class Token(BaseModel):
    """A new API token; it is shown once."""

    token: str


class Me(BaseModel):
    """Who is asking."""

    login: str
    display_name: str
    role: str
    language: str


@router.get("/health")
def health(core: CoreDep) -> Health:
    """Whether the controller and its database answer. Open to all."""
    core.database.check()
    return Health(status="ok", site=core.settings.site)


@router.post("/token", responses=errors(429))
def token(body: Credentials, request: Request, core: CoreDep) -> Token:
    """A token for programs, from a login and password."""
    core.sign_in_limit.check(client_address(request))
    with core.database.read() as session:  # hashing takes long: nobody waits for the database meanwhile
        user = authenticate(session, body.login, body.password)
    with core.database.write() as session:
        return Token(token=create_token(session, user, body.name))


@router.get("/me", responses=errors())
def me(user: Viewer) -> Me:
    """Who the token or cookie belongs to."""
    return Me(login=user.login, display_name=user.display_name, role=user.role.value, language=user.language)
