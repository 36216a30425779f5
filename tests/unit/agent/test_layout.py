"""Where partitions end, for any disk."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.collectors.block import partition_path
from agent.jobs.layout import DiskTooSmall, Partition, find_partition, grown_root, last_usable_sector

MIB = 2**20
ROOT = Partition(3, 258 * MIB, 2000 * MIB)


@given(sectors=st.integers(min_value=(2258 + 2) * 2048, max_value=2**34))
def test_the_root_ends_before_the_backup_table(sectors: int) -> None:
    grown = grown_root(ROOT, sectors * 512)
    assert grown.start_bytes == ROOT.start_bytes
    assert grown.end_bytes % MIB == 0
    assert grown.last_sector <= last_usable_sector(sectors * 512) == sectors - 34
    # Not a whole MiB more would have fitted.
    assert grown.end_bytes + MIB > (sectors - 33) * 512


def test_numbers_of_a_real_disk() -> None:
    grown = grown_root(ROOT, 500107862016)
    assert (grown.first_sector, grown.last_sector) == (528384, 976773119)
    assert grown.size_bytes == 499837304832


def test_a_disk_of_the_images_own_size_is_enough() -> None:
    assert grown_root(ROOT, ROOT.end_bytes + MIB) == ROOT


def test_a_small_disk_is_refused_with_both_sizes() -> None:
    with pytest.raises(DiskTooSmall, match=r"The drive has 2\.1 GB, the system needs 2\.4 GB"):
        grown_root(ROOT, 2100 * 10**6)


@pytest.mark.parametrize(
    ("disk", "node"),
    [
        ("/dev/sda", "/dev/sda3"),
        ("/dev/nvme0n1", "/dev/nvme0n1p3"),
        ("/dev/mmcblk0", "/dev/mmcblk0p3"),
        ("/dev/loop5", "/dev/loop5p3"),
    ],
)
def test_nodes(disk: str, node: str) -> None:
    assert partition_path(disk, 3) == node


def test_find_partition() -> None:
    assert find_partition([ROOT], 3) is ROOT
    assert find_partition([ROOT], 2) is None
