"""What a build takes, it gives back: also after an error, also what an interrupted one left."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from images.bootstrap import prune_debs
from images.command import need_tools, run
from images.errors import ImageError
from images.resources import locked, mounts_below, need_space, replacing, work_folder

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="mounts need root")


def quiet(_line: str, _share: float | None) -> None:
    pass


def test_a_work_folder_goes_even_after_an_error(tmp_path: Path) -> None:
    def build() -> None:
        with work_folder(tmp_path, "live") as work:
            (work / "deep").mkdir()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        build()
    assert list(tmp_path.iterdir()) == []


def test_what_an_interrupted_build_left_goes_first(tmp_path: Path) -> None:
    (tmp_path / ".work-live-old" / "root").mkdir(parents=True)
    (tmp_path / ".work-os-mini-old").mkdir()
    with work_folder(tmp_path, "live"):
        assert not (tmp_path / ".work-live-old").exists()
        assert (tmp_path / ".work-os-mini-old").exists(), "another image's build is not ours to sweep"


@root_only
def test_stale_mounts_are_unmounted_before_anything_is_deleted(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("keep")
    place = tmp_path / ".work-live-old" / "root" / "mnt"
    place.mkdir(parents=True)
    done = subprocess.run(["mount", "--bind", precious, place], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("no mounts here")
    assert mounts_below(tmp_path) == [place]
    with work_folder(tmp_path, "live"):
        assert mounts_below(tmp_path) == []
    assert (precious / "file").read_text() == "keep"


def test_replacing_is_all_or_nothing(tmp_path: Path) -> None:
    goal = tmp_path / "file"
    goal.write_text("old")

    def cut_short() -> None:
        with replacing(goal) as new:
            new.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        cut_short()
    assert goal.read_text() == "old"
    with replacing(goal) as new:
        new.write_text("new")
    assert goal.read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_second_build_waits_and_says_so(tmp_path: Path) -> None:
    with locked(tmp_path, "live", quiet):
        holder = subprocess.run(
            ["flock", "--nonblock", str(tmp_path / ".live.lock"), "true"], capture_output=True, check=False
        )
        assert holder.returncode == 1
    with locked(tmp_path, "live", quiet):
        pass


def test_a_full_disk_is_seen_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="RECYCLERIE_CACHE_DIR"):
        need_space(tmp_path, 10**18, "The image")


def test_missing_tools_name_their_packages() -> None:
    with pytest.raises(ImageError, match="apt-get install nothing-at-all"):
        need_tools({"no-such-tool": "nothing-at-all", "sh": "dash"})


def test_a_failed_tool_is_quoted_with_a_hint() -> None:
    with pytest.raises(ImageError, match=r"(?s)status 3.*boum.*hint: look there"):
        run(["sh", "-c", "echo boum >&2; exit 3"], hint="look there")
    with pytest.raises(ImageError, match="disk is full"):
        run(["sh", "-c", "echo 'write: No space left on device' >&2; exit 1"], hint="look there")


def test_packages_unused_for_a_season_are_forgotten(tmp_path: Path) -> None:
    now = 2_000_000_000.0
    for name in ("old_1_all.deb", "used_1%3a2.0-1_amd64.deb", "young_1_all.deb"):
        (tmp_path / name).touch()
        age = 10 if name.startswith("young") else 200
        os.utime(tmp_path / name, (now - age * 86400,) * 2)
    prune_debs(tmp_path, {"used": "1:2.0-1"}, now=now)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["used_1%3a2.0-1_amd64.deb", "young_1_all.deb"]
    assert (tmp_path / "used_1%3a2.0-1_amd64.deb").stat().st_mtime == now
