"""By which way the controller is reached."""

from __future__ import annotations

import pytest

from agent.config import parse_config
from agent.errors import AgentError
from agent.link.connection import retry_hint
from agent.link.proxy import Proxy, Route, bypassed, is_near, parse_proxy, ways

FAR = "https://recyclerie.example.org"
SCHOOL = {"https_proxy": "http://proxy.school.example:3128"}
THROUGH = Proxy("proxy.school.example", 3128)


@pytest.mark.parametrize(
    ("setting", "url", "environment", "expected"),
    [
        ("none", FAR, SCHOOL, [None]),
        ("auto", FAR, {}, [None]),
        ("auto", FAR, SCHOOL, [THROUGH, None]),
        ("auto", FAR, {"HTTPS_PROXY": "proxy.school.example:3128"}, [THROUGH, None]),
        ("auto", FAR, {"all_proxy": "http://proxy.school.example:3128"}, [THROUGH, None]),
        ("auto", FAR, SCHOOL | {"no_proxy": "localhost, .example.org"}, [None]),
        ("auto", FAR, SCHOOL | {"NO_PROXY": "*"}, [None]),
        ("auto", FAR, {"https_proxy": "socks5://127.0.0.1:1080"}, [None]),  # not ours to correct
        ("auto", FAR, {"https_proxy": "http://proxy:port"}, [None]),
        ("auto", "https://192.168.10.2:8443", SCHOOL, [None]),  # the workshop's own network
        ("auto", "https://[fd00::2]:8443", SCHOOL, [None]),
        ("auto", "https://localhost:8443", SCHOOL, [None]),
        ("http://10.0.0.1:8080", FAR, SCHOOL, [Proxy("10.0.0.1", 8080)]),
        ("http://10.0.0.1:8080", "https://192.168.10.2:8443", {}, [Proxy("10.0.0.1", 8080)]),  # somebody wants it so
    ],
)
def test_ways(setting: str, url: str, environment: dict[str, str], expected: list[Proxy | None]) -> None:
    assert ways(setting, url, environment) == expected


@pytest.mark.parametrize("text", ["ftp://x:1", "http://", "http://h:99999", "http://user:secret@:3128", "://"])
def test_a_proxy_that_cannot_be_used_is_told_without_its_password(text: str) -> None:
    with pytest.raises(AgentError) as problem:
        parse_proxy(text)
    assert "secret" not in str(problem.value)


def test_credentials_travel_in_a_header_only() -> None:
    proxy = parse_proxy("http://user:p%40ss@10.0.0.1:8080")
    assert proxy.headers == {"Proxy-Authorization": "Basic dXNlcjpwQHNz"}
    assert "p@ss" not in proxy.url


def test_ways_take_turns() -> None:
    route = Route([THROUGH, None])
    tried = []
    for _ in range(4):
        tried.append(route.proxy)
        route.failed()
    assert tried == [THROUGH, None, THROUGH, None]


@pytest.mark.parametrize(
    ("host", "near"),
    [
        ("10.1.2.3", True),
        ("172.31.0.1", True),
        ("198.51.100.1", False),
        ("8.8.8.8", False),
        ("pc.local.example", False),
    ],
)
def test_near(host: str, near: bool) -> None:
    assert is_near(host) is near


def test_a_domain_is_no_part_of_a_name() -> None:
    assert bypassed("a.example.org", "example.org")
    assert not bypassed("notexample.org", "example.org")


def test_a_live_system_never_uses_one() -> None:
    settings = {"controller_url": FAR, "proxy": "http://10.0.0.1:8080"}
    assert parse_config(settings | {"mode": "live"}).proxy == "none"
    assert parse_config(settings | {"mode": "resident"}).proxy == "http://10.0.0.1:8080"
    assert parse_config({"mode": "resident", "controller_url": FAR}).proxy == "auto"


def test_services_are_a_list_of_names() -> None:
    assert parse_config({"controller_url": FAR}).services == ("ssh",)
    assert parse_config({"mode": "resident", "controller_url": FAR}).services == ("ssh", "screen")
    assert parse_config({"mode": "resident", "controller_url": FAR, "services": []}).services == ()
    with pytest.raises(AgentError, match="services is"):
        parse_config({"controller_url": FAR, "services": "ssh"})


@pytest.mark.parametrize(
    ("reason", "seconds"),
    [("", None), ("the controller restarts; retry=30", 30.0), ("retry=x", None), ("retry=1234567", None)],
)
def test_a_close_reason_may_hold_a_hint(reason: str, seconds: float | None) -> None:
    assert retry_hint(reason) == seconds
