"""Both agents on this computer, each in its own root file system (the live system's, Debian's with the other agent).

Real speed, but few facts where this computer is itself a virtual one. Nothing is written: mounts are in a namespace of
their own, over layers in memory.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from images.live import live_rootfs
from tests.bench.hardware_facts import compare
from tests.bench.hardware_other_agent import COMMAND, other_root
from tests.bench.measured import MEASURE, OURS, middle
from tests.lab.paths import CACHE

# $1 root, $2 folder for layers and results, $3 name of the result, the rest: the command in the root.
INSIDE = """set -e
root=$1 work=$2 name=$3; shift 3
mount -t tmpfs tmpfs "$work/layers"
mkdir "$work/layers/upper" "$work/layers/work" "$work/layers/new"
mount -t overlay overlay -o "lowerdir=$root,upperdir=$work/layers/upper,workdir=$work/layers/work" "$work/layers/new"
mount -t proc proc "$work/layers/new/proc"
mount --rbind /sys "$work/layers/new/sys"
mount --rbind /dev "$work/layers/new/dev"
exec python3 "$work/measure.py" "$work/$name.out" chroot "$work/layers/new" "$@"
"""


def run(root: Path, work: Path, name: str, command: tuple[str, ...]) -> dict[str, Any]:
    """One run, measured; its output in ``work``/NAME.out. Needs root."""
    (work / "layers").mkdir(exist_ok=True)
    script = ["unshare", "--mount", "--propagation", "private", "bash", "-c", INSIDE, "bench"]
    done = subprocess.run(
        [*script, str(root), str(work), name, *command], capture_output=True, text=True, check=True, timeout=300
    )
    return dict(json.loads(done.stdout))


def measure(count: int) -> dict[str, Any]:
    """Times, memory and facts of both agents; the first run of each, which fills the caches, isn't counted."""
    other, version = other_root(CACHE)
    live = live_rootfs(CACHE, lambda line, _share: print(line)).folder
    with tempfile.TemporaryDirectory(prefix="rcy-bench-") as folder:
        work = Path(folder)
        (work / "measure.py").write_text(MEASURE)
        ways = {"ours": (live, OURS), "theirs": (other, COMMAND)}
        runs: dict[str, list[dict[str, Any]]] = {name: [] for name in ways}
        for _ in range(count + 1):
            for name, (root, command) in ways.items():
                runs[name].append(run(root, work, name, command))
        body, xml = json.loads((work / "ours.out").read_text()), (work / "theirs.out").read_text()
    return {
        "other": f"fusioninventory-agent {version}",
        **{name: {**middle(found[1:]), "first_seconds": found[0]["seconds"]} for name, found in runs.items()},
        "facts": compare(body, xml),
    }
