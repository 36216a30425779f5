"""Our files over Debian's: laid whole, taken away again, nothing of Python's caches."""

from __future__ import annotations

from pathlib import Path

from images.live import our_tree
from images.tree import Entry, agent_tree, enabled, lay, masked, tree_digest, tree_of


def test_laying_twice_changes_nothing(tmp_path: Path) -> None:
    root, record = tmp_path / "root", tmp_path / "record"
    tree = {"etc/a": Entry(b"1", 0o644), "usr/bin/b": Entry(b"#!/bin/sh\n", 0o755)} | masked("x.service")
    assert lay(tree, root, record, base="monday") is True
    assert lay(tree, root, record, base="monday") is False
    assert (root / "usr/bin/b").stat().st_mode & 0o777 == 0o755
    assert str((root / "etc/systemd/system/x.service").readlink()) == "/dev/null"


def test_what_is_gone_from_the_tree_goes_from_the_root(tmp_path: Path) -> None:
    root, record = tmp_path / "root", tmp_path / "record"
    (root / "etc").mkdir(parents=True)
    (root / "etc/debian").write_text("theirs")
    lay({"etc/a": Entry(b"1", 0o644), "etc/b": Entry(b"2", 0o644)}, root, record, base="monday")
    assert lay({"etc/a": Entry(b"1", 0o644)}, root, record, base="monday") is True
    assert not (root / "etc/b").exists()
    assert (root / "etc/debian").read_text() == "theirs"


def test_a_new_root_owes_nothing_to_the_old_one(tmp_path: Path) -> None:
    record = tmp_path / "record"
    lay({"etc/a": Entry(b"ours", 0o644)}, tmp_path / "old", record, base="monday")
    (tmp_path / "new/etc").mkdir(parents=True)
    (tmp_path / "new/etc/a").write_text("Debian's own")
    lay({"etc/b": Entry(b"ours", 0o644)}, tmp_path / "new", record, base="tuesday")
    assert (tmp_path / "new/etc/a").read_text() == "Debian's own"


def test_a_link_is_replaced_by_a_file_and_back(tmp_path: Path) -> None:
    root, record = tmp_path / "root", tmp_path / "record"
    lay(enabled("a.service"), root, record, base="monday")
    path = "etc/systemd/system/multi-user.target.wants/a.service"
    lay({path: Entry(b"file", 0o644)}, root, record, base="monday")
    assert (root / path).read_bytes() == b"file"
    assert not (root / path).is_symlink()


def test_caches_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.cpython-311.pyc").write_bytes(b"x")
    (tmp_path / "a.py").write_text("x = 1\n")
    assert list(tree_of(tmp_path, "usr/lib")) == ["usr/lib/a.py"]


def test_digest_sees_modes_and_names() -> None:
    one = {"a": Entry(b"1", 0o644)}
    assert tree_digest(one) == tree_digest({"a": Entry(b"1", 0o644)})
    assert tree_digest(one) != tree_digest({"a": Entry(b"1", 0o755)})
    assert tree_digest(one) != tree_digest({"b": Entry(b"1", 0o644)})


def test_the_agent_and_its_unit_are_in_the_live_system() -> None:
    tree = our_tree()
    assert "usr/lib/recyclerie/agent/protocol.py" in tree
    assert tree["usr/bin/recyclerie-agent"].mode == 0o755
    assert "usr/lib/systemd/system/recyclerie-agent.service" in agent_tree()
    assert "etc/systemd/system/multi-user.target.wants/recyclerie-agent.service" in tree
    assert tree["etc/initramfs-tools/hooks/recyclerie"].mode == 0o755
    assert not [path for path in tree if path.endswith(".pyc")]
