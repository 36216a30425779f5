"""One run of the updater: finish what is under way, then look for a new version, try it, keep it or go back."""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from agent.config import Config
from agent.errors import AgentError
from agent.link.proxy import DIRECT, ways
from agent.update import dpkg
from agent.update.apt import Apt, Unreachable
from agent.update.busy import busy
from agent.update.journal import Journal, Memory, UnderWay, leave_report
from agent.update.places import Patience, Places, patience_of, places_of
from agent.update.proof import Unit, prove

log = logging.getLogger("agent.update")
STARTS = 3  # a phase that was begun so often and never ended is given up
BUSY_POLL = 60.0


class Stop(Exception):
    """The machine is shut down: what is under way is gone on from at the next start."""


class Updater:
    """The machine's updater. Only one runs at a time."""

    def __init__(self, config: Config, places: Places | None = None, patience: Patience | None = None) -> None:
        self.config = config
        self.places = places or places_of(config)
        self.patience = patience or patience_of(config)
        self.journal, self.memory = Journal(self.places), Memory(self.places)
        self.stopped: Callable[[], bool] = lambda: False

    # -- the commands ----------------------------------------------------------------------------------
    def run(self, *, now: bool = False, again: bool = False) -> str:
        """Look, and update if there is something. ``now``: whoever asks works on the machine, so that is no reason
        to wait. ``again``: also a version that failed before. Returns the outcome in a word, and one sentence.
        """
        with self._alone():
            unfinished = self._mend()
            if unfinished:
                return unfinished
            return self._run(now=now, again=again)

    def mend(self) -> str:
        """Finish an update that was cut off, and nothing else; "" when none is under way."""
        with self._alone():
            return self._mend()

    def _mend(self) -> str:
        under_way = self.journal.read()
        if under_way is None:
            return ""
        if under_way.starts >= STARTS and under_way.phase == "install":
            under_way = self.journal.phase(under_way, "back", "install-failed", "it was interrupted again and again")
        log.info("going on with the update to %s: %s", under_way.to_version, under_way.phase)
        return self._go_on(under_way)

    # -- looking ---------------------------------------------------------------------------------------
    def _run(self, *, now: bool, again: bool) -> str:
        if dpkg.interrupted():
            dpkg.mend(self.patience.lock)
        version, whole = dpkg.installed()
        if not version:
            return self._say("no-package", "", "this agent was not installed as a package")
        try:
            apt, wanted = self._look()
        except Unreachable as problem:
            return self._say("unreachable", "", str(problem))
        if wanted == version and whole:
            return self._say("up-to-date", version)
        if self.memory.refuses(wanted) and not again:
            return self._say("refused", wanted, "this version failed here before")
        why = self._not_now(now)
        if why:
            return self._say("put-off", wanted, why)
        try:
            self._fetch(apt, version, wanted)
        except AgentError as problem:
            return self._say("failed", wanted, str(problem))
        except OSError as problem:
            return self._say("no-room", wanted, str(problem))
        return self._go_on(self.journal.begin(version, wanted, time.time()))

    def _look(self) -> tuple[Apt, str]:
        problem: Unreachable | None = None
        for proxy in dict.fromkeys([*ways(self.config.proxy, self.config.controller_url, os.environ), DIRECT]):
            apt = Apt(self.config, self.places, self.patience, proxy)
            try:
                return apt, apt.look()
            except Unreachable as found:
                problem = problem or found
        raise problem or Unreachable("There is no way to the controller.")

    def _not_now(self, now: bool) -> str:
        """Why the update waits; whoever is helped or works is given time to end."""
        until = time.monotonic() + (0 if now else self.patience.busy)
        while True:
            why = busy(streams=not now)
            if not why or time.monotonic() >= until or self.stopped():
                return why
            time.sleep(min(BUSY_POLL, self.patience.poll * 5))

    def _fetch(self, apt: Apt, version: str, wanted: str) -> None:
        """The new package, and the one to go back to. Raises AgentError and OSError."""
        self.places.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        free = shutil.disk_usage("/").free
        if free < self.patience.room_bytes:
            raise OSError(f"only {free // 1_000_000} MB are free on the disk")
        if not self._keeps(version):
            self._put(self.places.kept, apt.download(version))
        self._put(self.places.new, apt.download(wanted))
        # The updater's own code, since what is installed may be half written when it is needed.
        shutil.rmtree(self.places.code, ignore_errors=True)
        own = Path(__file__).resolve().parent.parent
        shutil.copytree(own, self.places.code / "agent", ignore=shutil.ignore_patterns("__pycache__"))
        os.sync()

    def _fetch_back(self, version: str) -> None:
        """Somebody emptied the folder: the repository has the version before as well."""
        try:
            apt, _ = self._look()
            self._put(self.places.kept, apt.download(version))
        except (AgentError, OSError) as problem:
            log.error("the way back is missing: %s", problem)

    def _keeps(self, version: str) -> bool:
        from agent.tools import run

        ran = run(["dpkg-deb", "--field", str(self.places.kept), "Version"], seconds=60)
        return ran.ok and ran.out.strip() == version

    def _put(self, path: Path, content: bytes) -> None:
        new = path.with_name(f".{path.name}.new")
        try:
            with new.open("wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            new.replace(path)
        except OSError:
            new.unlink(missing_ok=True)  # it must not be what fills the disk
            raise

    # -- trying ----------------------------------------------------------------------------------------
    def _go_on(self, under_way: UnderWay) -> str:
        while True:
            if self.stopped():
                raise Stop
            under_way = replace(under_way, starts=under_way.starts + 1)
            self.journal.write(under_way)
            if under_way.phase == "install":
                before = dpkg.installed()
                found = self._install(under_way)
                if found is None:
                    self.journal.end()
                    return self._say("failed", under_way.to_version, f"nothing was changed: {before[0]} is still there")
                under_way = found
            elif under_way.phase == "prove":
                found = self._prove(under_way)
                if found is None:
                    return self._keep(under_way)
                if found.phase == "prove":
                    return self._say("unproven", under_way.to_version, "the controller is out of reach")
                under_way = found
            else:
                return self._back(under_way)

    def _install(self, under_way: UnderWay) -> UnderWay | None:
        """The next phase; None when dpkg never began (another program held its lock, the disk is full)."""
        cut_off = under_way.starts > 1
        if cut_off:
            dpkg.mend(self.patience.lock)
        if dpkg.installed() != (under_way.to_version, True):
            apt = Apt(self.config, self.places, self.patience, DIRECT)
            apt.write_settings()
            ran = apt.install(under_way.to_version)
            version, whole = dpkg.installed()
            if (version, whole) == (under_way.from_version, True):
                log.warning("the update did not begin: %s", ran.explain())
                return None
            if (version, whole) != (under_way.to_version, True):
                detail = f"{ran.explain()}; {read_tail(ran.out)}"
                return self.journal.phase(under_way, "back", "install-failed", detail)
        os.sync()
        return self.journal.phase(under_way, "prove")

    def _prove(self, under_way: UnderWay) -> UnderWay | None:
        """None when it works. A controller out of reach proves nothing: it is looked at again at the next run."""
        code, detail = prove(self.config, under_way.to_version, self.patience, self.stopped)
        if not code:
            return None
        if self.stopped():
            raise Stop
        if code == "not-linked":
            try:
                self._look()
            except AgentError as problem:
                log.warning("%s is not judged: %s", under_way.to_version, problem)
                return under_way
        return self.journal.phase(under_way, "back", code, detail)

    def _keep(self, under_way: UnderWay) -> str:
        if self.places.new.exists():
            self.places.new.replace(self.places.kept)
        leave_report(self.places, under_way, time.time())
        self.journal.end()
        return self._say("updated", under_way.to_version)

    def _back(self, under_way: UnderWay) -> str:
        self.memory.refuse(under_way.to_version, under_way.code)
        if not self._keeps(under_way.from_version):
            self._fetch_back(under_way.from_version)
        ran = dpkg.go_back(self.places, self.patience.lock)
        if dpkg.installed() != (under_way.from_version, True):
            # The journal stays: it is tried again at the next run, and after the next start.
            return self._say("stuck", under_way.to_version, f"the way back failed: {ran.explain()}")
        Unit().restart()
        leave_report(self.places, under_way, time.time())
        self.journal.end()
        return self._say("rolled-back", under_way.to_version, f"{under_way.code}: {under_way.detail}")

    # -- around it -------------------------------------------------------------------------------------
    def _say(self, outcome: str, version: str = "", detail: str = "") -> str:
        self.memory.looked(outcome, version, detail)
        text = " ".join(part for part in (outcome, version) if part)
        return f"{text}: {detail}" if detail else text

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.places.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.places.state / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as problem:
                raise AgentError("An update is under way already.") from problem
            yield


def read_tail(text: str) -> str:
    """The last lines that say something."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " | ".join(lines[-4:])
