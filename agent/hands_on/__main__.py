"""``python3 -m agent.hands_on``: the tests that need hands, on the terminal that it is started on."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from agent.config import load_config_if_any
from agent.errors import AgentError
from agent.hands_on.answers import current_session
from agent.hands_on.console_font import come_forward, console_number, large_letters
from agent.hands_on.person import QUIET_SECONDS, Person
from agent.hands_on.session import Session
from agent.hands_on.terminal import Terminal
from agent.hwtests.header import Header
from agent.hwtests.machine import Machine
from agent.hwtests.needs import missing_needs

STATUS_CONSOLE = 1  # where the PC says what it is doing


def main() -> int:
    """0: ended; 3: left before the end, to go on later; 1: it couldn't be shown."""
    parser = argparse.ArgumentParser(prog="python3 -m agent.hands_on", description="The tests that need hands.")
    parser.add_argument("--config", type=Path, help="settings of the agent")
    parser.add_argument("--state-dir", type=Path, help="where answers are kept, instead of the settings'")
    parser.add_argument("--root", type=Path, default=Path("/"), help="where /proc, /sys and /dev are")
    parser.add_argument("--programs", type=Path, help="folder of the tests' programs")
    parser.add_argument("--language", choices=("fr", "en"), default="fr", help="where no request says which")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        return _run(options)
    except AgentError as problem:
        print(f"hands-on tests: {problem}", file=sys.stderr)
    except EOFError:
        print("hands-on tests: the terminal is gone", file=sys.stderr)
    return 1


def _stop(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _run(options: argparse.Namespace) -> int:
    config = load_config_if_any(options.config)
    state_dir: Path = options.state_dir or (config.state_dir if config else Path("/run/recyclerie"))
    jobs_dir = config.jobs_dir if config and not options.state_dir else state_dir / "jobs"
    answers = current_session(state_dir, language=options.language)
    request = answers.request()
    machine = Machine(root=options.root, config=config)

    def missing(header: Header) -> list[str]:
        return missing_needs(header.needs, machine)

    extra = {"programs": options.programs} if options.programs else {}
    with _in_front(), Terminal() as terminal:
        language = request["language"] if request else options.language
        person = Person(terminal, language, root=options.root, quiet_seconds=QUIET_SECONDS)
        session = Session(person, answers, missing=missing, state_dir=state_dir, jobs_dir=jobs_dir, **extra)
        return 0 if session.run() else 3


@contextlib.contextmanager
def _in_front() -> Iterator[None]:
    """On a console of the PC: shown, with large letters; afterwards the status is shown again."""
    try:
        number = console_number(os.ttyname(1))
    except OSError:
        number = None
    if number is None:
        yield
        return
    come_forward(number)
    try:
        with large_letters(1):
            yield
    finally:
        come_forward(STATUS_CONSOLE)


if __name__ == "__main__":
    sys.exit(main())
