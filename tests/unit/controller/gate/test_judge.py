"""What a machine lacks before it may be called reconditioned: a table for each kind of machine."""

from __future__ import annotations

import dataclasses
from typing import Any, get_args

import pytest

from agent.protocol_tests import Subsystem
from controller.grading.gate.facts import PARTS, parts_of
from controller.grading.gate.judge import DriveFacts, Facts, Missing, Result, judge, needed
from controller.grading.gate.lists import FORMS, TESTS
from controller.i18n import set_language, translate
from controller.machines.identity import form_of


@pytest.fixture(autouse=True)
def in_english() -> None:
    """What is missing is compared as a person reads it."""
    set_language("en")


DRIVE = DriveFacts(name="SAMSUNG MZ7 S1", target="S1", erased=True)
LAPTOP = frozenset({"battery", "wired", "wireless", "sound", "camera", "fan", "screen", "keyboard", "pointer", "usb"})
TOWER = frozenset({"wired", "sound", "fan", "usb"})


def passed(
    subsystem: str, *, automatic: bool = True, target: str = "", outcome: str = "pass", reason: str = ""
) -> Result:
    return Result(subsystem=subsystem, target=target, outcome=outcome, automatic=automatic, reason=reason)


def all_passed() -> tuple[Result, ...]:
    """Every test of the list, passed."""
    by_hand = {item.key for item in TESTS if item.hands}
    return tuple(
        passed(item.key, automatic=item.key not in by_hand, target="S1" if item.key == "drive" else "")
        for item in TESTS
    )


def facts(form: str, parts: frozenset[str] | None, **changed: Any) -> Facts:
    """A machine that lacks nothing."""
    whole = Facts(form=form, parts=parts, drives=(DRIVE,), results=all_passed(), looked=True, system_checked=True)
    return dataclasses.replace(whole, **changed)


def lacks(of: Facts) -> list[str]:
    return [missing.item for missing in judge(of)]


def only(of: Facts) -> Missing:
    found = list(judge(of))
    assert len(found) == 1, found
    return found[0]


def text(missing: Missing) -> str:
    """In English."""
    return translate(missing.label, **missing.params)


def without(subsystem: str, *instead: Result) -> tuple[Result, ...]:
    """Every test passed but those of one subsystem."""
    return (*(r for r in all_passed() if r.subsystem != subsystem), *instead)


ASKED = {
    "laptop": "memory cpu drive battery network wifi sound camera graphics clock fans screen keyboard pointer usb",
    "desktop": "memory cpu drive network sound graphics clock fans usb",
    "all-in-one": "memory cpu drive network wifi sound camera graphics clock fans screen usb",
    "mini": "memory cpu drive network wifi sound graphics clock fans usb",
    "tablet": "memory cpu drive battery wifi sound camera graphics clock screen pointer",
    "other": "memory cpu drive graphics clock",
}
HAS = {
    "laptop": LAPTOP,
    "desktop": TOWER,
    "all-in-one": frozenset({"wired", "wireless", "sound", "camera", "fan", "screen", "usb"}),
    "mini": frozenset({"wired", "wireless", "sound", "fan", "usb"}),
    "tablet": frozenset({"battery", "wireless", "sound", "camera", "screen", "pointer"}),
    "other": frozenset(),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_machine_of_which_nothing_was_tried_lacks_its_whole_list(form: str) -> None:
    nothing = facts(
        form,
        HAS[form],
        results=(),
        looked=False,
        system_checked=False,
        drives=(dataclasses.replace(DRIVE, erased=False),),
    )
    asked = ["drive:S1" if key == "drive" else key for key in ASKED[form].split()]
    assert lacks(nothing) == [*asked, "look", "erased:S1", "system"]


@pytest.mark.parametrize("form", FORMS)
def test_a_machine_of_which_all_was_tried_lacks_nothing(form: str) -> None:
    assert lacks(facts(form, HAS[form])) == []


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("key", [item.key for item in TESTS if item.key != "drive"])
def test_each_test_is_missed_where_it_is_asked_for_only(form: str, key: str) -> None:
    assert lacks(facts(form, HAS[form], results=without(key))) == ([key] if key in ASKED[form].split() else [])


@pytest.mark.parametrize("part", PARTS)
def test_each_part_asks_for_one_test(part: str) -> None:
    asked = {item.key for item in TESTS if needed(item, "other", frozenset({part}))}
    always = {item.key for item in TESTS if needed(item, "other", frozenset())}
    assert len(asked - always) == 1


def test_the_list_speaks_of_every_subsystem_that_agents_know() -> None:
    assert {item.key for item in TESTS} == set(get_args(Subsystem))
    assert {item.present for item in TESTS} - {""} == set(PARTS)


def test_the_kinds_of_machines_are_those_that_machines_are_of() -> None:
    assert {form_of(str(number)) for number in range(40)} <= set(FORMS)
    # An unknown kind is asked for as much as "other" is.
    assert lacks(facts("toaster", frozenset(), results=())) == lacks(facts("other", frozenset(), results=()))


@pytest.mark.parametrize(
    ("outcome", "reason", "said", "was"),
    [
        ("fail", "3 keys never answered: A, Q, W.", "The keyboard failed: 3 keys never answered: A, Q, W.", "failed"),
        ("fail", "", "The keyboard failed: the test gave no reason", "failed"),
        ("skipped", "no time", "The keyboard was not tried: passed over (no time)", "untested"),
        ("skipped", "", "The keyboard was not tried", "untested"),
        ("timed_out", "", "The keyboard was not tried: it did not answer in time", "untested"),
    ],
)
def test_what_a_test_came_to_is_said_in_words(outcome: str, reason: str, said: str, was: str) -> None:
    results = without("keyboard", passed("keyboard", automatic=False, outcome=outcome, reason=reason))
    missing = only(facts("laptop", LAPTOP, results=results))
    assert (text(missing), missing.was, missing.item) == (said, was, "keyboard")
    assert missing.may_be_waived


def test_what_works_worse_than_it_should_works() -> None:
    worn = passed("battery", outcome="degraded", reason="It holds 61 % of what it held when new.")
    assert lacks(facts("laptop", LAPTOP, results=without("battery", worn))) == []


def test_one_test_that_fails_is_enough_whatever_the_others_say() -> None:
    results = (*all_passed(), passed("memory", target="other", outcome="fail", reason="bit 3"))
    assert text(only(facts("desktop", TOWER, results=results))) == "The memory failed: bit 3"


def test_what_failed_is_told_even_where_the_list_does_not_ask() -> None:
    broken_fan = passed("fans", outcome="fail", reason="it stands still")
    assert lacks(facts("other", frozenset(), results=without("fans", broken_fan))) == ["fans"]


def test_a_person_who_heard_it_counts_more_than_a_program() -> None:
    loop = passed("sound", outcome="fail", reason="nothing came back")
    heard = passed("sound", automatic=False)
    assert lacks(facts("laptop", LAPTOP, results=without("sound", loop))) == ["sound"]
    assert lacks(facts("laptop", LAPTOP, results=without("sound", loop, heard))) == []
    # A person who passed it over has decided nothing.
    passed_over = passed("sound", automatic=False, outcome="skipped", reason="no loudspeaker here")
    assert lacks(facts("laptop", LAPTOP, results=without("sound", loop, passed_over))) == ["sound"]
    # What a person didn't hear failed, though the program was content.
    silent = passed("sound", automatic=False, outcome="fail", reason="Nothing was heard.")
    assert only(facts("laptop", LAPTOP, results=(*all_passed(), silent))).was == "failed"


def test_no_program_tries_a_keyboard() -> None:
    assert lacks(facts("laptop", LAPTOP, results=without("keyboard", passed("keyboard")))) == ["keyboard"]


def test_every_drive_is_tested_and_erased_for_itself() -> None:
    second = DriveFacts(name="WDC WD10 S2", target="S2", erased=False)
    missing = list(judge(facts("laptop", LAPTOP, drives=(DRIVE, second))))
    assert [m.item for m in missing] == ["drive:S2", "erased:S2"]
    assert text(missing[0]) == "The drive WDC WD10 S2 was not tested"
    assert text(missing[1]) == "The data on the drive WDC WD10 S2 is not proven erased"
    slow = (*all_passed(), passed("drive", target="S2", outcome="fail", reason="too slow"))
    missing = list(judge(facts("laptop", LAPTOP, drives=(DRIVE, second), results=slow)))
    assert text(missing[0]) == "The drive WDC WD10 S2 failed: too slow"
    # A drive that is no longer in it says nothing about this machine.
    assert lacks(facts("laptop", LAPTOP, results=slow)) == []


def test_a_machine_without_a_known_drive_proves_nothing() -> None:
    missing = only(facts("laptop", LAPTOP, drives=()))
    assert (missing.item, missing.may_be_waived) == ("erased", False)


def test_a_laptop_without_a_battery_says_so() -> None:
    bare = LAPTOP - {"battery"}
    absent = passed("battery", outcome="skipped", reason="This machine has no battery.")
    missing = only(facts("laptop", bare, results=without("battery", absent)))
    assert (text(missing), missing.was) == ("It has no battery", "failed")
    assert lacks(facts("desktop", TOWER, results=without("battery", absent))) == []


def test_what_was_seen_at_the_look() -> None:
    assert only(facts("laptop", LAPTOP, looked=False)).item == "look"
    missing = only(facts("laptop", LAPTOP, broken=("hinges",)))
    assert (missing.item, text(missing), missing.was, missing.may_be_waived) == (
        "broken:hinges",
        "Broken: Hinges",
        "failed",
        True,
    )
    missing = only(facts("laptop", LAPTOP, not_cleaned=("labels",)))
    assert (missing.item, missing.may_be_waived) == ("cleaned:labels", False)
    assert text(missing) == "Cleaning still to do: The donor's stickers and property labels"


def test_what_was_never_inspected() -> None:
    missing = list(judge(facts("laptop", None, results=())))
    assert "inventory" in [m.item for m in missing]
    assert "keyboard" in [m.item for m in missing]  # a laptop has one, whoever looked


def test_the_law_lets_nobody_waive_these() -> None:
    nothing = Facts(
        form="laptop", parts=None, drives=(dataclasses.replace(DRIVE, erased=False),), not_cleaned=("dust",)
    )
    never = {m.item for m in judge(nothing) if not m.may_be_waived}
    assert never == {"inventory", "look", "erased:S1", "system"}


INVENTORY = {
    "batteries": [{"name": "BAT0"}],
    "network": [{"bus": "pci", "wireless": False}, {"bus": "pci", "wireless": True}],
    "sound": [{"name": "HDA", "bus": "pci"}],
    "cameras": [{"path": "/dev/video0"}],
    "sensors": [{"kind": "fan", "value": 2100}],
    "screens": [{"connector": "eDP-1", "internal": True}],
    "inputs": [
        {"kind": "keyboard", "bus": "i8042", "built_in": True},
        {"kind": "touchpad", "bus": "i2c", "built_in": True},
    ],
    "usb_buses": [{"path": "usb1"}],
}


def test_what_an_inventory_shows() -> None:
    assert parts_of(INVENTORY) == LAPTOP
    assert parts_of({}) == frozenset()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("network", [{"bus": "usb", "wireless": False}]),  # a dock's
        ("screens", [{"connector": "HDMI-A-1", "internal": False}]),  # the workshop's
        ("inputs", [{"kind": "keyboard", "bus": "usb", "built_in": False}, {"kind": "mouse", "built_in": False}]),
        ("sound", [{"name": "Headset", "bus": "usb"}]),
        ("sensors", [{"kind": "temperature", "value": 40}]),
        ("network_cards", [{"kind": "wireless", "bus": "usb"}]),
    ],
)
def test_what_was_only_plugged_in_is_no_part_of_it(key: str, value: list[dict[str, object]]) -> None:
    assert parts_of({key: value}) == frozenset()


def test_a_wireless_card_that_no_driver_took_is_a_part_of_it_all_the_same() -> None:
    assert parts_of({"network_cards": [{"kind": "wireless", "bus": "pci", "driver": ""}]}) == {"wireless"}


@pytest.mark.parametrize("odd", [None, "text", 3, {"a": 1}, [None, "x", 4]])
def test_odd_inventories_show_nothing_and_break_nothing(odd: object) -> None:
    assert parts_of(dict.fromkeys(INVENTORY, odd)) == frozenset()
