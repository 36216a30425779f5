"""A machine announces itself: who it is, whether it may speak, and its token for this boot."""

from __future__ import annotations

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from agent.protocol import PROTOCOL_VERSION, AnnounceAnswer, Announcement
from controller.access.secrets import hash_secret, new_secret
from controller.bus import publish_after_commit
from controller.database import utcnow
from controller.errors import Forbidden, RecyclerieError, Unauthenticated
from controller.i18n import N_
from controller.ledger.append import append
from controller.ledger.chain import format_time
from controller.ledger.kinds import Kind
from controller.machines.identity import identifiers
from controller.machines.lifecycle import State
from controller.machines.moves import move
from controller.machines.registry import (
    describe,
    end_boots,
    is_connected,
    keep_identifiers,
    new_machine,
    recognise,
    revoke_resident_tokens,
)
from controller.machines.tables import Boot, Machine, ResidentToken

QUARANTINE_RETRY_SECONDS = 5.0
MAC = re.compile(r"[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}")


def announce(session: Session, site: str, said: Announcement, address: str, bearer: str | None) -> AnnounceAnswer:
    """Take an announcement, in a writing transaction.

    Raises:
        RecyclerieError: the agent speaks another protocol.
        Unauthenticated: a resident agent's token is unknown or revoked.
        Forbidden: another boot of the same machine is connected right now, or its host keys changed.
    """
    if said["protocol"] != PROTOCOL_VERSION:
        raise RecyclerieError(
            N_("The agent speaks protocol {theirs}, this controller {ours}."),
            N_("Build the live image again: recyclerie image build live."),
            theirs=said["protocol"],
            ours=PROTOCOL_VERSION,
        )
    if said["mode"] == "resident":
        return _resident(session, said, address, bearer)
    boot = session.execute(
        select(Boot).where(Boot.secret_hash == hash_secret(said["boot_secret"]))
    ).scalar_one_or_none()
    if boot is None:
        boot = _new_boot(session, site, said, address)
    _same_host_keys(boot, said)
    boot.address, boot.last_heard_at = address, utcnow()
    boot.machine.last_heard_at = boot.last_heard_at
    publish_after_commit(session, f"machine:{boot.machine_id}")
    return _answer(session, boot)


def _same_host_keys(boot: Boot, said: Announcement) -> None:
    """They were pinned at the first announcement of this boot: nobody may put others in their place."""
    if boot.ssh_host_keys != said["ssh_host_keys"]:
        raise Forbidden(
            N_("The SSH host keys of {machine} changed since it announced itself."),
            N_("Restart it."),
            machine=boot.machine.name,
        )


def _same_system(session: Session, machine: Machine, token: ResidentToken, said: Announcement) -> None:
    """A token belongs to one installed system, whose host keys never change: another machine's token is refused."""
    before = session.execute(
        select(Boot.ssh_host_keys)
        .where(Boot.machine_id == machine.id, Boot.mode == "resident", Boot.announced_at >= token.created_at)
        .order_by(Boot.id)
        .limit(1)
    ).scalar_one_or_none()
    if before is not None and before != said["ssh_host_keys"]:
        raise Forbidden(
            N_("This is not the system that was installed on {machine}: its SSH host keys are others."),
            N_("Its token may have been copied. Look at both machines; install this one again."),
            machine=machine.name,
        )


def _new_boot(session: Session, site: str, said: Announcement, address: str) -> Boot:
    seen = identifiers(said["chassis"], said["nics"])
    verdict = recognise(session, seen)
    if verdict.verdict == "known" and verdict.machine_id is not None:
        machine = session.get_one(Machine, verdict.machine_id)
        _refuse_twin(session, machine, said)
        keep_identifiers(session, machine, seen)
    else:
        machine = new_machine(session, site, State.PLUGGED)
        # Look-alikes by weak identifiers (the workshop's own USB adapter) are no conflict.
        machine.conflict_with = list(verdict.candidates) if verdict.verdict == "conflict" else []
        append(
            session,
            Kind.MACHINE_ANNOUNCED,
            machine.subject,
            {"candidates": list(verdict.candidates), "verdict": verdict.verdict},
            site=site,
        )
        keep_identifiers(session, machine, seen)
    describe(machine, said["chassis"])
    if machine.state in (State.EXPECTED, State.RETURNED):
        move(session, machine, State.PLUGGED, machine.subject)
    end_boots(session, machine)
    boot = Boot(
        machine_id=machine.id,
        mode="live",
        boot_id=said["boot_id"],
        secret_hash=hash_secret(said["boot_secret"]),
        status="accepted" if machine.accepted_at else "quarantined",
        address=address,
        ssh_host_keys=said["ssh_host_keys"],
        announcement={k: v for k, v in said.items() if k != "boot_secret"},
        announced_at=utcnow(),
        last_heard_at=utcnow(),
    )
    boot.machine = machine
    session.add(boot)
    session.flush()
    return boot


def _refuse_twin(session: Session, machine: Machine, said: Announcement) -> None:
    if is_connected(session, machine.id, but_boot=said["boot_id"]):
        raise Forbidden(
            N_("Another machine with the identity of {machine} is connected right now."),
            N_("If it was just restarted, wait half a minute; else look at both machines' serial numbers."),
            machine=machine.name,
        )


def _resident(session: Session, said: Announcement, address: str, bearer: str | None) -> AnnounceAnswer:
    token = session.execute(
        select(ResidentToken).where(
            ResidentToken.token_hash == hash_secret(bearer or ""), ResidentToken.revoked_at.is_(None)
        )
    ).scalar_one_or_none()
    if token is None:
        raise Unauthenticated(
            N_("This installed system's token is unknown or was revoked."), N_("Install the machine again.")
        )
    machine = session.get_one(Machine, token.machine_id)
    boot = session.execute(
        select(Boot).where(Boot.secret_hash == hash_secret(said["boot_secret"]), Boot.machine_id == machine.id)
    ).scalar_one_or_none()
    if boot is None:
        _same_system(session, machine, token, said)
        end_boots(session, machine)
        # A repeated install gave several tokens out: the one that is used is the one that is on the drive.
        revoke_resident_tokens(session, machine.id, but=token.id)
        boot = Boot(
            machine_id=machine.id,
            mode="resident",
            boot_id=said["boot_id"],
            secret_hash=hash_secret(said["boot_secret"]),
            status="accepted",
            ssh_host_keys=said["ssh_host_keys"],
            announcement={k: v for k, v in said.items() if k != "boot_secret"},
            announced_at=utcnow(),
            address=address,
            last_heard_at=utcnow(),
        )
        boot.machine = machine
        session.add(boot)
    _same_host_keys(boot, said)
    if boot.announcement.get("agent_version") != said["agent_version"]:  # it was updated since
        boot.announcement = {**boot.announcement, "agent_version": said["agent_version"]}
    boot.address, boot.last_heard_at = address, utcnow()
    machine.last_heard_at = boot.last_heard_at
    session.flush()
    publish_after_commit(session, f"machine:{machine.id}")
    return _answer(session, boot, token=bearer)


def _answer(session: Session, boot: Boot, token: str | None = None) -> AnnounceAnswer:
    machine = boot.machine
    answer: AnnounceAnswer = {
        "status": "quarantined",
        "machine_id": machine.id,
        "tag": machine.tag,
        "retry_seconds": QUARANTINE_RETRY_SECONDS,
        "server_time": format_time(utcnow()),
        "message": "waiting for a technician to accept this machine",
    }
    if boot.status == "accepted":
        if token is None:
            token = new_secret()
            boot.token_hash = hash_secret(token)
        answer["status"], answer["token"], answer["message"] = "accepted", token, ""
    elif boot.status != "quarantined":
        answer["status"], answer["retry_seconds"] = "refused", 60.0
        answer["message"] = "a technician refused this machine, or it was restarted"
    session.flush()
    return answer


def find_boot(session: Session, token: str) -> Boot | None:
    """The boot that a token speaks for: a live boot's own, or the newest of the installed system's."""
    hashed = hash_secret(token)
    boot = session.execute(
        select(Boot).where(Boot.token_hash == hashed, Boot.status == "accepted")
    ).scalar_one_or_none()
    if boot is not None:
        return boot
    machine_id = session.execute(
        select(ResidentToken.machine_id).where(ResidentToken.token_hash == hashed, ResidentToken.revoked_at.is_(None))
    ).scalar_one_or_none()
    if machine_id is None:
        return None
    return session.execute(
        select(Boot)
        .where(Boot.machine_id == machine_id, Boot.mode == "resident", Boot.status == "accepted")
        .order_by(Boot.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def current_boot(session: Session, machine_id: int) -> Boot | None:
    """The machine's newest boot that isn't over."""
    return session.execute(
        select(Boot)
        .where(Boot.machine_id == machine_id, Boot.status.in_(["quarantined", "accepted"]))
        .order_by(Boot.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def wired_macs(boot: Boot) -> list[str]:
    """The addresses by which the machine may ask the network for its boot loader."""
    nics = boot.announcement.get("nics", [])
    return [nic["mac"] for nic in nics if MAC.fullmatch(nic.get("mac") or "") and not nic.get("wireless")]
