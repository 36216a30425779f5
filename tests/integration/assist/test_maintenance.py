"""Maintenance asked for on the dashboard: a sealed Debian is worked on through its link, whatever is killed."""

from __future__ import annotations

import json
import ssl
import subprocess
import tarfile
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from controller.access.people import create_user, open_session
from controller.access.roles import Role
from controller.health.tables import Report
from controller.ledger.tables import LedgerEntry
from controller.maintenance.tables import MaintenanceAction, MaintenanceLog
from controller.web.deps import COOKIE
from tests.integration.assist.test_maintain import TAG, bench, linked, make_pc, rig_ready, sealed, shop
from tests.integration.assist.world import World
from tests.lab.waiting import wait_until
from tests.rig import RigPC

__all__ = ["bench", "make_pc", "rig_ready", "sealed", "shop"]
pytestmark = [pytest.mark.rig, pytest.mark.timeout(600)]
APT = """#!/bin/sh
echo "run $$ $*" >>/root/apt.log
case "$*" in *" update"*|*--just-print*) exit 0;; esac
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do echo "Unpacking part $i ..."; sleep 2; done
echo "3 upgraded, 0 newly installed, 0 to remove and 0 not upgraded."
"""


class Browser:
    """A technician's browser without script."""

    def __init__(self, world: World) -> None:
        with world.core.database.write() as session:
            user = create_user(
                session,
                site="main",
                login="karim",
                display_name="Karim",
                role=Role.TECHNICIAN,
                password="a password of the tests",
                language="en",
            )
            session.flush()
            self.actor = user.actor
            secret, row = open_session(session, user)
            self.csrf = row.csrf
        self.client = httpx.Client(
            base_url=world.core.controller_url,
            verify=ssl.create_default_context(cafile=str(world.core.keys.ca)),
            cookies={COOKIE: secret},
            headers={"accept": "text/html"},
            timeout=60,
        )

    def post(self, path: str, **data: str) -> httpx.Response:
        return self.client.post(path, data={"csrf": self.csrf, **data})


def action(shop: World) -> MaintenanceAction:
    """The newest."""
    with shop.core.database.read() as session:
        return session.execute(select(MaintenanceAction).order_by(MaintenanceAction.id.desc()).limit(1)).scalar_one()


def lines(shop: World, source: str = "machine") -> list[str]:
    with shop.core.database.read() as session:
        query = select(MaintenanceLog.text).where(
            MaintenanceLog.action_id == action(shop).id, MaintenanceLog.source == source
        )
        return list(session.execute(query.order_by(MaintenanceLog.id)).scalars())


def wait_ended(shop: World, seconds: float = 240) -> MaintenanceAction:
    wait_until(
        lambda: action(shop).ended_at is not None,
        "it is over",
        seconds,
        poll=0.5,
        hint=lambda: f"{action(shop).state} {lines(shop, 'controller')} {shop.log()[-3000:]}",
    )
    return action(shop)


def entries(shop: World, prefix: str) -> list[dict[str, Any]]:
    with shop.core.database.read() as session:
        rows = session.execute(select(LedgerEntry).order_by(LedgerEntry.seq)).scalars()
        return [json.loads(row.content) for row in rows if row.kind.startswith(prefix)]


def test_an_update_outlives_the_controller_and_the_rest_works(shop: World, sealed: RigPC) -> None:
    wait_until(lambda: linked(shop), "it is linked", 60, poll=0.5)
    apt = sealed.root / "usr/local/bin/apt-get"
    apt.write_text(APT)
    apt.chmod(0o755)
    karim = Browser(shop)
    assert karim.post("/machines/1/maintenance", action="update").status_code == 303
    wait_until(lambda: len(lines(shop)) >= 2, "the log is live while apt works", 90, poll=0.3, hint=shop.log)
    assert action(shop).state == "running"
    shop.kill()  # in the middle of it
    shop.start()
    assert action(shop).ended_at is None
    done = wait_ended(shop)
    assert (done.state, done.outcome, done.changed) == ("succeeded", "done", True), done.detail
    assert times(sealed, " upgrade") == 1  # never a second time
    told = [line for line in lines(shop) if line.startswith("Unpacking part")]
    assert told == [f"Unpacking part {n} ..." for n in range(1, 16)]
    (started,), (ended,) = entries(shop, "maintenance.started"), entries(shop, "maintenance.ended")
    assert started["actor"] == ended["actor"] == karim.actor
    assert ended["body"] == {"action": 1, "what": "update", "state": "succeeded", "changed": True, "outcome": "done"}
    assert {entry["actor"] for entry in entries(shop, "stream.")} == {karim.actor}
    assert not list(shop.settings.runs_dir.glob("*"))  # nothing of the killed play is left

    # The machine goes away in the middle, is asked for something else too, and comes back.
    karim.post("/machines/1/maintenance", action="repair")
    wait_until(lambda: action(shop).state == "running", "it runs", 60, poll=0.3)
    wait_until(lambda: times(sealed, "fix-broken"), "apt works", 60, poll=0.3)
    agent(sealed, "stop")
    wait_until(lambda: not linked(shop), "it is away", 90, poll=0.5)
    wait_until(lambda: action(shop).state == "waiting", "its maintenance waits for it", 120, poll=0.5)
    refused = karim.client.post("/machines/1/maintenance", data={"csrf": karim.csrf, "action": "reinspect"})
    assert refused.status_code == 409
    assert "not connected" in refused.text
    agent(sealed, "start")
    done = wait_ended(shop)
    assert (done.state, done.action, done.changed) == ("succeeded", "repair", True), done.detail
    assert times(sealed, "fix-broken") == 1

    karim.post("/machines/1/maintenance", action="settings", timezone="Indian/Reunion")
    assert (wait_ended(shop).state, action(shop).changed) == ("succeeded", True)
    assert (sealed.root / "etc/timezone").read_text() == "Indian/Reunion\n"

    karim.post("/machines/1/maintenance", action="reinspect")
    assert wait_ended(shop).state == "succeeded", action(shop).detail
    with shop.core.database.read() as session:
        report = session.query(Report).filter_by(kind="inventory").order_by(Report.id.desc()).first()
        assert report is not None
        assert report.message_id == f"1:action-{action(shop).id}"

    token = (sealed.root / "etc/recyclerie/token").read_text().strip()
    subprocess.run(["nsenter", "-t", str(leader(sealed)), "-a", "logger", f"leaked token {token}"], check=True)
    karim.post("/machines/1/maintenance", action="logs")
    done = wait_ended(shop)
    assert (done.state, done.bundle_bytes > 1000) == ("succeeded", True), done.detail
    answer = karim.client.get(f"/maintenance/{done.id}/bundle")
    assert answer.headers["content-type"] == "application/gzip"
    path = shop.folder / "bundle.tar.gz"
    path.write_bytes(answer.content)
    with tarfile.open(path) as packed:
        assert {"journal.txt", "status.json", "kernel.txt"} <= set(packed.getnames())
        journal = packed.extractfile("journal.txt")
        assert journal is not None
        text = journal.read().decode()
    assert "leaked token ..." in text
    assert token not in text
    assert not list((sealed.root / "run").glob("recyclerie-logs-*"))  # nothing is left on the machine

    # Its rights end: the link ends, its key is gone, and nobody can ask it for anything.
    assert karim.post("/machines/1/revoke", tag="R-999999").status_code == 409
    assert karim.post("/machines/1/revoke", tag=TAG.lower()).status_code == 303
    wait_until(lambda: not linked(shop), "its link has ended", 60, poll=0.5)
    keys = sealed.root / "etc/recyclerie/maintenance_keys"
    wait_until(lambda: not keys.exists(), "its key is gone", 30, poll=0.5)
    assert entries(shop, "machine.revoked")[0]["actor"] == karim.actor
    assert karim.post("/machines/1/maintenance", action="update", later="yes").status_code == 409
    assert "rights of this machine were ended" in karim.client.get("/machines/1?tab=assist").text


def times(pc: RigPC, what: str) -> int:
    """How often apt was called for this; the agent asks it for what is due by itself."""
    return sum(what in line for line in (pc.root / "root/apt.log").read_text().splitlines())


def leader(pc: RigPC) -> int:
    return pc._boot.leader()  # type: ignore[union-attr]


def agent(pc: RigPC, do: str) -> None:
    subprocess.run(["nsenter", "-t", str(leader(pc)), "-a", "systemctl", do, "recyclerie-agent.service"], check=True)
