"""People: create, sign in, sessions, API tokens."""

from __future__ import annotations

import datetime as dt
import re

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from controller.access.roles import Right, Role, may
from controller.access.secrets import check_password, hash_password, hash_secret, new_secret
from controller.access.tables import ApiToken, User, WebSession
from controller.database import utcnow
from controller.errors import Conflict, Forbidden, NotFound, RecyclerieError, Unauthenticated
from controller.i18n import N_

MIN_PASSWORD = 12
TOKEN_PREFIX = "rcy_"  # noqa: S105 - a visible prefix, not a secret
LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,62}")


def count_users(session: Session) -> int:
    """How many people are known."""
    return session.execute(select(func.count()).select_from(User)).scalar_one()


def create_user(
    session: Session,
    *,
    site: str,
    login: str,
    display_name: str,
    role: Role,
    password: str,
    language: str = "fr",
) -> User:
    """A new person.

    Raises:
        RecyclerieError: the login or password isn't acceptable.
        Conflict: the login is taken.
    """
    login = login.strip().lower()
    if not LOGIN.fullmatch(login):
        raise RecyclerieError(
            N_("“{login}” can't be a login."), N_("Use 2 to 63 letters, digits, dots or dashes."), login=login
        )
    _check_length(password)
    if session.execute(select(User.id).where(User.login == login)).first():
        raise Conflict(N_("The login “{login}” is already taken."), N_("Choose another one."), login=login)
    user = User(
        site=site,
        login=login,
        display_name=display_name.strip() or login,
        role_name=role.value,
        password_hash=hash_password(password),
        language=language,
        active=True,
        created_at=utcnow(),
    )
    session.add(user)
    session.flush()
    return user


def _check_length(password: str) -> None:
    if len(password) < MIN_PASSWORD:
        raise RecyclerieError(N_("The password is too short."), N_("Use at least {n} characters."), n=MIN_PASSWORD)


def find_user(session: Session, login: str) -> User:
    """The person with this login.

    Raises:
        NotFound: there is none.
    """
    user = session.execute(select(User).where(User.login == login.strip().lower())).scalar_one_or_none()
    if user is None:
        raise NotFound(N_("Nobody has the login “{login}”."), N_("See: recyclerie user list"), login=login)
    return user


def set_password(session: Session, user: User, password: str) -> None:
    """A new password: whoever knew the old one is signed out everywhere, programs too.

    Raises:
        RecyclerieError: it is too short.
    """
    _check_length(password)
    user.password_hash = hash_password(password)
    session.execute(delete(WebSession).where(WebSession.user_id == user.id))
    session.execute(
        update(ApiToken).where(ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None)).values(revoked_at=utcnow())
    )


def authenticate(session: Session, login: str, password: str) -> User:
    """The person with this login and password.

    Raises:
        Unauthenticated: no such pair; the message doesn't tell which part was wrong.
    """
    login = login.strip().lower()
    known = LOGIN.fullmatch(login)  # what can't be a login isn't looked for, and takes as long
    user = session.execute(select(User).where(User.login == login)).scalar_one_or_none() if known else None
    if not check_password(user.password_hash if user else None, password) or user is None or not user.active:
        raise Unauthenticated(
            N_("Wrong login or password."), N_("Check both, or ask an administrator for a new password.")
        )
    return user


def open_session(session: Session, user: User) -> tuple[str, WebSession]:
    """Sign ``user`` in. Returns the cookie's secret and the stored session."""
    secret = new_secret()
    row = WebSession(
        secret_hash=hash_secret(secret),
        user_id=user.id,
        csrf=new_secret(),
        created_at=utcnow(),
        used_at=utcnow(),
    )
    row.user = user
    session.add(row)
    return secret, row


def find_session(session: Session, secret: str, max_idle: dt.timedelta) -> WebSession | None:
    """The session of a cookie, unless it is unknown, idle for too long, or its person was deactivated."""
    row = session.get(WebSession, hash_secret(secret))
    if row is None or not row.user.active or utcnow() - row.used_at > max_idle:
        return None
    return row


def create_token(session: Session, user: User, name: str) -> str:
    """A new API token for ``user``; the secret is returned once and never stored."""
    secret = TOKEN_PREFIX + new_secret()
    session.add(ApiToken(user_id=user.id, name=name[:80], secret_hash=hash_secret(secret), created_at=utcnow()))
    session.flush()
    return secret


def find_token(session: Session, secret: str) -> User | None:
    """The person whose token this is, unless it was revoked or the person deactivated."""
    row = session.execute(
        select(ApiToken).where(ApiToken.secret_hash == hash_secret(secret), ApiToken.revoked_at.is_(None))
    ).scalar_one_or_none()
    return row.user if row and row.user.active else None


def require(user: User, right: Right) -> None:
    """Raise Forbidden unless ``user``'s role has ``right``."""
    if not may(user.role, right):
        raise Forbidden(N_("Your role doesn't allow this."), N_("Ask a coordinator or an administrator to do it."))
