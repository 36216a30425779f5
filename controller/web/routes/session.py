"""Signing in and out, and the choices that a browser remembers: language and colours."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from controller.access.people import authenticate, count_users, open_session
from controller.access.secrets import hash_secret
from controller.access.tables import User, WebSession
from controller.errors import RecyclerieError, Unauthenticated
from controller.i18n import LANGUAGES
from controller.web.deps import COOKIE, LANGUAGE_COOKIE, CoreDep, client_address, maybe_user
from controller.web.page import THEME_COOKIE, THEMES, YEAR, render

router = APIRouter(include_in_schema=False)
Visitor = Annotated[User | None, Depends(maybe_user)]


def safe_back(url: str) -> str:
    """``url`` if it stays on this site, else the home page."""
    parts = urlsplit(url)
    inside = not parts.scheme and not parts.netloc and parts.path.startswith("/") and not parts.path.startswith("//")
    return url if inside and "\\" not in url else "/"


@router.get("/sign-in")
def sign_in_page(
    request: Request, user: Visitor, core: CoreDep, back: Annotated[str, Query(alias="next")] = "/"
) -> Response:
    """The form; someone who is signed in goes on."""
    if user is not None:
        return RedirectResponse(safe_back(back), status_code=303)
    with core.database.read() as session:
        first = count_users(session) == 0
    return render(request, "pages/sign-in.html", back=safe_back(back), first=first, login="", problem=None)


@router.post("/sign-in")
def sign_in(
    request: Request,
    core: CoreDep,
    login: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "/",
) -> Response:
    """Open a session; a wrong password shows the form again, with what was typed but the password."""
    problem: RecyclerieError
    try:
        # A form of another site can't sign a person in under someone else's name.
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise Unauthenticated("")
        core.sign_in_limit.check(client_address(request))
        with core.database.write() as session:
            user = authenticate(session, login[:200], password[:1000])
            secret, _ = open_session(session, user)
    except RecyclerieError as error:
        problem = error
        return render(
            request,
            "pages/sign-in.html",
            status=problem.status,
            back=safe_back(back),
            first=False,
            login=login[:200],
            problem=problem,
        )
    answer = RedirectResponse(safe_back(back), status_code=303)
    answer.set_cookie(COOKIE, secret, secure=True, httponly=True, samesite="lax", path="/")
    return answer


@router.post("/sign-out")
def sign_out(request: Request, _user: Visitor, core: CoreDep) -> Response:
    """Close the session, here and in the database."""
    secret = request.cookies.get(COOKIE)
    if secret:
        with core.database.write() as session:
            row = session.get(WebSession, hash_secret(secret))
            if row is not None:
                session.delete(row)
    answer = RedirectResponse("/sign-in", status_code=303)
    answer.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    return answer


@router.post("/language")
def choose(
    user: Visitor, core: CoreDep, language: Annotated[str, Form()], back: Annotated[str, Form()] = "/"
) -> Response:
    """Change the language of the person, or of the browser before anybody is signed in."""
    answer = RedirectResponse(safe_back(back), status_code=303)
    if language in LANGUAGES:
        answer.set_cookie(LANGUAGE_COOKIE, language, max_age=YEAR, secure=True, httponly=True, samesite="lax")
        if user is not None:
            with core.database.write() as session:
                session.get_one(User, user.id).language = language
    return answer


@router.post("/theme")
def choose_theme(_user: Visitor, theme: Annotated[str, Form()], back: Annotated[str, Form()] = "/") -> Response:
    """Change the colours of this browser."""
    answer = RedirectResponse(safe_back(back), status_code=303)
    if theme in THEMES:
        answer.set_cookie(THEME_COOKIE, theme, max_age=YEAR, secure=True, httponly=True, samesite="lax")
    return answer
