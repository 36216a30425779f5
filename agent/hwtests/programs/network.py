# /// recyclerie-test
# name = "network"
# title = "Wired network"
# subsystem = "network"
# runs = "exclusive"
# targets = "wired"
# limit_seconds = 120
# usual_seconds = 12
# options = {network_seconds = 5}
# needs = ["controller"]
# [figures]
# link_mbit = "Mb/s"
# errors = "frames"
# ///
"""Fetches zeros from the controller over the wired card, and counts what the card received broken meanwhile."""

from __future__ import annotations

import http.client
import socket
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

from agent.errors import AgentError
from agent.files import read_int, read_text
from agent.hwtests.script import Outcome, Request, run_script
from agent.link.tls import client_context

PATH = "/api/agent/throughput"
FIRST_BYTES = 4 * 2**20
MOST_BYTES = 256 * 2**20
WAIT_SECONDS = 60.0  # for other machines that measure
TIMEOUT_SECONDS = 30.0
ERRORS = ("rx_crc_errors", "rx_frame_errors", "rx_length_errors", "rx_errors", "tx_errors", "collisions")
LEAST_LINK_MBIT = 100  # a slower link is a broken pair in the cable or the socket (IEEE 802.3: 10BASE-T needs two)
LEAST_SHARE = 0.1  # of the link, 1 Gb/s at most: encryption costs old processors more than that, a bad cable all of it
MANY_ERRORS = 10


class NotMeasured(Exception):
    """The controller gave no zeros; the message says why."""


def test(request: Request) -> Outcome:
    """One card. Without a cable there is nothing to try."""
    name = str(request.target["name"])
    if not request.target.get("link"):
        return Outcome("skipped", f"No cable is plugged into {name}.")
    card = request.root / "sys/class/net" / name
    figures: dict[str, Any] = {"link_mbit": link_mbit(card), "duplex": read_text(card / "duplex") or None}
    before = errors(card)
    why = ""
    try:
        if uses(str(request.controller.get("url", "")), name):
            figures |= measure(request)
        else:
            why = f"The controller is not reached over {name}."
    except NotMeasured as problem:
        why = f"The throughput was not measured: {problem}."
    except (OSError, http.client.HTTPException) as problem:
        figures["errors"] = sum(errors(card).values()) - sum(before.values())
        said = str(problem).rstrip(".") or type(problem).__name__
        return Outcome("fail", f"The fetch from the controller broke off: {said}.", figures)
    after = errors(card)
    figures["errors"] = max(0, sum(after.values()) - sum(before.values()))
    figures["errors_by_kind"] = {kind: after[kind] - before[kind] for kind in after if after[kind] > before[kind]}
    return judge(figures, why)


def judge(figures: dict[str, Any], why: str) -> Outcome:
    """What link, errors and throughput mean; ``why`` the throughput was not measured. Pure."""
    link, speed = figures["link_mbit"], figures.get("mbit_per_second")
    if link is not None and link < LEAST_LINK_MBIT:
        reason = f"The link has only {link} Mb/s: look at the cable, the socket and the switch."
        return Outcome("degraded", reason, figures)
    if figures.get("duplex") == "half":
        return Outcome("degraded", "The link is half duplex: look at the cable and the switch.", figures)
    if figures["errors"] >= MANY_ERRORS:
        reason = f"{figures['errors']} frames were received broken: look at the cable and the socket."
        return Outcome("degraded", reason, figures)
    if speed is None:
        return Outcome("skipped", why, figures)
    if link and speed < LEAST_SHARE * min(link, 1000):
        reason = f"Only {speed:.0f} Mb/s came through a link of {link} Mb/s: try another cable."
        return Outcome("degraded", reason, figures)
    return Outcome("pass", "", figures)


def measure(request: Request) -> dict[str, Any]:
    """Throughput: a small fetch to know how large the real one is to be. Raises NotMeasured, OSError."""
    seconds = request.seconds("network_seconds", 5)
    took = fetch(request, FIRST_BYTES)
    request.progress(0.3)
    size = int(min(MOST_BYTES, max(FIRST_BYTES, FIRST_BYTES / max(took, 0.001) * seconds)))
    took = fetch(request, size)
    return {"bytes": size, "mbit_per_second": round(size * 8 / 1e6 / max(took, 0.001), 1), "seconds": round(took, 2)}


def fetch(request: Request, size: int) -> float:
    """The seconds from the first byte to the last; waits for its turn. Raises NotMeasured, OSError."""
    parts = urlsplit(str(request.controller["url"]))
    try:
        context = client_context(Path(str(request.controller["ca_file"])))
    except AgentError as problem:
        raise NotMeasured("the certificate of the workshop's authority can't be used") from problem
    until = time.monotonic() + WAIT_SECONDS
    while True:
        connection = http.client.HTTPSConnection(
            parts.hostname or "", parts.port or 443, timeout=TIMEOUT_SECONDS, context=context
        )
        try:
            token = read_text(Path(str(request.controller["token_file"])))
            place = f"{parts.path.rstrip('/')}{PATH}?bytes={size}"
            try:
                connection.connect()
            except OSError as problem:  # says something of the controller, not of the card
                raise NotMeasured(f"the controller can't be reached ({problem})") from problem
            connection.request("GET", place, headers={"Authorization": f"Bearer {token}"})
            response = connection.getresponse()
            if response.status == http.client.OK:
                return _drain(response, size)
        finally:
            connection.close()
        if response.status != http.client.TOO_MANY_REQUESTS:
            raise NotMeasured(f"the controller answered {response.status}")
        if time.monotonic() > until:
            raise NotMeasured("other machines are measuring")
        time.sleep(2)


def _drain(response: http.client.HTTPResponse, size: int) -> float:
    buffer = bytearray(256 * 1024)
    started, done = time.perf_counter(), 0
    while done < size:
        count = response.readinto(buffer)
        if not count:
            raise OSError(f"the answer ended {size - done} bytes early")
        done += count
    return time.perf_counter() - started


def uses(url: str, name: str) -> bool:
    """Whether the way to the controller leads over this card."""
    parts = urlsplit(url)
    found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_DGRAM)
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as sock:
        sock.connect(address)  # sends nothing: it only asks the kernel for the way
        own = sock.getsockname()[0]
    if own.partition("%")[0] == str(address[0]).partition("%")[0]:
        return True  # the controller is this very machine, as in tests
    return any(one.address.partition("%")[0] == own for one in psutil.net_if_addrs().get(name, []))


def link_mbit(card: Path) -> int | None:
    """What was negotiated; None where the driver doesn't say."""
    speed = read_int(card / "speed")
    return speed if speed and speed > 0 else None


def errors(card: Path) -> dict[str, int]:
    """The card's own counters. rx_errors is the sum of the finer ones, where a driver has those."""
    counts = {kind: read_int(card / "statistics" / kind) or 0 for kind in ERRORS}
    if any(counts[kind] for kind in ("rx_crc_errors", "rx_frame_errors", "rx_length_errors")):
        counts["rx_errors"] = 0
    return counts


if __name__ == "__main__":
    run_script(test)
