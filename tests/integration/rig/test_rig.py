"""The fast rig itself: that a PC boots in it, behaves like one, and can't reach anything of the host."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.rig import Bench, RigError, RigPC
from tests.rig.cgroup import hierarchies
from tests.rig.fixtures import MakePC
from tests.rig.site import REPOSITORY
from tests.rig.sweep import sweep

pytestmark = pytest.mark.rig
MIB = 1024**2


def test_a_pc_boots_and_answers_over_ssh(make_pc: MakePC) -> None:
    pc = make_pc()
    pc.power_on()
    assert pc.wait_ssh() < 20
    assert pc.ssh("hostname").strip() == "recyclerie-live"
    assert f"{pc.address}/24" in pc.ssh("ip", "-br", "address")
    assert pc.ssh("systemd-run", "--quiet", "--wait", "--pipe", "echo", "unit").strip() == "unit"
    assert pc.source == "live"


def test_the_hosts_disk_cannot_be_opened_inside(make_pc: MakePC) -> None:
    """Three locks: no node, no right to make one, no right to open one (a mounted devtmpfs brings them all)."""
    pc = make_pc()
    pc.power_on()
    pc.wait_ssh()
    number = os.stat("/").st_dev  # noqa: PTH116
    major, minor = os.major(number), os.minor(number)
    nodes = pc.ssh(r"find /dev -exec test -b {} \; -print").split()  # -type would ask the mount point's own entry
    assert sorted(nodes) == sorted(filter(None, (pc.disks[0].node, pc.disks[0].root_node)))
    with pytest.raises(RigError, match="Operation not permitted"):
        pc.ssh(f"mknod /tmp/host b {major} {minor}")
    if "devices" not in hierarchies():
        pytest.skip("this host has no devices control group: the third lock can't be tried")
    pc.ssh("mkdir /tmp/dev && mount -t devtmpfs none /tmp/dev")
    found = pc.ssh(f"find /tmp/dev -type b -printf '%p\\n' | xargs stat -c '%n %Hr:%Lr' | grep ' {major}:{minor}$'")
    with pytest.raises(RigError, match="Operation not permitted"):
        pc.ssh(f"head -c 1 {found.split()[0]}")


def test_a_disk_is_refused_unless_its_loop_device_is_over_its_own_file(bench: Bench, tmp_path: Path) -> None:
    mine, other = bench.disk(MIB), bench.disk(MIB)
    try:
        mine.attach()
        other.attach()
        mine_node, mine.node = mine.node, other.node
        with pytest.raises(RigError, match="not over"):
            mine.check_own()
        mine.node = mine_node
        mine.check_own()
    finally:
        mine.detach()
        other.detach()


def test_what_is_written_inside_is_in_the_file_on_the_host(make_pc: MakePC, bench: Bench) -> None:
    disk = bench.disk(300 * MIB)
    disk.put(0, b"a family's photographs")
    assert disk.first_nonzero() == 0
    pc = make_pc(disks=[disk])
    pc.power_on()
    pc.wait_ssh()
    pc.ssh(f"dd if=/dev/zero of={disk.node} bs=4M oflag=direct status=none conv=fsync; true", timeout=120)
    assert disk.first_nonzero() is None
    pc.ssh(f"printf hello | dd of={disk.node}p3 conv=fsync status=none")
    assert disk.get(disk.root_start, 5) == b"hello"


def test_a_restart_boots_from_what_the_boot_server_says(make_pc: MakePC, bench: Bench) -> None:
    disk = bench.disk(2600 * MIB)
    pc = make_pc(disks=[disk])
    plan: list[str] = ["live", "disk"]
    pc.supervise(lambda: plan.pop(0))  # type: ignore[arg-type,return-value]
    pc.power_on()
    pc.wait_ssh()
    pc.ssh("touch /only-in-memory; systemctl reboot")
    _wait_boots(pc, 2)
    pc.wait_ssh()
    assert "only-in-memory" not in pc.ssh("ls /")
    pc.ssh(
        f"mkfs.ext4 -q {disk.node}p3 && mount {disk.node}p3 /mnt && cp -ax /bin /etc /lib* /root /sbin /usr /var /mnt"
    )
    pc.ssh("mkdir -p /mnt/dev /mnt/proc /mnt/sys /mnt/run /mnt/tmp && touch /mnt/on-the-disk && umount /mnt")
    pc.ssh("systemctl reboot")
    _wait_boots(pc, 3)
    pc.wait_ssh()
    assert "on-the-disk" in pc.ssh("ls /")
    assert pc.boots == ["live", "live", "disk"]
    pc.power_off(hard=False)
    assert pc.source is None


def test_a_disk_without_a_system_leaves_the_firmwares_message(make_pc: MakePC, bench: Bench) -> None:
    pc = make_pc(disks=[bench.disk(300 * MIB)])
    pc.supervise(lambda: "disk")
    pc.power_on()
    pc.wait_ssh()
    pc.ssh("systemctl reboot")
    deadline = time.monotonic() + 20
    while "rig firmware" not in pc.console.read_text(errors="replace"):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert pc.source is None


def test_two_pcs_and_the_host_talk_until_the_cable_is_pulled(make_pc: MakePC) -> None:
    one, two = make_pc(), make_pc()
    for pc in (one, two):
        pc.power_on()
    for pc in (one, two):
        pc.wait_ssh()
    one.ssh("ping", "-c1", "-W2", two.address)
    one.ssh("ping", "-c1", "-W2", one.bench.address)
    two.cut_network()
    assert not two.login.answers()
    two.restore_network()
    assert two.wait_ssh() < 10


def test_a_failing_disk_fails_exactly_while_it_is_told_to(make_pc: MakePC, bench: Bench) -> None:
    disk = bench.disk(16 * MIB, faulty=True)
    assert disk.faults
    pc = make_pc(disks=[disk])
    pc.power_on()
    pc.wait_ssh()
    write = f"dd if=/dev/zero of={disk.node} bs=1M count=1 oflag=direct"
    pc.ssh(write)
    disk.faults.fail(writes=True)
    with pytest.raises(RigError, match="Input/output error"):
        pc.ssh(write)
    disk.faults.fail()
    pc.ssh(write)


def test_a_disk_can_be_plugged_in_and_change_its_identity(make_pc: MakePC, bench: Bench) -> None:
    pc = make_pc()
    pc.power_on()
    pc.wait_ssh()
    disk = bench.disk(8 * MIB, serial="LATE")
    pc.plug(disk)
    assert "8388608" in pc.ssh(f"blockdev --getsize64 {disk.node}")
    told = json.loads(pc.ssh("cat /etc/recyclerie/agent.json"))["rig"]["drives"]
    assert told[disk.node]["serial"] == "LATE"


def test_nothing_is_left_behind(bench: Bench) -> None:
    disk = bench.disk(8 * MIB)
    with RigPC(bench, [disk]) as pc:
        pc.power_on()
        pc.wait_ssh()
        name, folder, node = pc.name, pc.folder, disk.node
    assert not (Path("/run/netns") / name).exists()
    assert str(folder) not in Path("/proc/self/mountinfo").read_text()
    backing = Path("/sys/block") / Path(node).name / "loop" / "backing_file"
    assert not backing.exists() or str(disk.path) not in backing.read_text()
    assert not any((mount / name).exists() for mount in hierarchies().values())


def _wait_boots(pc: RigPC, number: int) -> None:
    deadline = time.monotonic() + 30
    while len(pc.boots) < number:
        assert time.monotonic() < deadline, pc.console.read_text(errors="replace")[-2000:]
        time.sleep(0.05)


CRASHING = """
import os, signal
from tests.rig import Bench, RigPC
bench = Bench().__enter__()
pc = RigPC(bench, [bench.disk(8 << 20), bench.disk(8 << 20, faulty=True)]).__enter__()
pc.power_on()
pc.wait_ssh()
print(bench.folder, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_test_run_left_is_swept_away(bench: Bench, tmp_path: Path) -> None:
    told = tmp_path / "told"  # a file: through a pipe, run() would wait for what the killed run left running
    with told.open("w") as output:
        argv = [sys.executable, "-c", CRASHING]
        subprocess.run(argv, stdout=output, stderr=subprocess.STDOUT, check=False, cwd=REPOSITORY, timeout=60)
    folder = Path(told.read_text().strip())
    assert folder.is_dir(), told.read_text()
    assert folder.name in sweep()
    assert not folder.exists()
    assert str(folder) not in Path("/proc/self/mountinfo").read_text()
    assert str(folder) not in subprocess.run(["losetup", "--list"], capture_output=True, text=True, check=True).stdout
    assert not list(Path("/run/netns").glob(f"{folder.name}-*"))
    assert bench.folder.exists(), "a living test's bench is left alone"
