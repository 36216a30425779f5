"""The agent's end: takes calls for help at a Unix socket, sends them, shows codes, remembers what became of them.

The kernel says who asks (SO_PEERCRED): accounts of people, and root. Lines, texts and turns are bounded: whoever is
signed in may fill neither the memory, nor the disk, nor the workshop's list.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
import socket
import struct
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from agent.clock import now_text
from agent.config import Config
from agent.help import words_of_desk as words
from agent.help.kept import Kept
from agent.help.pace import Pace
from agent.help.state import machine_state
from agent.link.outbox import Outbox
from agent.protocol_assist import HELP_CODE, HELP_REQUEST, HELP_TOPICS, MAX_NOTE, HelpCode, HelpRequest

log = logging.getLogger("agent.help")

MAX_CLIENTS = 8  # at once
READ_SECONDS = 10.0
ACK_SECONDS = 8.0  # a code that the controller doesn't have by then is not shown
CODE_SECONDS = 600
PEOPLE = range(1000, 60000)  # accounts of people on Debian (adduser); not those of services
LANGUAGES = ("fr", "ar", "en")


class HelpDesk:
    """One desk. ``linked`` says whether the controller is there at this moment."""

    def __init__(
        self,
        config: Config,
        outbox: Outbox,
        linked: Callable[[], bool],
        state: Callable[[Config], Awaitable[dict[str, Any]]] = machine_state,
    ) -> None:
        self.config, self.outbox, self.linked, self._state = config, outbox, linked, state
        self.path = Path(str((config.rig or {}).get("help_socket") or words.SOCKET))
        self.kept = Kept(config.state_dir / "help.json")
        self._asking = Pace(3, 600)
        self._asking_daily = Pace(12, 86400)
        self._codes = Pace(6, 600)
        self._clients = 0

    async def serve(self) -> None:
        """For ever. A desk that can't be opened costs the family its icon, not the machine its agent."""
        try:
            server = await asyncio.start_unix_server(self._client, sock=self._socket(), limit=words.LINE_BYTES)
        except OSError as problem:
            log.error("calls for help can't be taken at %s: %s", self.path, problem)
            await asyncio.Event().wait()
            return
        try:
            async with server:
                await server.serve_forever()
        finally:
            with contextlib.suppress(OSError):
                self.path.unlink()

    def _socket(self) -> socket.socket:
        folder = self.path.parent
        if not folder.exists():
            folder.mkdir(parents=True)
            folder.chmod(0o755)
        elif self.path == words.SOCKET:
            folder.chmod(folder.stat().st_mode | 0o011)  # passed through by all, listed by root alone
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        made.bind(str(self.path))
        self.path.chmod(0o666)
        return made

    def hear(self, body: dict[str, Any]) -> None:
        """``help.state``: what became of a call, and what the workshop has to say to the family."""
        note = _plain(body.get("note"), MAX_NOTE)
        if not self.kept.became(str(body.get("request")), str(body.get("state")), note):
            log.warning("the controller spoke of a call for help that this PC doesn't know")

    # -- one question --------------------------------------------------------------------------------

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients += 1
        try:
            if self._clients <= MAX_CLIENTS:
                answer = await self._answer(reader, writer)
                writer.write(json.dumps(answer).encode() + b"\n")
                async with asyncio.timeout(READ_SECONDS):
                    await writer.drain()
        except (OSError, TimeoutError, ValueError):
            log.debug("a question was not finished")
        finally:
            self._clients -= 1
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> dict[str, Any]:
        uid = _account(writer.get_extra_info("socket"))
        async with asyncio.timeout(READ_SECONDS):  # what is not read takes the answer with it
            line = await reader.readline()
        if uid not in PEOPLE and uid != 0:
            return _no(words.NOT_ALLOWED)
        try:
            said = json.loads(line)
        except (ValueError, RecursionError):
            return _no(words.BAD)
        if not isinstance(said, dict):
            return _no(words.BAD)
        what = said.get("do")
        if what == words.ASK:
            return await self._ask(uid, said)
        if what == words.CODE:
            return await self._code()
        if what == words.STATE:
            return {"ok": True, "linked": self.linked(), "requests": self.kept.of(uid)}
        return _no(words.BAD)

    async def _ask(self, uid: int, said: dict[str, Any]) -> dict[str, Any]:
        topic, language = said.get("topic"), said.get("language")
        if topic not in HELP_TOPICS or language not in LANGUAGES:
            return _no(words.BAD)
        if not self._asking.take() or not self._asking_daily.take():
            return _no(words.TOO_MANY)
        asked_at = now_text()
        try:
            state = await self._state(self.config)
        except Exception:  # whatever is wrong with the PC is why help is asked for
            log.exception("the machine's state could not be taken")
            state = {}
        request = HelpRequest(
            request=uuid.uuid4().hex,
            topic=str(topic),
            text=_plain(said.get("text"), words.MAX_TEXT),
            phone=_plain(said.get("phone"), words.MAX_PHONE).replace("\n", " "),
            language=str(language),
            asked_at=asked_at,
            machine=state,
        )
        try:
            self.kept.add(request["request"], uid, request["topic"], asked_at)
            self.outbox.keep(HELP_REQUEST, dict(request), message_id=f"help:{request['request']}")
        except OSError as problem:
            log.error("a call for help could not be kept: %s", problem)
            return _no(words.FAILED)
        log.info("help was asked for (%s)", topic)
        return {"ok": True, "request": request["request"], "linked": self.linked()}

    async def _code(self) -> dict[str, Any]:
        """Six digits, once the controller has them: a code that leads nowhere is worse than none."""
        if not self.linked():
            return _no(words.NOT_LINKED)
        if not self._codes.take():
            return _no(words.TOO_MANY)
        code = HelpCode(code=f"{secrets.randbelow(10**6):06d}", seconds=CODE_SECONDS)
        name = f"help-code:{uuid.uuid4().hex}"
        try:
            self.outbox.keep(HELP_CODE, dict(code), message_id=name)
        except OSError:
            return _no(words.FAILED)
        try:
            async with asyncio.timeout(ACK_SECONDS):
                while name in self.outbox.spool:
                    await asyncio.sleep(0.05)
        except TimeoutError:
            return _no(words.NOT_LINKED)
        finally:
            self.outbox.acknowledge(name)  # not sent later: nobody reads it out then
        return {"ok": True, "code": code["code"], "seconds": CODE_SECONDS}


def _account(connection: Any) -> int:
    """Whose process is at the other end: asked of the kernel, never of the process."""
    size = struct.calcsize("3i")
    _, uid, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    return int(uid)


def _no(code: str) -> dict[str, Any]:
    return {"ok": False, "code": code}


def _plain(text: object, longest: int) -> str:
    """Text without control characters but line ends, and without halves of characters."""
    if not isinstance(text, str):
        return ""
    kept = "".join(c for c in text[: 4 * longest] if c == "\n" or (c.isprintable() and not 0xD800 <= ord(c) < 0xE000))
    return kept.strip()[:longest]
