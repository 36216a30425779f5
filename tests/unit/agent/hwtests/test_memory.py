"""The memory test: what it writes, that it notices what comes back otherwise, and what its figures mean."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.hwtests.forked import listen, start
from agent.hwtests.memory_blocks import (
    BLOCK_BYTES,
    MANY_ERRORS,
    AddressInAddress,
    Findings,
    Fixed,
    Pattern,
    Random,
    Region,
    inversions,
    one_pass,
    physical_address,
    verify,
    write,
)
from agent.hwtests.memory_counters import Counters, meanwhile, read_counters
from agent.hwtests.programs.memory import judge, shares

MIB = 2**20
GIB = 2**30


@pytest.fixture(scope="module")
def region() -> Region:
    return Region(3 * BLOCK_BYTES)


def drain(steps: Iterator[None]) -> int:
    return sum(1 for _ in steps)


def test_sound_memory_passes_every_pattern(region: Region) -> None:
    found = Findings()
    # address 2 goings, three inversions of 3, random 2: 13 goings over 3 blocks
    assert drain(one_pass(region, found, 0)) == 13 * 3
    assert (found.errors, found.verified) == (0, region.size_bytes)


@pytest.mark.parametrize(
    "pattern", [AddressInAddress(5), Random(), *inversions(0)[0], *inversions(3)[2]], ids=lambda p: p.name
)
@pytest.mark.parametrize("offset", [0, 4095, BLOCK_BYTES, 3 * BLOCK_BYTES - 1])
def test_one_flipped_bit_is_found_wherever_it_is(region: Region, pattern: Pattern, offset: int) -> None:
    found = Findings()
    drain(write(region, pattern))
    region.view()[offset] ^= 0x10
    drain(verify(region, pattern, found))
    assert found.errors == 1
    assert found.first[0]["pattern"] == pattern.name
    wrote, read = (int(str(found.first[0][side]), 16) for side in ("wrote", "read"))
    assert wrote ^ read == 0x10 << 8 * (offset % 8)


def test_two_addresses_that_reach_one_cell_are_found(region: Region) -> None:
    """A stuck address line: the second block is the first one's, whatever is written to it."""
    found = Findings()
    pattern = AddressInAddress(0)
    drain(write(region, pattern))
    view = region.view()
    view[BLOCK_BYTES : BLOCK_BYTES + 64] = view[:64]
    drain(verify(region, pattern, found))
    assert found.errors == 8  # words


def test_addresses_of_two_workers_differ() -> None:
    first, second = Region(BLOCK_BYTES), Region(BLOCK_BYTES)
    drain(write(first, AddressInAddress(0)))
    drain(write(second, AddressInAddress(1)))
    assert bytes(first.view()[:16]) == (0).to_bytes(8, "little") + (1).to_bytes(8, "little")
    assert bytes(second.view()[:8]) == (1 << 32).to_bytes(8, "little")


def test_an_inversion_leaves_the_inverse_behind(region: Region) -> None:
    pattern, inverse = inversions(0)[1]
    drain(write(region, pattern))
    found = Findings()
    drain(verify(region, pattern, found, then=inverse))
    drain(verify(region, inverse, found, down=True))
    assert found.errors == 0
    assert bytes(region.view()[:8]) == b"\xaa" * 8


@pytest.mark.parametrize("number", [0, 1, 63, 64])
def test_each_pair_is_inverse(number: int) -> None:
    for pattern, inverse in inversions(number):
        assert isinstance(pattern, Fixed)
        assert isinstance(inverse, Fixed)
        assert all(a ^ b == 2**64 - 1 for a, b in zip(pattern._words[:128], inverse._words[:128], strict=True))


def test_a_dead_module_does_not_take_for_ever(region: Region) -> None:
    found = Findings()
    zeros = inversions(0)[0][0]
    drain(write(region, inversions(0)[0][1]))
    drain(verify(region, zeros, found))
    assert MANY_ERRORS <= found.errors <= MANY_ERRORS + 3
    assert len(found.first) == 8


@pytest.mark.skipif(os.geteuid() != 0, reason="physical addresses are for the administrator")
def test_the_physical_address_of_a_byte_is_known(region: Region) -> None:
    region.view()[0] = 1
    address = physical_address(region.address)
    assert address is not None
    assert address % 4096 == region.address % 4096
    assert physical_address(8) is None  # nothing is there


@pytest.mark.parametrize(
    ("total", "free", "cores", "wanted", "said"),
    [
        (8 * GIB, 7 * GIB, 4, 0, [1689 * MIB] * 4),  # 5 % of 8 GiB stay free
        (2 * GIB, 1 * GIB, 2, 0, [416 * MIB] * 2),  # at least 192 MiB stay free
        (64 * GIB, 60 * GIB, 32, 8 * 1024 * MIB, [2 * GIB] * 4),
        (8 * GIB, 7 * GIB, 1, 512 * MIB, [512 * MIB]),
        (1 * GIB, 193 * MIB, 4, 0, [1 * MIB]),  # little is better than nothing, by one process
        (1 * GIB, 192 * MIB, 4, 0, []),
        (1 * GIB, 10 * MIB, 4, 0, []),
    ],
)
def test_what_is_free_less_some_room_is_shared_out(
    total: int, free: int, cores: int, wanted: int, said: list[int]
) -> None:
    assert shares(total, free, cores, wanted) == said


FIGURES = {"errors": 0, "corrected": 0, "uncorrected": 0, "tested_bytes": GIB, "total_bytes": 2 * GIB, "passes": 2}


@pytest.mark.parametrize(
    ("figures", "said", "outcome", "words"),
    [
        ({}, [{}], "pass", ""),
        (
            {"errors": 3},
            [{"first": [{"physical_address": "0x1000"}]}],
            "fail",
            "3 words wrong, the first at address 0x1000",
        ),
        ({"errors": 3}, [{"first": [{"physical_address": None}]}], "fail", "3 words wrong: replace"),
        ({"errors": MANY_ERRORS}, [{}], "fail", "at least 10000 words"),
        ({"uncorrected": 1}, [{}], "fail", "1 memory errors happened that could not be corrected"),
        ({"corrected": 2}, [{}], "degraded", "2 memory errors were corrected"),
        ({"corrected": 2, "errors": 1}, [{}], "fail", "1 words wrong"),
        ({"tested_bytes": 0}, [{}, {"ran_out": True}], "skipped", "The memory ran out"),
        ({"tested_bytes": 0}, [{}], "skipped", "The time was too short"),
    ],
)
def test_what_the_figures_mean(figures: dict[str, Any], said: list[dict[str, Any]], outcome: str, words: str) -> None:
    judged = judge(said, FIGURES | figures)
    assert (judged.outcome, bool(judged.reason)) == (outcome, bool(words))
    assert words in judged.reason
    assert set(FIGURES) <= set(judged.figures)


def test_the_processors_counters(tmp_path: Path) -> None:
    assert read_counters(tmp_path) == Counters(0, 0, 0, watched=False)
    for number, (ce, ue) in enumerate(((3, 0), (1, 2))):
        folder = tmp_path / f"sys/devices/system/edac/mc/mc{number}"
        folder.mkdir(parents=True)
        (folder / "ce_count").write_text(f"{ce}\n")
        (folder / "ue_count").write_text(f"{ue}\n")
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/interrupts").write_text(
        "           CPU0       CPU1\n MCE:          1          2   Machine check exceptions\n"
        " MCP:         40         41   Machine check polls\n"
    )
    assert read_counters(tmp_path) == Counters(4, 2, 3, watched=True)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (Counters(1, 1, 1, True), Counters(1, 1, 1, True), (0, 0)),
        (Counters(1, 1, 1, True), Counters(4, 2, 3, True), (3, 3)),
        (Counters(9, 0, 0, True), Counters(2, 0, 0, True), (2, 0)),  # the driver was loaded again
    ],
)
def test_what_happened_meanwhile(before: Counters, after: Counters, said: tuple[int, int]) -> None:
    assert meanwhile(before, after) == said


def test_workers_are_heard_and_their_death_is_seen() -> None:
    def good() -> Iterator[dict[str, Any]]:
        yield {"n": 1, "kept": True}
        yield {"n": 2}

    def killed() -> Iterator[dict[str, Any]]:
        yield {"n": 5}
        os.kill(os.getpid(), signal.SIGKILL)

    workers = [start(good), start(killed)]
    for _ in listen(workers, 0.05):
        pass
    assert workers[0].said["n"] == 2
    assert not workers[0].killed
    assert workers[1].said == {"n": 5}
    assert workers[1].killed
