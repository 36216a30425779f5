"""A small workshop in a database, made with the controller's own services: one machine in each situation."""

from __future__ import annotations

import datetime as dt
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.orm import Session

from agent.protocol import Announcement
from controller.access.people import create_user
from controller.access.roles import Role
from controller.database import utcnow
from controller.erasure.authorise import authorise, preview
from controller.erasure.policy_values import Policy
from controller.erasure.recheck import draw
from controller.erasure.tables import Erasure
from controller.health.reports import store_report
from controller.ledger.append import append
from controller.ledger.kinds import Kind
from controller.machines.announce import announce, current_boot
from controller.machines.intake import accept, create_lot, expect_machines, tie
from controller.machines.lifecycle import State
from controller.machines.moves import hold, move
from controller.machines.registry import get_machine
from controller.machines.tables import Lot, Machine
from controller.workflows.steps_list import NAMES
from controller.workflows.tables import Job, Run, RunStep, StepLog
from tests.unit.controller.evidence import ata_facts, ata_security, erase_facts

PASSWORDS = {"karim": "le-chat-dort-ici", "claire": "la-pluie-tombe-dru", "amelie": "le-vent-se-leve-tot"}
ROLES = {"karim": Role.TECHNICIAN, "claire": Role.COORDINATOR, "amelie": Role.ADMIN}
LONG_MODEL = "Compaq Elite 8300 Ultra-slim Desktop Sonderausführung Très Longue 42"


def drive(
    serial: str,
    size: int = 256_060_514_304,
    *,
    rotational: bool = False,
    path: str = "/dev/sda",
    erase: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """One drive of an inventory."""
    return {
        **({"erase": erase} if erase else {}),
        "path": path,
        "model": "WDC WD5000LPLX-75ZNTT0" if rotational else "SAMSUNG MZ7LN256HCHP-000L7",
        "serial": serial,
        "wwn": "",
        "size_bytes": size,
        "rotational": rotational,
        "transport": "sata",
        "removable": False,
        "read_only": False,
        "boot_medium": False,
        "in_use": [],
        "partitions": [{"path": f"{path}1", "size_bytes": size // 2, "fstype": "ntfs", "label": "Windows"}],
        "smart": {"available": True, "passed": True, "power_on_hours": 12345, "temperature_celsius": 31},
    }


def chassis(serial: str, manufacturer: str, product: str) -> dict[str, str]:
    """What the firmware says."""
    return {
        "system_uuid": f"4c4c4544-0043-3010-8052-{serial.rjust(12, 'a').lower()}",
        "system_serial": serial,
        "board_serial": "",
        "chassis_serial": serial,
        "manufacturer": manufacturer,
        "product": product,
        "version": "",
        "sku": "",
        "asset_tag": "",
        "chassis_type": "10",
    }


def announcement(serial: str, manufacturer: str, product: str) -> Announcement:
    """A machine says who it is."""
    return {
        "protocol": 1,
        "mode": "live",
        "boot_id": f"boot-{serial}",
        "boot_secret": serial.ljust(40, "0"),
        "agent_version": "0.1.0",
        "image_version": "test",
        "chassis": chassis(serial, manufacturer, product),  # type: ignore[typeddict-item]
        "nics": [],
        "ssh_host_keys": ["ssh-ed25519 " + "A" * 60],
        "firmware": "uefi",
        "secure_boot": True,
        "hostname": "recyclerie-live",
    }


def inventory(
    session: Session, machine: Machine, drives: list[dict[str, Any]], message_id: str, problems: list[str] | None = None
) -> None:
    """The machine reports what it is made of."""
    boot = current_boot(session, machine.id)
    assert boot is not None
    body = {
        "schema": "recyclerie.inventory/1",
        "taken_at": utcnow().isoformat(),
        "image_version": "test",
        "chassis": boot.announcement["chassis"],
        "cpu": {"model": "Intel(R) Core(TM) i5-6300U CPU @ 2.40GHz", "cores": 2, "threads": 4},
        "memory": {"total_bytes": 8_201_232_384, "modules": [{"slot": "A", "size_bytes": 8 * 2**30, "type": "DDR4"}]},
        "drives": drives,
        "network": [{"name": "eth0", "mac": "52:54:00:00:00:01", "bus": "pci", "driver": "e1000e", "wireless": False}],
        "graphics": [{"name": "Intel HD Graphics 520", "driver": "i915"}],
        "sound": [],
        "batteries": [],
        "controllers": [],
        "problems": problems or [],
    }
    store_report(session, machine, boot, "inventory", body, message_id)


def plug(session: Session, serial: str, manufacturer: str = "Dell Inc.", product: str = "Latitude E5470") -> Machine:
    """A machine announces itself."""
    answer = announce(session, "main", announcement(serial, manufacturer, product), "10.42.0.7", None)
    return get_machine(session, int(answer["machine_id"] or 0))


def welcome(session: Session, serial: str, lot: Lot | None, drives: list[dict[str, Any]], **kind: str) -> Machine:
    """A machine that announced itself, was accepted, inspected, and tied to ``lot``."""
    machine = plug(session, serial, **kind)
    accept(session, machine, "user:1")
    boot = current_boot(session, machine.id)
    assert boot is not None
    boot.linked = True
    if lot is not None:
        tie(session, machine, lot, "user:1")
    inventory(session, machine, drives, f"inventory-{serial}")
    move(session, machine, State.INSPECTED, "controller")
    return machine


def run_at(session: Session, machine: Machine, name: str, state: str) -> RunStep:
    """A run of ``machine`` that has come to the step ``name``."""
    now = utcnow()
    run_state = {"running": "running", "waiting": "waiting", "failed": "failed"}[state]
    run = Run(
        machine_id=machine.id,
        workflow="recondition",
        generation=1,
        profile="mini",
        state=run_state,
        started_by="user:1",
        created_at=now - dt.timedelta(minutes=30),
        started_at=now - dt.timedelta(minutes=30),
        error_params={},
    )
    session.add(run)
    session.flush()
    at = NAMES.index(name)
    current: RunStep | None = None
    for position, step_name in enumerate(NAMES):
        step = RunStep(
            run_id=run.id,
            name=step_name,
            position=position,
            state="succeeded" if position < at else state if position == at else "pending",
            attempt=1 if position <= at else 0,
            started_at=now - dt.timedelta(minutes=20) if position <= at else None,
            ended_at=now - dt.timedelta(minutes=18) if position < at else None,
            error_params={},
        )
        session.add(step)
        session.flush()
        if position == at:
            current = step
        if position <= at:
            for n in range(3):
                session.add(StepLog(step_id=step.id, at=now, source="ansible", text=f"{step_name}: line {n}"))
    assert current is not None
    return current


def erasing(session: Session, machine: Machine) -> None:
    """Authorise, and start the erase of every drive."""
    shown = preview(session, machine)
    given = authorise(session, machine, [(d.drive.id, d.drive.serial) for d in shown.drives], "user:1")
    move(session, machine, State.ERASING, "controller")
    step = run_at(session, machine, "erase", "running")
    now = utcnow()
    for item in shown.drives:
        total = 2 * item.drive.size_bytes
        job = Job(
            id=f"r{step.run_id}-erase-d{item.drive.id}-1",
            step_id=step.id,
            machine_id=machine.id,
            drive_id=item.drive.id,
            kind="erase",
            label=f"{item.drive.model} {item.drive.serial}",
            state="running",
            phase="write",
            done=total // 10,
            total=total,
            rate_per_second=110e6,
            eta_seconds=1800,
            created_at=now,
            heard_at=now,
        )
        session.add(job)
        session.add(
            Erasure(
                drive_id=item.drive.id,
                machine_id=machine.id,
                run_id=step.run_id,
                authorisation_id=given.id,
                job_id=job.id,
                plan=dict(item.verdict.plan or {}),
                size_bytes=item.drive.size_bytes,
                started_at=now,
            )
        )
        step.done, step.total, step.unit, step.eta_seconds = job.done, job.total, "bytes", 1800


def drawn(session: Session, key: Ed25519PrivateKey) -> Machine:
    """A machine whose two drives were erased on Karim's word and drawn: its run waits for a second person."""
    lot = session.get_one(Lot, 1)
    drives = [drive("SN-DRAWN-A"), drive("SN-DRAWN-B", 500_107_862_016, rotational=True, path="/dev/sdb")]
    machine = welcome(session, "DRAW01", lot, drives)
    shown = preview(session, machine)
    given = authorise(session, machine, [(d.drive.id, d.drive.serial) for d in shown.drives], "user:1")
    for state in (State.ERASING, State.ERASED):
        move(session, machine, state, "controller")
    step = run_at(session, machine, "recheck", "waiting")
    for item in shown.drives:
        erasure = Erasure(
            drive_id=item.drive.id,
            machine_id=machine.id,
            run_id=step.run_id,
            authorisation_id=given.id,
            job_id=f"r{step.run_id}-erase-d{item.drive.id}-1",
            plan=dict(item.verdict.plan or {}),
            size_bytes=item.drive.size_bytes,
            outcome="erased",
            level="clear",
            started_at=utcnow(),
            ended_at=utcnow(),
        )
        session.add(erasure)
        body = {"job": erasure.job_id, "outcome": "erased", "level": "clear", "machine": machine.id}
        append(session, Kind.DRIVE_CLAIM, item.drive.subject, body)
        draw(session, erasure, Policy(recheck_share=1.0), key)
    return machine


def build(session: Session) -> dict[str, int]:
    """Fill an empty database. Returns the ids of the machines and lots by what they show."""
    for login, password in PASSWORDS.items():
        create_user(session, site="main", login=login, display_name=login.title(), role=ROLES[login], password=password)
    lots = [
        create_lot(
            session,
            site="main",
            donor_name=name,
            donor_kind="public",
            regime="never-sold",
            received_on=dt.date(2026, 3, 12),
            expected_count=count,
            profile="mini",
            notes="",
            actor="user:1",
        )
        for name, count in (("Ville de Gardanne", 6), ("Métropole, direction informatique", 20))
    ]
    expect_machines(session, lots[1], 3, "user:1")
    found = {"lot": lots[0].id, "lot2": lots[1].id}

    frozen = ata_facts(
        sanitize=None,
        security=ata_security(frozen=True),
        hidden=[{"kind": "hpa", "visible_bytes": 256_060_514_304, "native_bytes": 257_060_514_304}],
    )
    waiting = welcome(
        session,
        "WAIT01",
        lots[0],
        [
            drive("SN-WAIT-A"),
            drive("SN-WAIT-B", rotational=True, path="/dev/sdb", erase=erase_facts("hdd", ata=frozen)),
        ],
    )
    run_at(session, waiting, "authorise", "waiting")
    swapped = welcome(session, "SWAP01", lots[0], [drive("SN-OLD")])
    run_at(session, swapped, "authorise", "waiting")
    refused = welcome(session, "NOSN01", lots[0], [drive("SN-GOOD"), drive("", path="/dev/sdb")])
    run_at(session, refused, "authorise", "waiting")
    untied = welcome(session, "UNTI01", None, [drive("SN-UNTIED")])
    run_at(session, untied, "authorise", "waiting")
    at_work = welcome(
        session, "WORK01", lots[0], [drive("SN-WORK")], manufacturer="Hewlett-Packard", product=LONG_MODEL
    )
    erasing(session, at_work)
    held = welcome(session, "HELD01", lots[1], [drive("SN-HELD")])
    hold(session, held, "{text}", "user:1", text="Le ventilateur fait du bruit")
    ready = welcome(session, "REDY01", lots[1], [drive("SN-READY")])
    for state in (State.ERASING, State.ERASED, State.INSTALLING, State.INSTALLED, State.READY):
        move(session, ready, state, "controller")
    stranger = plug(session, "STRA01", "LENOVO", "20HES0000")
    found |= {
        "waiting": waiting.id,
        "swapped": swapped.id,
        "refused": refused.id,
        "untied": untied.id,
        "at_work": at_work.id,
        "held": held.id,
        "ready": ready.id,
        "stranger": stranger.id,
    }
    return found
