"""Fetching an image over HTTPS with byte ranges: goes on where it was after any cut, for as long as it takes."""

from __future__ import annotations

import http.client
import logging
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from agent.errors import AgentError
from agent.files import read_text
from agent.jobs.image_manifest import Chunk
from agent.link.backoff import Backoff

log = logging.getLogger("agent.fetch")

TIMEOUT_SECONDS = 30.0  # without a byte
PATIENCE_SECONDS = 3600.0  # without a chunk: a controller may be restarted, a switch replaced
REFUSALS = 6  # answers like "not found" in a row: the controller means it
MAX_SMALL_BYTES = 64 * 2**20


class FetchError(AgentError):
    """The controller does not give what the job needs."""


class _Again(Exception):
    """This attempt failed; another may succeed. ``refused``: the controller answered, and said no."""

    def __init__(self, why: str, *, refused: bool = False) -> None:
        super().__init__(why)
        self.refused = refused


class Fetcher:
    """One connection to the controller at a time, made again when it breaks. Not for two threads at once."""

    def __init__(
        self,
        controller_url: str,
        context: ssl.SSLContext,
        token_file: Path,
        *,
        stopping: Callable[[], bool],
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self.parts = urlsplit(controller_url)
        self.context = context
        self.token_file = token_file
        self.stopping = stopping
        self.patience = patience
        self.cuts = 0  # how often the connection broke and was made again
        self._connection: http.client.HTTPSConnection | None = None

    def small(self, path: str) -> bytes:
        """The whole content of a small file."""

        def attempt() -> bytes:
            response = self._ask(path, None)
            content = response.read(MAX_SMALL_BYTES + 1)
            if len(content) > MAX_SMALL_BYTES:
                raise FetchError(f"{path} is larger than {MAX_SMALL_BYTES} bytes.")
            response.read()
            return content

        return self._persist(path, attempt)

    def frame(self, path: str, chunk: Chunk) -> bytes:
        """The compressed content of one chunk."""
        first, last = chunk.file_offset, chunk.file_offset + chunk.file_length - 1

        def attempt() -> bytes:
            return _read_exactly(self._ask(path, f"bytes={first}-{last}"), chunk.file_length)

        return self._persist(path, attempt)

    def frames(self, path: str, chunks: Sequence[Chunk]) -> Iterator[tuple[Chunk, bytes]]:
        """The compressed content of chunks, in the order of the file, over one response while it lasts."""
        ordered = sorted(chunks, key=lambda chunk: chunk.file_offset)
        end = max(chunk.file_offset + chunk.file_length for chunk in ordered)
        stream: list[tuple[http.client.HTTPResponse, int]] = []  # the open response and its place in the file

        for chunk in ordered:

            def attempt(chunk: Chunk = chunk) -> bytes:
                if not stream:
                    stream.append((self._ask(path, f"bytes={chunk.file_offset}-{end - 1}"), chunk.file_offset))
                response, at = stream.pop()
                _read_exactly(response, chunk.file_offset - at)
                content = _read_exactly(response, chunk.file_length)
                stream.append((response, chunk.file_offset + chunk.file_length))
                return content

            yield chunk, self._persist(path, attempt)

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _persist(self, path: str, attempt: Callable[[], bytes]) -> bytes:
        backoff = Backoff(first=0.5, longest=30.0)
        began = time.monotonic()
        refusals = 0
        while True:
            try:
                return attempt()
            except (OSError, http.client.HTTPException, _Again) as problem:
                self.close()
                refusals = refusals + 1 if isinstance(problem, _Again) and problem.refused else 0
                if self.stopping():
                    raise FetchError("The fetch was stopped from outside.") from problem
                if refusals >= REFUSALS or time.monotonic() - began > self.patience:
                    raise FetchError(
                        f"The controller does not give {path}: {problem}.",
                        hint="Check the cable and the controller, then start the install step again.",
                    ) from problem
                self.cuts += 1
                log.warning("fetching %s: %s; trying again", path, problem or type(problem).__name__)
                self._sleep(backoff.next_delay())

    def _ask(self, path: str, byte_range: str | None) -> http.client.HTTPResponse:
        if self._connection is None:
            self._connection = http.client.HTTPSConnection(
                self.parts.hostname or "", self.parts.port or 443, timeout=TIMEOUT_SECONDS, context=self.context
            )
        # The token is read each time: the agent may have been given a new one meanwhile.
        headers = {"Authorization": f"Bearer {read_text(self.token_file)}"}
        if byte_range:
            headers["Range"] = byte_range
        self._connection.request("GET", self.parts.path.rstrip("/") + path, headers=headers)
        response = self._connection.getresponse()
        wanted = 206 if byte_range else 200
        if response.status != wanted:
            said = response.read(300).decode("utf-8", "replace")
            raise _Again(f"answer {response.status} {said}", refused=400 <= response.status < 500)
        return response

    def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self.stopping():
            time.sleep(min(0.2, max(0.0, until - time.monotonic())))


def _read_exactly(response: http.client.HTTPResponse, length: int) -> bytes:
    if length == 0:
        return b""
    content = response.read(length)
    if len(content) != length:
        raise _Again(f"the answer ended {length - len(content)} bytes early")
    return content
