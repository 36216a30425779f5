"""What an administrator does to people: roles, activity, passwords. The last administrator can't be lost."""

from __future__ import annotations

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from controller.access.people import set_password
from controller.access.roles import Role
from controller.access.secrets import check_password
from controller.access.tables import User, WebSession
from controller.errors import Conflict, NotFound, RecyclerieError
from controller.i18n import N_


def get_user(session: Session, user_id: int) -> User:
    """The person with this id.

    Raises:
        NotFound: there is none.
    """
    user = session.get(User, user_id)
    if user is None:
        raise NotFound(N_("There is no such person."), N_("Reload the page."))
    return user


def change_role(session: Session, user: User, role: Role) -> None:
    """Give ``user`` another role.

    Raises:
        Conflict: it would leave no administrator.
    """
    if user.role is Role.ADMIN and role is not Role.ADMIN:
        _keep_an_administrator(session, user)
    user.role_name = role.value


def set_active(session: Session, user: User, *, active: bool) -> None:
    """Let ``user`` sign in, or not any more: open sessions end at once.

    Raises:
        Conflict: it would leave no administrator.
    """
    if not active:
        if user.role is Role.ADMIN:
            _keep_an_administrator(session, user)
        session.execute(delete(WebSession).where(WebSession.user_id == user.id))
    user.active = active


def change_own_password(session: Session, user: User, old: str, new: str) -> None:
    """The person changes their password, knowing the old one.

    Raises:
        RecyclerieError: the old one is wrong, or the new one too short.
    """
    if not check_password(user.password_hash, old):
        raise RecyclerieError(N_("The present password is wrong."), N_("Type it again, or ask an administrator."))
    set_password(session, user, new)


def _keep_an_administrator(session: Session, leaving: User) -> None:
    others = session.execute(
        select(func.count())
        .select_from(User)
        .where(User.role_name == Role.ADMIN.value, User.active.is_(True), User.id != leaving.id)
    ).scalar_one()
    if not others:
        raise Conflict(
            N_("{name} is the only administrator."),
            N_("Make somebody else an administrator first."),
            name=leaving.display_name,
        )
