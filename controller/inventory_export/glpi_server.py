"""A GLPI server that takes inventories natively (GLPI 10 and later): its token, and one request for each machine.

As GLPI's own agent does it: the token by ``client_credentials`` with the scope ``inventory`` from ``api.php/token``,
then a POST of the JSON with the headers ``GLPI-Agent-ID`` and ``Authorization``; the answer's ``status`` is ``ok``.
"""

from __future__ import annotations

import re
import ssl
from types import TracebackType
from typing import Any

import httpx

from controller import __version__
from controller.errors import RecyclerieError
from controller.i18n import N_
from controller.inventory_export.clean import text
from controller.inventory_export.glpi import agent_id
from controller.inventory_export.own import dumped
from controller.settings import Settings

TIMEOUT = httpx.Timeout(60.0, connect=10.0)
# What follows GLPI's own address in the address for inventories.
_BEHIND = re.compile(r"/(front/inventory\.php|index\.php|inventory/?|(marketplace|plugins)/.*)?$", re.IGNORECASE)


class GlpiUnavailable(RecyclerieError):
    """The server doesn't answer or takes nothing at all now: worth trying again later, with any machine."""

    status = 502


class GlpiRefused(RecyclerieError):
    """The server answers, and doesn't want this machine: only a person or another inventory changes that."""

    status = 502


class GlpiServer:
    """One GLPI server for as long as a ``with`` block. The token is fetched once, and again when it has ended."""

    def __init__(self, settings: Settings) -> None:
        """Read the settings; nothing is asked yet.

        Raises:
            RecyclerieError: no server is set, or its CA can't be read.
        """
        if not settings.glpi_url:
            raise RecyclerieError(
                N_("No GLPI server is set."), N_("Give its address in RECYCLERIE_GLPI_URL: docs/operator.md says how.")
            )
        self.url = settings.glpi_url
        self.token_url = f"{_BEHIND.sub('', self.url)}/api.php/token"
        self.client_id = settings.glpi_client_id
        self.client_secret = _reveal(settings.glpi_client_secret)
        self.app_token = _reveal(settings.glpi_app_token)
        self._bearer = ""
        self._http = httpx.Client(
            verify=_trust(settings), timeout=TIMEOUT, headers={"User-Agent": f"Recyclerie/{__version__}"}
        )

    def __enter__(self) -> GlpiServer:
        """The server itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the connections."""
        self._http.close()

    def send(self, inventory: dict[str, Any], machine: str) -> None:
        """Give one machine's inventory; the same one again changes nothing over there.

        Raises:
            GlpiUnavailable: not now.
            GlpiRefused: not this one.
        """
        answer = self._send(inventory)
        if answer.status_code == 401 and self._bearer:  # a token that has ended
            self._bearer = ""
            answer = self._send(inventory)
        if answer.status_code in (401, 403):
            raise self._unavailable(
                self._why(answer),
                N_("Check RECYCLERIE_GLPI_CLIENT_ID, _CLIENT_SECRET and the authorisation header that GLPI asks for."),
            )
        if answer.status_code >= 500 or answer.status_code in (404, 408, 429) or 300 <= answer.status_code < 400:
            raise self._unavailable(self._why(answer))
        # GLPI says some refusals with status 200.
        if answer.is_error or _object(answer).get("status") not in ("ok", "pending"):
            raise GlpiRefused(
                N_("GLPI at {url} refused {machine}: {why}."),
                N_("Look at the refused inventories and the import rules in GLPI's administration."),
                url=self.url,
                machine=machine,
                why=self._why(answer),
            )

    def _send(self, inventory: dict[str, Any]) -> httpx.Response:
        headers = {"Content-Type": "application/json", "GLPI-Agent-ID": agent_id(inventory)}
        if self.client_id and not self._bearer:
            self._bearer = self._fetch_token()
        if self._bearer:
            headers["Authorization"] = f"Bearer {self._bearer}"
        if self.app_token:
            headers["App-Token"] = self.app_token
        return self._post(self.url, content=dumped(inventory), headers=headers)

    def _fetch_token(self) -> str:
        asked = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "scope": "inventory",
        }
        answer = self._post(self.token_url, json=asked)
        token = _object(answer).get("access_token")
        if answer.is_success and isinstance(token, str) and re.fullmatch(r"[!-~]{1,8192}", token):
            return token
        raise self._unavailable(
            f"{self.token_url}: {self._why(answer)}",
            N_("Check RECYCLERIE_GLPI_CLIENT_ID and _CLIENT_SECRET: the client needs the scope “inventory”."),
        )

    def _post(self, url: str, **what: Any) -> httpx.Response:
        try:
            return self._http.post(url, **what)
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError) as problem:
            raise self._unavailable(self._without_secrets(text(str(problem)) or type(problem).__name__)) from problem

    def _unavailable(self, why: str, hint: str = "") -> GlpiUnavailable:
        hint = hint or N_("Check RECYCLERIE_GLPI_URL, the network, and RECYCLERIE_GLPI_CA where GLPI has its own CA.")
        return GlpiUnavailable(N_("GLPI at {url} takes no inventory: {why}."), hint, url=self.url, why=why.rstrip("."))

    def _why(self, answer: httpx.Response) -> str:
        """What the server said, in one line, without our secrets."""
        if "location" in answer.headers:
            return f"status {answer.status_code}, moved to {self._without_secrets(text(answer.headers['location']))}"
        said = _object(answer)
        words = next(
            (text(said[k]) for k in ("message", "error_description", "error", "title") if text(said.get(k))), ""
        )
        return f"status {answer.status_code}{', ' + self._without_secrets(words) if words else ''}"

    def _without_secrets(self, words: str) -> str:
        for secret in filter(None, (self.client_secret, self.app_token, self._bearer)):
            words = words.replace(secret, "…")
        return words


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _reveal(secret: Any) -> str:
    return str(secret.get_secret_value()) if secret is not None else ""


def _trust(settings: Settings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=settings.glpi_ca)
    except (OSError, ssl.SSLError) as problem:
        raise RecyclerieError(
            N_("The CA of the GLPI server in {path} can't be read: {why}."),
            N_("RECYCLERIE_GLPI_CA is a file with one or more certificates in PEM."),
            path=settings.glpi_ca,
            why=text(str(problem)),
        ) from problem
