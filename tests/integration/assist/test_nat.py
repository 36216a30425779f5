"""The link from a home behind NAT: loss, a slow uplink, another address, a pulled cable, a school's proxy."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from controller.machines.ssh import run
from controller.machines.tables import Boot
from tests.integration.assist.internet import internet as internet_of_its_own
from tests.integration.assist.internet import missing
from tests.integration.assist.network import CONTROLLER, PC, HomeNetwork
from tests.integration.assist.test_streams import MEGABYTE, Flood, _still
from tests.integration.assist.world import Home, World
from tests.lab.waiting import wait_until

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def internet() -> Iterator[tuple[HomeNetwork, World]]:
    """The three namespaces, with the controller in one of them."""
    why = missing()
    if why:
        pytest.skip(why)
    with internet_of_its_own() as made:
        yield made


@pytest.fixture
def net(internet: tuple[HomeNetwork, World]) -> Iterator[HomeNetwork]:
    """The network; what a test did to it is undone."""
    yield internet[0]
    internet[0].mend()


@pytest.fixture
def family(internet: tuple[HomeNetwork, World], net: HomeNetwork) -> Iterator[Home]:
    """A machine in the home; switched off."""
    home = internet[1].home()
    home.prefix = net.inside(net.home)
    yield home
    if home.process is not None:
        home.stop()


@pytest.fixture
def world(internet: tuple[HomeNetwork, World]) -> World:
    """The controller."""
    return internet[1]


def address(world: World, home: Home) -> str:
    """Where the machine's announcement came from."""
    with world.core.database.read() as session:
        query = select(Boot.address).where(Boot.machine_id == home.machine_id).order_by(Boot.id.desc()).limit(1)
        return str(session.execute(query).scalar_one())


def test_a_root_session_through_nat_into_which_nobody_gets(net: HomeNetwork, world: World, family: Home) -> None:
    family.start()
    world.wait_linked(family)
    assert address(world, family) == net.public
    with world.ssh(family) as client:
        assert f"inet {PC}/24".encode() in run(client, "ip -4 address show eth0")[1]
    knock = f"import socket; socket.create_connection(('{net.public}', 22), 2)"
    tried = subprocess.run(net.inside(net.net, "python3", "-c", knock), capture_output=True, check=False)
    assert tried.returncode != 0


def test_one_packet_in_ten_is_lost(net: HomeNetwork, world: World, family: Home) -> None:
    family.start()
    world.wait_linked(family)
    net.lose(10)
    data = os.urandom(MEGABYTE)
    there = family.folder / "file"
    with world.ssh(family) as client:
        with client.open_sftp().open(str(there), "wb") as file:
            file.set_pipelined(True)
            file.write(data)
        assert hashlib.sha256(there.read_bytes()).digest() == hashlib.sha256(data).digest()
        channel = client.get_transport().open_session()  # type: ignore[union-attr]
        channel.exec_command(f"cat {there}")
        back = b"".join(iter(lambda: channel.recv(1 << 16), b""))
    assert back == data
    assert world.linked(family)


def test_a_slow_uplink_that_is_full_lets_reports_through(net: HomeNetwork, world: World, family: Home) -> None:
    """A screen that changes all the time over 1 Mbit/s: results and heartbeats don't wait for it to end."""
    family.start()
    world.wait_linked(family)
    net.slow_uplink("1mbit")
    flood = Flood(family.folder / "screen.sock", 400 * MEGABYTE)
    viewer = world.pipe(family, "screen")
    wait_until(lambda: len(viewer.recv(1 << 16)) > 0, "the picture comes", 30, poll=0.01)
    folder = family.pc.job("r1-erase-d1", kind="erase")
    result = '{"job_id": "r1-erase-d1", "kind": "erase", "state": "failed", "started_at": "", "ended_at": "", '
    (folder / "result.json").write_text(result + '"error": "x", "result": {}}')
    spool = family.pc.state_dir / "spool"
    viewer.settimeout(5)

    def acknowledged() -> bool:
        viewer.recv(1 << 16)  # the viewer goes on looking
        return (folder / "reported.json").exists() and not list(spool.glob("*.json"))

    wait_until(acknowledged, "the result is acknowledged", 60, poll=0.01)
    assert flood.sent < 100 * MEGABYTE  # the flood was still on
    before = _heard(world, family)
    wait_until(lambda: viewer.recv(1 << 16) and _heard(world, family) != before, "a heartbeat", 30, poll=0.01)
    viewer.close()
    wait_until(lambda: _still(lambda: flood.sent), "the sender has stopped", 30, poll=0.5)
    with world.ssh(family) as client:
        assert run(client, "true")[0] == 0


def _heard(world: World, home: Home) -> object:
    with world.core.database.read() as session:
        query = select(Boot.last_heard_at).where(Boot.machine_id == home.machine_id).order_by(Boot.id.desc()).limit(1)
        return session.execute(query).scalar_one()


def test_the_home_gets_another_address(net: HomeNetwork, world: World, family: Home) -> None:
    """What was open is over, at both ends; the agent is back by itself, with the same token."""
    family.start()
    world.wait_linked(family)
    plug = world.pipe(family)
    assert plug.recv(8).startswith(b"SSH-2.0-")
    net.new_address()
    plug.settimeout(120)
    while plug.recv(4096):
        pass
    wait_until(lambda: "unreachable" in family.log, "the agent has noticed", 120, poll=0.5, hint=lambda: family.log)
    wait_until(lambda: _session(world, family), "a new session", 120, poll=1)
    seen = subprocess.run(net.inside(net.net, "ss", "-Htn", "state", "established"), capture_output=True, check=True)
    assert net.public.encode() in seen.stdout


def _session(world: World, home: Home) -> bool:
    from controller.errors import RecyclerieError

    try:
        with world.ssh(home) as client:
            return run(client, "true")[0] == 0
    except (RecyclerieError, OSError, EOFError):
        return False


def test_a_pulled_cable_ends_a_session_and_is_survived(net: HomeNetwork, world: World, family: Home) -> None:
    family.start()
    world.wait_linked(family)
    plug = world.pipe(family)
    assert plug.recv(8).startswith(b"SSH-2.0-")
    net.unplug()
    plug.settimeout(120)
    while plug.recv(4096):  # nothing says so but silence: pings that nobody answers
        pass
    wait_until(lambda: not world.linked(family), "the controller knows", 60, poll=0.5)
    net.plug()
    wait_until(lambda: _session(world, family), "a new session", 150, poll=1)


@pytest.mark.parametrize("how", ["settings", "environment"])
def test_only_a_proxy_leads_out(net: HomeNetwork, world: World, family: Home, how: str) -> None:
    net.only_through_a_proxy()
    log = net.proxy(family.folder)
    proxy = "http://school:word@192.168.73.1:3128"
    if how == "settings":
        family.pc.settings["proxy"] = proxy
    else:
        family.pc.extra_environment = {"https_proxy": proxy, "no_proxy": "localhost,.school.example"}
    family.pc.write()
    family.start()
    world.wait_linked(family)
    with world.ssh(family) as client:
        assert run(client, "echo through")[1] == b"through\n"
    assert f"CONNECT {CONTROLLER}:{world.settings.port}" in log.read_text()
    assert "word" not in family.log
    net.proxies.pop().kill()


def test_a_proxy_of_yesterdays_school_does_not_stop_a_pc_at_home(net: HomeNetwork, world: World, family: Home) -> None:
    """The environment still names it, nobody answers there: the direct way is tried in turn."""
    family.pc.extra_environment = {"https_proxy": "http://192.168.73.1:9"}
    family.start()
    world.wait_linked(family, 90)
