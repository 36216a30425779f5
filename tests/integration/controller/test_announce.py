"""Who may speak: quarantine, tokens, repeated and changed announcements, twins, installed systems."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agent.protocol import AnnounceAnswer, Announcement
from controller.access.secrets import hash_secret
from controller.core import Core
from controller.database import utcnow
from controller.errors import Forbidden, RecyclerieError, Unauthenticated
from controller.machines import announce as announcing
from controller.machines.announce import current_boot, find_boot
from controller.machines.intake import accept, refuse
from controller.machines.lifecycle import State
from controller.machines.moves import recycle, take_for_parts
from controller.machines.registry import ALIVE_SECONDS, get_machine
from controller.machines.tables import Boot, Machine, ResidentToken
from tests.integration.controller.facts import HOST_KEY, announcement, chassis, nic

OTHER_KEY = HOST_KEY[:-1] + "C"


def say(core: Core, said: Announcement, bearer: str | None = None, address: str = "10.0.0.7") -> AnnounceAnswer:
    with core.database.write() as session:
        return announcing.announce(session, "main", said, address, bearer)


def admit(core: Core, number: int = 1, boot: int = 1) -> AnnounceAnswer:
    """Announced, accepted, announced again: the answer with its token."""
    first = say(core, announcement(number, boot))
    with core.database.write() as session:
        accept(session, get_machine(session, first["machine_id"] or 0), "user:1")
    return say(core, announcement(number, boot))


def machines(core: Core) -> list[Machine]:
    with core.database.read() as session:
        return list(session.execute(select(Machine).order_by(Machine.id)).scalars())


def boots(core: Core) -> list[tuple[str, bool]]:
    with core.database.read() as session:
        return [(b.status, b.token_hash is not None) for b in session.execute(select(Boot).order_by(Boot.id)).scalars()]


def link(session: Session, machine_id: int, *, silent_for: float = 0) -> None:
    """Play a connected agent."""
    boot = current_boot(session, machine_id)
    assert boot is not None
    boot.linked = True
    boot.last_heard_at = utcnow() - dt.timedelta(seconds=silent_for)


def resident_token(core: Core, machine_id: int, secret: str = "resident-token") -> str:  # noqa: S107
    with core.database.write() as session:
        session.add(ResidentToken(machine_id=machine_id, token_hash=hash_secret(secret), created_at=utcnow()))
    return secret


def test_an_unknown_machine_is_quarantined(core: Core) -> None:
    answer = say(core, announcement())
    assert answer["status"] == "quarantined"
    assert "token" not in answer
    assert say(core, announcement())["machine_id"] == answer["machine_id"]
    (machine,) = machines(core)
    assert (machine.accepted_at, machine.state, machine.tag) == (None, State.PLUGGED, None)
    assert (machine.manufacturer, machine.serial, machine.form) == ("HP", "5CG7190001", "laptop")


def test_accepted_it_gets_a_token_that_is_stored_hashed(core: Core) -> None:
    answer = admit(core)
    token = answer["token"]
    with core.database.read() as session:
        boot = find_boot(session, token)
        assert boot is not None
        assert boot.token_hash == hash_secret(token)
        rows = session.execute(select(Boot)).scalars().all()
        assert token not in str([(b.announcement, b.secret_hash, b.token_hash) for b in rows])
        assert announcement()["boot_secret"] not in str([(b.announcement, b.secret_hash) for b in rows])


def test_each_announcement_gives_a_new_token(core: Core) -> None:
    old = admit(core)["token"]
    new = say(core, announcement())["token"]
    with core.database.read() as session:
        assert find_boot(session, old) is None
        assert find_boot(session, new) is not None


def test_only_who_knows_the_boots_secret_gets_its_token(core: Core) -> None:
    """Somebody else on the network who says the same of himself, while the machine is connected."""
    machine_id = admit(core)["machine_id"]
    with core.database.write() as session:
        link(session, machine_id or 0)
    with pytest.raises(Forbidden, match="connected right now"):
        say(core, announcement(1, 2), address="10.0.0.66")


@pytest.mark.parametrize(("silent_for", "refused"), [(0, True), (ALIVE_SECONDS - 5, True), (ALIVE_SECONDS + 5, False)])
def test_a_twin_is_refused_while_the_first_is_heard(core: Core, silent_for: float, refused: bool) -> None:
    machine_id = admit(core)["machine_id"]
    with core.database.write() as session:
        link(session, machine_id or 0, silent_for=silent_for)
    if refused:
        with pytest.raises(Forbidden, match="connected right now"):
            say(core, announcement(1, 2))
        return
    assert say(core, announcement(1, 2))["status"] == "accepted"
    assert boots(core) == [("ended", False), ("accepted", True)]


def test_a_new_boot_ends_the_one_before(core: Core) -> None:
    old = admit(core)["token"]
    answer = say(core, announcement(1, 2))
    assert answer["status"] == "accepted"  # it is known
    with core.database.read() as session:
        assert find_boot(session, old) is None
    assert say(core, announcement(1, 1))["status"] == "refused"  # the first boot speaks again: too late


@pytest.mark.parametrize("keys", [[OTHER_KEY], [HOST_KEY, OTHER_KEY], []])
def test_host_keys_are_pinned(core: Core, keys: list[str]) -> None:
    admit(core)
    with pytest.raises(Forbidden, match="host keys"):
        say(core, announcement(ssh_host_keys=keys))
    with core.database.read() as session:
        boot = current_boot(session, 1)
        assert boot is not None
        assert boot.ssh_host_keys == [HOST_KEY]


def test_host_keys_are_pinned_in_quarantine_too(core: Core) -> None:
    """Else somebody could put his own in their place just before the technician accepts."""
    say(core, announcement())
    with pytest.raises(Forbidden, match="host keys"):
        say(core, announcement(ssh_host_keys=[OTHER_KEY]))


def test_refused(core: Core) -> None:
    machine_id = say(core, announcement())["machine_id"] or 0
    with core.database.write() as session:
        refuse(session, get_machine(session, machine_id), "user:1")
    answer = say(core, announcement())
    assert (answer["status"], "token" in answer) == ("refused", False)
    assert say(core, announcement(1, 2))["status"] == "quarantined"  # switched on again, it asks again


def test_another_protocol(core: Core) -> None:
    with pytest.raises(RecyclerieError, match="protocol 2"):
        say(core, announcement(protocol=2))


def test_two_machines_with_the_same_rubbish_stay_two(core: Core) -> None:
    rubbish = chassis(
        system_uuid="03000200-0400-0500-0006-000700080009",
        system_serial="To be filled by O.E.M.",
        board_serial="Default string",
        chassis_serial="Default string",
    )
    for number in (1, 2):
        say(core, announcement(number, chassis=rubbish))
    assert [(m.id, m.conflict_with) for m in machines(core)] == [(1, []), (2, [])]


def test_a_swapped_board_is_a_conflict(core: Core) -> None:
    admit(core)
    swapped = chassis(2, system_serial=chassis(1)["system_serial"], chassis_serial=chassis(1)["chassis_serial"])
    answer = say(core, announcement(2, chassis=swapped))
    assert answer["status"] == "quarantined"
    assert [(m.id, m.conflict_with) for m in machines(core)] == [(1, []), (2, [1])]


def test_the_workshops_usb_adapter_is_no_conflict(core: Core) -> None:
    adapter = nic(99, "usb")
    for number in (1, 2):
        say(core, announcement(number, nics=[adapter]))
    assert [m.conflict_with for m in machines(core)] == [[], []]


@pytest.mark.parametrize("leave", ["recycled", "parts"])
def test_who_left_is_locked_out(core: Core, leave: str) -> None:
    """Its tokens open nothing any more; the same hardware is a new machine, should it come back."""
    live = admit(core)["token"]
    resident = resident_token(core, 1)
    with core.database.write() as session:
        machine = get_machine(session, 1)
        if leave == "recycled":
            recycle(session, machine, "user:1", "BSD-1", 2.0)
        else:
            take_for_parts(session, machine, "user:1")
    with core.database.read() as session:
        assert find_boot(session, live) is None
        assert find_boot(session, resident) is None
    with pytest.raises(Unauthenticated):
        say(core, announcement(mode="resident", boot_secret="r" * 64), resident)
    assert say(core, announcement(1, 2))["machine_id"] == 2


def test_returned_is_plugged_again(core: Core) -> None:
    admit(core)
    with core.database.write() as session:
        get_machine(session, 1).state_name = State.RETURNED.value
    say(core, announcement(1, 2))
    assert machines(core)[0].state is State.PLUGGED


def resident(boot: int = 1, **changes: Any) -> Announcement:
    return announcement(mode="resident", boot_id=f"resident-{boot}", boot_secret=f"resident{boot:056d}", **changes)


def test_an_installed_system_speaks_with_its_token(core: Core) -> None:
    live = admit(core)["token"]
    token = resident_token(core, 1)
    answer = say(core, resident(), token)
    assert (answer["status"], answer["machine_id"]) == ("accepted", 1)
    with core.database.read() as session:
        boot = find_boot(session, token)
        assert boot is not None
        assert boot.mode == "resident"
        assert find_boot(session, live) is None  # the live system is gone


@pytest.mark.parametrize("bearer", [None, "", "wrong", "Resident-Token"])
def test_an_installed_system_without_its_token(core: Core, bearer: str | None) -> None:
    admit(core)
    resident_token(core, 1)
    with pytest.raises(Unauthenticated):
        say(core, resident(), bearer)


def test_a_revoked_token_opens_nothing(core: Core) -> None:
    admit(core)
    token = resident_token(core, 1)
    say(core, resident(), token)
    with core.database.write() as session:
        session.execute(select(ResidentToken)).scalar_one().revoked_at = utcnow()
    with core.database.read() as session:
        assert find_boot(session, token) is None
    with pytest.raises(Unauthenticated):
        say(core, resident(2), token)


def test_the_token_that_is_used_revokes_the_others(core: Core) -> None:
    """An install that was started twice gave two out; one is on the drive."""
    admit(core)
    on_the_drive, other = resident_token(core, 1, "one"), resident_token(core, 1, "two")
    say(core, resident(), on_the_drive)
    with core.database.read() as session:
        assert find_boot(session, on_the_drive) is not None
    with pytest.raises(Unauthenticated):
        say(core, resident(2), other)


def test_an_installed_systems_host_keys_are_pinned(core: Core) -> None:
    admit(core)
    token = resident_token(core, 1)
    say(core, resident(), token)
    with pytest.raises(Forbidden, match="host keys"):
        say(core, resident(ssh_host_keys=[OTHER_KEY]), token)


def test_another_machines_boot_secret_is_of_no_use(core: Core) -> None:
    """A resident token of machine 1 with the boot secret of machine 2 must not touch machine 2's boot."""
    admit(core)
    token = resident_token(core, 1)
    other = admit(core, 2)
    said = announcement(mode="resident", boot_id="resident-1", boot_secret=announcement(2)["boot_secret"])
    say(core, said, token)
    with core.database.read() as session:
        boot = find_boot(session, other["token"])
        assert boot is not None
        assert (boot.machine_id, boot.mode) == (2, "live")


def test_what_firmware_says_at_length_is_kept_short(core: Core) -> None:
    """PostgreSQL refuses what is longer than its column; an unknown machine must not be able to make it."""
    long = dict.fromkeys(chassis(), "X9" * 250)
    assert say(core, announcement(chassis=long))["status"] == "quarantined"


def test_network_cards_without_an_address_are_left_alone(core: Core) -> None:
    cards = [{**nic(), "mac": mac} for mac in ("", "xx", "8c:16:45:00:00:01", "../../x")] + [
        {**nic(2), "wireless": True}
    ]
    say(core, announcement(nics=cards))
    with core.database.read() as session:
        boot = current_boot(session, 1)
        assert boot is not None
        assert announcing.wired_macs(boot) == ["8c:16:45:00:00:01"]
