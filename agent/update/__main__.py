"""``python3 -m agent.update run|mend|self-test``: started by systemd and by maintain.yml (tag ``agent``)."""

from __future__ import annotations

import argparse
import logging
import signal
import sys

from agent.config import load_config
from agent.errors import AgentError
from agent.update.proof import check_self, no_byte_code, self_version


def main() -> int:
    """0 done (or nothing to do), 1 failed, 3 the version before is there again."""
    parser = argparse.ArgumentParser(prog="recyclerie-agent-update", description="Keeps this machine's agent current.")
    parser.add_argument("command", choices=["run", "mend", "self-test"])
    parser.add_argument("--now", action="store_true", help="don't wait for whoever works on the machine")
    parser.add_argument("--again", action="store_true", help="also try a version that failed here before")
    options = parser.parse_args()
    no_byte_code()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    if options.command == "self-test":
        check_self()
        load_config()
        print(self_version())
        return 0
    from agent.update.updater import Stop, Updater

    stopping: list[int] = []
    # dpkg is never cut off by a shutdown that waits: what runs comes to its end, then nothing new is begun.
    signal.signal(signal.SIGTERM, lambda number, _: stopping.append(number))
    try:
        updater = Updater(load_config())
        updater.stopped = lambda: bool(stopping)
        said = updater.run(now=options.now, again=options.again) if options.command == "run" else updater.mend()
    except Stop:
        print("interrupted; it is gone on with at the next start")
        return 0
    except AgentError as problem:
        print(f"recyclerie-agent-update: {problem}", file=sys.stderr)
        return 1
    print(said or "nothing is under way")
    outcome = said.split(":")[0].split(" ")[0]
    return {"rolled-back": 3, "stuck": 1, "failed": 1, "no-room": 1}.get(outcome, 0)


if __name__ == "__main__":
    sys.exit(main())
