"""POST /api/agent/announce: who we are, answered by whether we may come in."""

from __future__ import annotations

import json
import re
import ssl
from typing import Any, cast
from urllib.parse import urlsplit

from agent.errors import AgentError
from agent.link.proxy import Proxy
from agent.protocol import ANNOUNCE_PATH, AnnounceAnswer, Announcement

TIMEOUT_SECONDS = 20.0
MAX_ANSWER_BYTES = 1 << 20


class AnnounceError(AgentError):
    """The controller could not be asked, or gave no usable answer. ``retry_seconds`` when it said so."""

    def __init__(
        self, what: str, *, hint: str = "", retry_seconds: float | None = None, answered: bool = False
    ) -> None:
        super().__init__(what, hint=hint)
        self.retry_seconds = retry_seconds
        self.answered = answered  # the way to the controller is right, whatever it said


def announce(
    url: str, context: ssl.SSLContext, body: Announcement, *, token: str = "", proxy: Proxy | None = None
) -> AnnounceAnswer:
    """Announce once. ``token`` is the installed system's own. Raises AnnounceError."""
    import http.client  # late: costs memory, and is needed once a connection

    parts = urlsplit(url)
    headers = {"Content-Type": "application/json", "Accept": "application/json", "Connection": "close"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    host, port = parts.hostname or "", parts.port or 443
    first = (proxy.host, proxy.port) if proxy else (host, port)
    connection = http.client.HTTPSConnection(*first, timeout=TIMEOUT_SECONDS, context=context)
    if proxy:
        connection.set_tunnel(host, port, headers=proxy.headers)
    try:
        connection.request("POST", parts.path + ANNOUNCE_PATH, json.dumps(body).encode(), headers)
        response = connection.getresponse()
        text = response.read(MAX_ANSWER_BYTES)
        status = response.status
        retry_after = response.headers.get("Retry-After", "")
    except ssl.SSLCertVerificationError as problem:
        raise AnnounceError(
            f"The controller {url} does not have a certificate of this workshop: {problem.verify_message}.",
            hint="Is this the right controller, and is this machine's clock right?",
        ) from problem
    except (OSError, http.client.HTTPException) as problem:
        raise AnnounceError(
            f"The controller {url} can't be reached: {problem}.", hint="Check the cable; it is tried again."
        ) from problem
    finally:
        connection.close()
    if status != 200:
        wait = float(retry_after) if retry_after.isdigit() else None
        raise AnnounceError(
            f"The controller answered {status} to the announcement: {_detail(text)}",
            hint="The token may be revoked." if status in (401, 403) else "",
            retry_seconds=wait,
            answered=True,
        )
    return parse_answer(text)


def parse_answer(text: bytes) -> AnnounceAnswer:
    """The answer, checked for what the agent relies on. Raises AnnounceError."""
    try:
        answer = json.loads(text)
        status = answer["status"]
        if status not in ("quarantined", "accepted", "refused"):
            raise ValueError(f"status {status!r}")
        answer["retry_seconds"] = min(max(float(answer.get("retry_seconds") or 10.0), 1.0), 3600.0)
        answer.setdefault("server_time", "")
        answer.setdefault("message", "")
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise AnnounceError(
            f"The controller's answer can't be understood: {problem}.",
            hint="Is the agent of this image older than the controller? Build the live image again.",
        ) from problem
    return cast(AnnounceAnswer, answer)


def _detail(text: bytes) -> str:
    try:
        value: Any = json.loads(text)
        said = str(value.get("detail", value))
    except (ValueError, AttributeError):
        # Another server than the controller: its page's title at most, without its tags.
        said = re.sub(r"<[^>]*>", " ", text[:2000].decode("utf-8", "replace"))
    return " ".join(said.split())[:200]
