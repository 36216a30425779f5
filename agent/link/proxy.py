"""By which way the controller is reached: directly, or through an HTTP proxy that a school or an office has.

Only the installed system ever uses one. ``auto`` takes what the environment says (``https_proxy``, ``no_proxy``), and a
PC that was moved elsewhere since must still get through: the ways take turns after each failure.
"""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from agent.errors import AgentError

DIRECT = None
NEAR = [
    ipaddress.ip_network(text)
    for text in "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 169.254.0.0/16 127.0.0.0/8 fc00::/7 fe80::/10 ::1".split()
]


@dataclass(frozen=True)
class Proxy:
    """An HTTP proxy that is asked with CONNECT."""

    host: str
    port: int
    user: str = ""
    password: str = ""

    @property
    def url(self) -> str:
        """Without credentials, for messages."""
        return f"http://{self.host}:{self.port}"

    @property
    def headers(self) -> dict[str, str]:
        """What CONNECT must carry besides the target."""
        if not self.user:
            return {}
        secret = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        return {"Proxy-Authorization": f"Basic {secret}"}


def parse_proxy(text: str) -> Proxy:
    """``http://[USER:PASSWORD@]HOST:PORT``. Raises AgentError."""
    parts = urlsplit(text if "://" in text else f"http://{text}")
    try:
        port = parts.port or 3128
    except ValueError:
        port = 0
    if parts.scheme != "http" or not parts.hostname or not port:
        # Not the whole text: there may be a password in it.
        raise AgentError(
            f"The proxy of {parts.hostname or 'the settings'} can't be used.", hint="Write it as http://HOST:PORT."
        )
    return Proxy(parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or ""))


def ways(setting: str, controller_url: str, environment: Mapping[str, str]) -> list[Proxy | None]:
    """The ways to the controller, the best one first. Raises AgentError when the setting can't be used."""
    if setting == "none":
        return [DIRECT]
    if setting != "auto":
        return [parse_proxy(setting)]
    lower = {name.lower(): value for name, value in environment.items()}
    said = lower.get("https_proxy") or lower.get("all_proxy") or ""
    host = urlsplit(controller_url).hostname or ""
    if not said or is_near(host) or bypassed(host, lower.get("no_proxy", "")):
        return [DIRECT]
    try:
        return [parse_proxy(said), DIRECT]
    except AgentError:
        return [DIRECT]  # a SOCKS proxy, or nonsense: not ours to correct


def is_near(host: str) -> bool:
    """An address of the own network: the workshop's controller is never behind a proxy."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return any(address in network for network in NEAR if network.version == address.version)


def bypassed(host: str, no_proxy: str) -> bool:
    """Whether ``no_proxy`` names the host, or a domain that it is in."""
    for entry in (part.strip().lstrip("*").lstrip(".").lower() for part in no_proxy.split(",")):
        if entry and (host.lower() == entry or host.lower().endswith(f".{entry}")):
            return True
    return no_proxy.strip() == "*"


class Route:
    """Which way is tried next."""

    def __init__(self, found: list[Proxy | None]) -> None:
        self._ways = found
        self._at = 0

    @property
    def proxy(self) -> Proxy | None:
        """The way to try now."""
        return self._ways[self._at % len(self._ways)]

    def failed(self) -> None:
        """It did not lead to the controller: the next one next time."""
        self._at += 1
