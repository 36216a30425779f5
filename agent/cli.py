"""The command ``recyclerie-agent``. Heavy parts are imported by the subcommand that needs them."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agent import VERSION
from agent.config import DEFAULT_PATH, Config, load_config, load_config_if_any
from agent.errors import AgentError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand; returns the exit status (0 done, 1 failed, 2 wrong use)."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr, force=True)
    try:
        return int(options.action(options))
    except AgentError as problem:
        print(f"recyclerie-agent: {problem}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="recyclerie-agent", description="Says what this PC is, and works on it when it is told to."
    )
    parser.add_argument("--config", type=Path, help=f"settings (default {DEFAULT_PATH})")
    actions = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, action: Any, text: str) -> argparse.ArgumentParser:
        command = actions.add_parser(name, help=text, description=text)
        command.set_defaults(action=action)
        return command

    add("run", _run, "stay connected to the controller: report, and watch jobs (the service)")
    add("announce-once", _announce_once, "announce this machine once and print the answer, without its token")
    inventory = add("inventory", _inventory, "print what this machine is, as JSON")
    inventory.add_argument("--quick", action="store_true", help="only drives and screens, without asking the drives")
    inspect = add("inspect", _inspect, "say what this machine is, or the one of a capture or of a folder of dumps")
    inspect.add_argument("--from", dest="place", type=Path, metavar="PLACE", help="a capture, or tools' outputs")
    inspect.add_argument("--json", action="store_true", help="the whole inventory as JSON")
    capture = add("capture", _capture, "keep what this machine's tools say, for bug reports and tests")
    capture.add_argument("out", type=Path, help="a new folder, or a file .tar.gz, .tar.zst or .tar")
    capture.add_argument("--mask", action="store_true", help="put others of the same shape for all serial numbers")
    fields = add("fields", _fields, "print the table of all fields of the inventory with their units")
    fields.add_argument("--json", action="store_true", help="as JSON")
    health = add("health", _health, "print how this machine is doing, as JSON")
    health.add_argument("--without-drives", action="store_true", help="ask no drive anything")
    test = add("test", _test, "run the automatic tests of this machine's parts, or those that are named")
    test.add_argument("names", nargs="*", metavar="NAME")
    test.add_argument("--list", action="store_true", help="only say which tests there are, and what they lack here")
    test.add_argument("--json", action="store_true", help="as JSON")
    test.add_argument("--table", action="store_true", help="print the table of all tests, as the documentation has it")
    test.add_argument(
        *("--option", "-o"),
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting of the tests, as memory_seconds=20",
    )
    add("job", _job, "run one job folder to its end").add_argument("folder", type=Path)
    verify = add("verify", _verify, "compare job specs with this machine, write nothing; JSON, status 0 if all match")
    verify.add_argument("file", help="a spec, or a list of specs, as JSON; - reads standard input")
    add("place-icons", _place_icons, "put our icons on the desktop of the account that runs this")
    add("promises", _promises, "show the page that says what this agent sends, and what it never does")
    add("ask-for-help", _ask_for_help, "show the window by which the person at the screen asks for help")
    add("status", _status, "say in a few words where this machine stands (French or English)")
    add("version", _version, "print the version")
    return parser


def _settings(options: argparse.Namespace) -> Config:
    return load_config(options.config)


def _print_json(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None)
    try:
        # Half a surrogate (from a tool that answers in broken UTF-16) or a terminal of few letters.
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value, ensure_ascii=True, indent=2 if sys.stdout.isatty() else None)
    print(text)


def _run(options: argparse.Namespace) -> int:
    from agent.service import run_agent

    run_agent(_settings(options))
    return 0


def _announce_once(options: argparse.Namespace) -> int:
    from agent.files import read_text
    from agent.identity import announcement
    from agent.link.announce import announce
    from agent.link.tls import client_context

    config = _settings(options)
    token = read_text(config.token_file) if config.mode == "resident" else ""
    answer: Any = announce(config.controller_url, client_context(config.ca_file), announcement(config), token=token)
    answer.pop("token", None)
    _print_json(answer)
    return 0 if answer["status"] == "accepted" else 1


def _inventory(options: argparse.Namespace) -> int:
    if options.quick:
        from agent.hotplug import quick_look

        _print_json(quick_look(load_config_if_any(options.config)))
        return 0
    from agent.collectors.snapshot import inventory_snapshot

    _print_json(inventory_snapshot(load_config_if_any(options.config)))
    return 0


def _inspect(options: argparse.Namespace) -> int:
    from agent.collectors.snapshot import inventory_snapshot, read_inventory
    from agent.sources import open_source

    if options.place is None:
        found = inventory_snapshot(load_config_if_any(options.config))
    else:
        found = read_inventory(open_source(options.place), erase=True)
    if options.json:
        _print_json(found)
    else:
        from agent.inspect_text import in_words

        print(in_words(found))
    return 0


def _capture(options: argparse.Namespace) -> int:
    from agent.capture.take import take_capture

    print(take_capture(options.out, mask=options.mask))
    return 0


def _fields(options: argparse.Namespace) -> int:
    from dataclasses import asdict

    from agent.collectors.table import markdown, subsystems

    if options.json:
        _print_json([asdict(subsystem) for subsystem in subsystems()])
    else:
        print(markdown())
    return 0


def _health(options: argparse.Namespace) -> int:
    from agent.collectors.health import health_sample

    _print_json(health_sample(load_config_if_any(options.config), drives=not options.without_drives))
    return 0


def _test(options: argparse.Namespace) -> int:
    from agent.hwtests.by_hand import listing, listing_in_words, markdown, parse_options, results_in_words, run_by_hand

    if options.table:
        print(markdown())
        return 0
    config = load_config_if_any(options.config)
    if options.list:
        listed = listing(config)
        if options.json:
            _print_json(listed)
        else:
            print(listing_in_words(listed))
        return 0
    results = run_by_hand(options.names, parse_options(options.option), config)
    if options.json:
        _print_json({"results": results})
    else:
        print(results_in_words(results))
    return 1 if any(one["outcome"] in ("fail", "timed_out") for one in results) else 0


def _place_icons(_options: argparse.Namespace) -> int:
    from agent.desktop.place import main as place_icons

    return place_icons()


def _promises(_options: argparse.Namespace) -> int:
    from agent.desktop.promises_page import main as show_promises

    return show_promises()


def _ask_for_help(_options: argparse.Namespace) -> int:
    from agent.help.window import main as ask_for_help

    return ask_for_help()


def _job(options: argparse.Namespace) -> int:
    from agent.jobs.runner import run_job

    return run_job(options.folder, load_config_if_any(options.config))


def _verify(options: argparse.Namespace) -> int:
    from agent.jobs.target_gate import verify_specs

    text = sys.stdin.read() if options.file == "-" else Path(options.file).read_text(encoding="utf-8")
    try:
        value = json.loads(text)
    except ValueError as problem:
        raise AgentError(f"The specs are not JSON: {problem}.") from problem
    answer = verify_specs(value if isinstance(value, list) else [value], load_config_if_any(options.config))
    _print_json(answer)
    return 0 if answer["ok"] else 1


def _status(options: argparse.Namespace) -> int:
    from agent.status import status_text

    print(status_text(load_config_if_any(options.config)))
    return 0


def _version(options: argparse.Namespace) -> int:  # noqa: ARG001 - all actions take the options
    print(VERSION)
    return 0
