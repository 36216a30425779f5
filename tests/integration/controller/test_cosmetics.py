"""Looks and photos on both databases: kept, replaced, deleted, and what the ledger knows of them."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from controller.core import Core
from controller.cosmetics import record, store
from controller.cosmetics.look import newest_look
from controller.cosmetics.picture import Picture, read_picture
from controller.cosmetics.record import add_photos, record_look, remove_photo
from controller.cosmetics.tables import Look, Photo
from controller.cosmetics.zones import cleaning, zones
from controller.errors import Conflict, NotFound, RecyclerieError
from controller.ledger.chain import read_content
from controller.ledger.kinds import Kind
from controller.machines.announce import current_boot
from controller.machines.merging import merge
from controller.machines.moves import recycle
from controller.machines.registry import get_machine
from tests import papers
from tests.acceptance.web import scene
from tests.unit.controller.cosmetics.photos import encoded, phone_photo, picture

NOTE = "rayure; appartenait à Madame Exemple"
FOUND = dict.fromkeys(zones("laptop"), ("none", "")) | {"lid": ("visible", NOTE), "hinges": ("light", "")}


@pytest.fixture
def machine_id(core: Core) -> int:
    """A laptop, accepted and inspected."""
    with core.database.write() as session:
        papers.technician(session)
        return papers.machine(session, [scene.drive("LOOK-1")], "LOOK01").id


@pytest.fixture
def looked(core: Core, machine_id: int) -> int:
    """The same, looked at once."""
    with core.database.write() as session:
        record_look(session, get_machine(session, machine_id), FOUND, cleaning("laptop"), "user:1")
    return machine_id


@pytest.fixture(scope="module")
def photos() -> list[Picture]:
    """Three that differ."""
    return [read_picture(phone_photo(200 + n, 150)) for n in range(3)]


def bodies(core: Core, kind: Kind) -> list[dict[str, object]]:
    with core.database.read() as session:
        return [read_content(entry.content)["body"] for entry in papers.entries(session, kind)]


def files(core: Core) -> set[str]:
    folder = core.settings.photos_dir
    return {path.stem for path in folder.iterdir()} if folder.exists() else set()


def test_a_look_is_kept_and_the_ledger_knows_it_without_a_word_of_the_person(core: Core, looked: int) -> None:
    with core.database.read() as session:
        look = newest_look(session, looked)
    assert look is not None
    assert (look.worst_severity, look.cleaned, look.broken, look.by) == ("visible", True, (), "user:1")
    (body,) = bodies(core, Kind.MACHINE_LOOKED)
    assert body["zones"] == {zone: severity for zone, (severity, _) in FOUND.items()}
    with core.database.read() as session:
        (entry,) = papers.entries(session, Kind.MACHINE_LOOKED)
        assert "Exemple" not in entry.content
        assert session.get_one(Look, look.id).zones["lid"] == {"severity": "visible", "note": NOTE}


def test_the_newest_look_counts_and_the_others_stay(core: Core, looked: int) -> None:
    with core.database.write() as session:
        worse = FOUND | {"hinges": ("broken", "")}
        record_look(session, get_machine(session, looked), worse, ["outside"], "user:2")
    with core.database.read() as session:
        look = newest_look(session, looked)
        count = session.execute(select(func.count()).select_from(Look)).scalar_one()
    assert look is not None
    assert (look.worst_severity, look.cleaned, look.broken) == ("broken", False, ("hinges",))
    assert look.not_cleaned == ("screen", "keyboard", "dust", "labels")
    assert count == 2


@pytest.mark.parametrize("wrong", [{"lid": ("", "")}, {"lid": ("awful", "")}, {}])
def test_every_part_must_be_judged(core: Core, machine_id: int, wrong: dict[str, tuple[str, str]]) -> None:
    found = {**FOUND, **wrong} if wrong else {}
    with pytest.raises(RecyclerieError, match="You said nothing of this"), core.database.write() as session:
        record_look(session, get_machine(session, machine_id), found, [], "user:1")
    with core.database.read() as session:
        assert newest_look(session, machine_id) is None


def test_photos_are_kept_once_for_the_controller_alone(core: Core, looked: int, photos: list[Picture]) -> None:
    for _ in range(2):  # a reload sends them again
        with core.database.write() as session:
            assert add_photos(session, core.settings, get_machine(session, looked), photos, "user:1") == 0
    with core.database.read() as session:
        rows = list(session.execute(select(Photo).order_by(Photo.id)).scalars())
    assert len(rows) == 3
    assert files(core) == {d for row in rows for d in (row.sha256, row.thumb_sha256)}
    for row, photo in zip(rows, photos, strict=True):
        assert store.read(core.settings, row.sha256) == photo.jpeg
        assert store.read(core.settings, row.thumb_sha256) == photo.thumb
        assert stat.S_IMODE(store.path_of(core.settings, row.sha256).stat().st_mode) == 0o600
    assert stat.S_IMODE(core.settings.photos_dir.stat().st_mode) == 0o700
    assert bodies(core, Kind.PHOTO_ADDED) == [{"look": rows[0].look_id, "sha256": [row.sha256 for row in rows]}]


def test_photos_belong_to_a_look(core: Core, machine_id: int, photos: list[Picture]) -> None:
    with pytest.raises(Conflict, match="Nobody has looked at"), core.database.write() as session:
        add_photos(session, core.settings, get_machine(session, machine_id), photos, "user:1")
    assert files(core) == set()


def test_a_machine_has_so_many_photos_and_no_more(
    core: Core, looked: int, photos: list[Picture], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "MAX_PHOTOS", 2)
    with core.database.write() as session:
        assert add_photos(session, core.settings, get_machine(session, looked), photos, "user:1") == 1
    with core.database.write() as session:
        assert add_photos(session, core.settings, get_machine(session, looked), photos[:1], "user:1") == 1
        assert record.count_photos(session, looked) == 2


@pytest.fixture
def kept(core: Core, looked: int, photos: list[Picture]) -> Iterator[list[int]]:
    """Photos of a machine; the first one's file serves a later look too."""
    with core.database.write() as session:
        add_photos(session, core.settings, get_machine(session, looked), photos[:2], "user:1")
    with core.database.write() as session:
        record_look(session, get_machine(session, looked), FOUND, [], "user:1")
        add_photos(session, core.settings, get_machine(session, looked), photos[:1], "user:1")
    with core.database.read() as session:
        yield list(session.execute(select(Photo.id).order_by(Photo.id)).scalars())


def test_a_deleted_photo_is_gone_for_good_when_nobody_else_shows_it(
    core: Core, looked: int, kept: list[int], photos: list[Picture]
) -> None:
    before = files(core)
    with core.database.write() as session:
        remove_photo(session, core.settings, get_machine(session, looked), kept[0], "user:2")
    assert files(core) == before  # the later look shows the same photo
    with core.database.write() as session:
        remove_photo(session, core.settings, get_machine(session, looked), kept[1], "user:2")
    with core.database.write() as session:
        remove_photo(session, core.settings, get_machine(session, looked), kept[2], "user:2")
    assert files(core) == set()
    assert len(bodies(core, Kind.PHOTO_REMOVED)) == 3
    with pytest.raises(NotFound, match="gone already"), core.database.write() as session:
        remove_photo(session, core.settings, get_machine(session, looked), kept[2], "user:2")


def test_a_photo_is_deleted_on_its_own_machine_only(core: Core, kept: list[int]) -> None:
    with core.database.write() as session:
        other = papers.machine(session, [scene.drive("OTHER-1")], "OTHER01")
        with pytest.raises(NotFound):
            remove_photo(session, core.settings, other, kept[0], "user:1")


def test_a_file_that_is_gone_is_said(core: Core, kept: list[int]) -> None:
    with core.database.read() as session:
        sha256 = session.get_one(Photo, kept[0]).sha256
    store.remove(core.settings, sha256)
    with pytest.raises(NotFound, match="Restore it from the backup"):
        store.read(core.settings, sha256)


@pytest.mark.parametrize("name", ["../keys/ca.key", "a" * 63, "A" * 64, ""])
def test_no_other_file_is_ever_read(core: Core, name: str) -> None:
    with pytest.raises(ValueError, match="not the name of a photo"):
        store.path_of(core.settings, name)


def test_a_half_written_file_is_written_again(core: Core, photos: list[Picture]) -> None:
    digest = store.keep(core.settings, photos[0].jpeg)
    path: Path = store.path_of(core.settings, digest)
    path.write_bytes(photos[0].jpeg[:100])
    assert store.keep(core.settings, photos[0].jpeg) == digest
    assert path.read_bytes() == photos[0].jpeg
    assert list(path.parent.iterdir()) == [path]


def test_a_machine_that_left_is_left_alone(core: Core, looked: int, photos: list[Picture]) -> None:
    with core.database.write() as session:
        recycle(session, get_machine(session, looked), "user:1", "BSD-1", 2.5)
    with pytest.raises(Conflict, match="has left the workshop"), core.database.write() as session:
        record_look(session, get_machine(session, looked), FOUND, [], "user:1")
    with pytest.raises(Conflict, match="has left the workshop"), core.database.write() as session:
        add_photos(session, core.settings, get_machine(session, looked), photos, "user:1")


def test_looks_and_photos_go_over_when_two_records_are_one_machine(core: Core, looked: int) -> None:
    with core.database.write() as session:
        stranger = scene.plug(session, "STRANGER01", "Acer", "Aspire")
        boot = current_boot(session, looked)
        assert boot is not None
        boot.linked = False
        row = record_look(session, stranger, FOUND | {"base": ("broken", "")}, [], "user:1")
        add_photos(session, core.settings, stranger, [read_picture(encoded(picture()))], "user:1")
        look_id = row.id
        merge(session, stranger, get_machine(session, looked), "user:1")
    with core.database.read() as session:
        found = newest_look(session, looked)
        assert found is not None
        assert (found.id, found.broken) == (look_id, ("base",))
        assert record.count_photos(session, looked) == 1
