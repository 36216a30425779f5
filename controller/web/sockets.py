"""WebSockets of pages: who opens them, and from which page. A browser sends cookies along from any site."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlsplit

from fastapi import WebSocket
from sqlalchemy.orm import Session

from controller.access.people import find_session
from controller.access.roles import Right, may
from controller.access.tables import User
from controller.core import Core
from controller.web.deps import COOKIE


def same_origin(socket: WebSocket) -> bool:
    """Whether one of our own pages opens it: they come by TLS only, and a page can't make up its ``Origin``."""
    origin = urlsplit(socket.headers.get("origin", ""))
    return origin.scheme == "https" and bool(origin.netloc) and origin.netloc == socket.headers.get("host")


def signed_in(session: Session, core: Core, secret: str | None) -> User | None:
    """Who is signed in by this cookie now."""
    found = find_session(session, secret, dt.timedelta(hours=core.settings.session_hours)) if secret else None
    return found.user if found is not None else None


def person_of(core: Core, secret: str | None, right: Right) -> User | None:
    """Who is signed in by this cookie and has ``right`` now; blocking."""
    with core.database.read() as session:
        user = signed_in(session, core, secret)
        return user if user is not None and may(user.role, right) else None


def cookie_of(socket: WebSocket) -> str | None:
    """The session's secret."""
    return socket.cookies.get(COOKIE)
