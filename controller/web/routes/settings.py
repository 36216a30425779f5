"""Settings: the workshop, its images and keys; people, for an administrator; one's own password."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import Response

from controller.access.people import create_user, set_password
from controller.access.roles import ROLE_NAMES, Right, Role, may
from controller.access.secrets import readable_password
from controller.access.tables import User
from controller.errors import RecyclerieError
from controller.i18n import N_
from controller.web.administration import change_own_password, change_role, get_user, set_active
from controller.web.deps import Administrator, CoreDep, Viewer
from controller.web.page import go, render
from controller.web.views.erase_policy import policy_view
from controller.web.views.settings import fingerprints, live_image, os_images, people

router = APIRouter(include_in_schema=False)
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
Password = Annotated[str, Form(max_length=1000)]


def _show(request: Request, user: User, core: CoreDep, *, secret: str = "", secret_for: str = "") -> Response:
    admin = may(user.role, Right.USERS)
    with core.database.read() as session:
        everyone = people(session) if admin else ()
        erasing = policy_view(session, core.settings.site)
    return render(
        request,
        "pages/settings.html",
        user=user,
        admin=admin,
        people=everyone,
        erasing=erasing,
        roles=tuple((role.value, label) for role, label in ROLE_NAMES.items()),
        settings=core.settings,
        url=core.controller_url,
        live=live_image(core.settings),
        images=os_images(core.settings),
        keys=fingerprints(core),
        secret=secret,
        secret_for=secret_for,
    )


@router.get("/settings")
def show_settings(request: Request, user: Viewer, core: CoreDep) -> Response:
    """The page."""
    return _show(request, user, core)


@router.post("/settings/password")
def own_password(user: Viewer, core: CoreDep, old: Password = "", new: Password = "") -> Response:
    """The person's own password; they sign in again with it."""
    with core.database.write() as session:
        change_own_password(session, get_user(session, user.id), old, new)
    return go("/sign-in")


def read_role(text: str) -> Role:
    """A role of the list.

    Raises:
        RecyclerieError: it isn't one.
    """
    try:
        return Role(text)
    except ValueError:
        raise RecyclerieError(N_("This is not a role."), N_("Choose one of the list.")) from None


@router.post("/settings/users")
def add_user(
    request: Request,
    user: Administrator,
    core: CoreDep,
    login: Annotated[str, Form(max_length=64)] = "",
    name: Annotated[str, Form(max_length=120)] = "",
    role: Annotated[str, Form(max_length=16)] = "technician",
) -> Response:
    """A new person. The password is made here and shown once: nobody chooses a weak one in a hurry."""
    password = readable_password()
    with core.database.write() as session:
        created = create_user(
            session,
            site=core.settings.site,
            login=login,
            display_name=name,
            role=read_role(role),
            password=password,
            language=core.settings.default_language,
        )
        shown = created.login
    return _show(request, user, core, secret=password, secret_for=shown)


@router.post("/settings/users/{user_id}/role")
def user_role(user_id: Id, _admin: Administrator, core: CoreDep, role: Annotated[str, Form(max_length=16)]) -> Response:
    """Another role."""
    with core.database.write() as session:
        change_role(session, get_user(session, user_id), read_role(role))
    return go("/settings", "role")


@router.post("/settings/users/{user_id}/active")
def user_active(
    user_id: Id, _admin: Administrator, core: CoreDep, active: Annotated[str, Form(max_length=3)]
) -> Response:
    """May sign in, or not any more."""
    with core.database.write() as session:
        set_active(session, get_user(session, user_id), active=active == "yes")
    return go("/settings", "active")


@router.post("/settings/users/{user_id}/password")
def user_password(request: Request, user_id: Id, admin: Administrator, core: CoreDep) -> Response:
    """A new password, shown once. One's own is changed knowing the old one."""
    if user_id == admin.id:
        raise RecyclerieError(N_("This is your own account."), N_("Change your password under “Your password”."))
    password = readable_password()
    with core.database.write() as session:
        person = get_user(session, user_id)
        set_password(session, person, password)
        login = person.login
    return _show(request, admin, core, secret=password, secret_for=login)
