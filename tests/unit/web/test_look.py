"""The cosmetic check by forms, as a browser without script sends them; photos go out to people who are signed in."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from fastapi import FastAPI
from PIL import Image
from sqlalchemy import select

from controller.core import Core
from controller.cosmetics.look import newest_look
from controller.cosmetics.tables import Photo
from controller.cosmetics.zones import zones
from controller.machines.lifecycle import State
from controller.machines.moves import move
from controller.machines.registry import get_machine
from controller.web import uploads
from controller.web.views.look import REFUSALS, encode, refused
from tests.unit.controller.cosmetics.photos import COMMENT, MAKER, encoded, phone_photo, picture, png_bomb
from tests.unit.web.conftest import Visitor

TEXT = b"Bonjour, je ne suis pas une photo. " * 40


@pytest.fixture
def claire(app: FastAPI, core: Core, ids: dict[str, int]) -> Visitor:
    """A coordinator."""
    return Visitor(app, core, "claire")


def send(visitor: Visitor, url: str, data: dict[str, Any], *photos: tuple[str, bytes]) -> Any:
    """Send a form with files; the browser sends an empty field where none was chosen."""
    files = [("photo", (name, content, "image/jpeg")) for name, content in photos or [("", b"")]]
    return visitor.client.post(url, data={"csrf": visitor.csrf, **data}, files=files)


def look_form(**changed: str) -> dict[str, Any]:
    form: dict[str, Any] = {f"zone-{zone}": "none" for zone in zones("laptop")}
    return {**form, "zone-lid": "visible", "note-lid": "rayure de 3 cm", "cleaned": ["outside", "labels"], **changed}


def shown_photos(core: Core) -> list[Photo]:
    with core.database.read() as session:
        return list(session.execute(select(Photo).order_by(Photo.id)).scalars())


def test_the_whole_check_with_photos(core: Core, karim: Visitor, ids: dict[str, int]) -> None:
    machine = ids["ready"]
    page = karim.get(f"/machines/{machine}/look").text
    assert page.count('class="zone"') == len(zones("laptop"))
    assert 'capture="environment"' in page
    assert " checked" not in page
    answer = send(karim, f"/machines/{machine}/look", look_form(), ("IMG_1.jpg", phone_photo()))
    assert (answer.status_code, answer.headers["location"]) == (303, f"/machines/{machine}?tab=tests&said=look")
    with core.database.read() as session:
        look = newest_look(session, machine)
    assert look is not None
    assert (look.worst_severity, look.not_cleaned) == ("visible", ("screen", "keyboard", "dust"))
    tab = karim.get(f"/machines/{machine}?tab=tests").text
    assert "rayure de 3 cm" in tab
    (photo,) = shown_photos(core)
    assert f"/photos/{photo.sha256}.jpg" in tab
    # The form holds what was seen, for the next time.
    again = karim.get(f"/machines/{machine}/look").text
    assert 'value="rayure de 3 cm"' in again
    assert again.count(" checked") == len(zones("laptop")) + 2


def test_what_goes_out_says_nothing_of_the_place(
    core: Core, karim: Visitor, nobody: Visitor, ids: dict[str, int]
) -> None:
    send(karim, f"/machines/{ids['ready']}/look", look_form(), ("IMG_1.jpg", phone_photo(3000, 2000, 6)))
    (photo,) = shown_photos(core)
    for digest, largest in ((photo.sha256, 1600), (photo.thumb_sha256, 320)):
        answer = karim.get(f"/photos/{digest}.jpg")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"].startswith("private")
        assert max(Image.open(io.BytesIO(answer.content)).size) == largest
        assert MAKER.encode() not in answer.content
        assert COMMENT not in answer.content
        assert nobody.get(f"/photos/{digest}.jpg").headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("name", ["0" * 64, "..%2f..%2fkeys%2fca.key", "1"])
def test_no_other_file_goes_out(karim: Visitor, name: str) -> None:
    assert karim.get(f"/photos/{name}.jpg").status_code == 404


def test_files_that_are_no_photos_are_told_and_the_rest_is_kept(
    core: Core, karim: Visitor, ids: dict[str, int]
) -> None:
    machine = ids["ready"]
    cut = phone_photo()[:-2000]
    answer = send(
        karim,
        f"/machines/{machine}/look",
        look_form(),
        ("lettre.jpg", TEXT),
        ("bombe.png", png_bomb()),
        ("coupee.jpg", cut),
        ("bonne.txt", encoded(picture())),
    )
    where = answer.headers["location"]
    assert where == (f"/machines/{machine}/look?not_kept=broken_1.not-a-photo_1.too-many-pixels_1&said=look")
    page = karim.get(where).text
    assert page.count('role="alert"') == 3
    assert len(shown_photos(core)) == 1  # judged by its content, not by its name
    with core.database.read() as session:
        assert newest_look(session, machine) is not None


def test_a_part_that_was_left_out_is_named(core: Core, karim: Visitor, ids: dict[str, int]) -> None:
    form = look_form()
    del form["zone-hinges"]
    answer = send(karim, f"/machines/{ids['ready']}/look", form, ("IMG_1.jpg", phone_photo()))
    assert answer.status_code == 400
    assert shown_photos(core) == []
    with core.database.read() as session:
        assert newest_look(session, ids["ready"]) is None


def test_more_photos_later_and_one_deleted(core: Core, karim: Visitor, ids: dict[str, int]) -> None:
    machine = ids["ready"]
    assert send(karim, f"/machines/{machine}/photos", {}, ("a.jpg", phone_photo())).status_code == 409
    send(karim, f"/machines/{machine}/look", look_form())
    assert send(karim, f"/machines/{machine}/photos", {}).status_code == 400  # none was chosen
    answer = send(karim, f"/machines/{machine}/photos", {}, ("a.jpg", phone_photo()), ("b.jpg", phone_photo(400)))
    assert answer.headers["location"].endswith("said=photos")
    first, second = shown_photos(core)
    assert karim.post(f"/machines/{machine}/photos/{first.id}/remove").headers["location"].endswith("said=photo-gone")
    assert [photo.id for photo in shown_photos(core)] == [second.id]
    assert karim.get(f"/photos/{first.sha256}.jpg").status_code == 404


def test_too_many_at_once(core: Core, karim: Visitor, ids: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_PHOTOS_AT_ONCE", 2)
    photos = [(f"{n}.jpg", phone_photo(200 + n)) for n in range(5)]
    answer = send(karim, f"/machines/{ids['ready']}/look", look_form(), *photos)
    assert "not_kept=too-many_3" in answer.headers["location"]
    assert len(shown_photos(core)) == 2


@pytest.mark.parametrize("what", ["look", "photos"])
def test_more_than_we_take_is_refused_before_it_is_read(
    core: Core, karim: Visitor, ids: dict[str, int], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(uploads, "MAX_SENT_BYTES", 50_000)
    answer = send(karim, f"/machines/{ids['ready']}/{what}", look_form(), ("a.jpg", b"\xff\xd8\xff" + b"0" * 60_000))
    assert answer.status_code == 413
    # Without a length nobody knows how much would come.
    answer = karim.client.post(f"/machines/{ids['ready']}/{what}", content=iter([b"x" * 1000]))
    assert answer.status_code == 413
    assert shown_photos(core) == []


def test_a_machine_that_left_is_not_looked_at(core: Core, karim: Visitor, ids: dict[str, int]) -> None:
    with core.database.write() as session:
        move(session, get_machine(session, ids["ready"]), State.PARTS, "user:1")
    assert "look-form" not in karim.get(f"/machines/{ids['ready']}/look").text
    assert send(karim, f"/machines/{ids['ready']}/look", look_form()).status_code == 409


def test_every_refusal_has_words() -> None:
    codes = dict.fromkeys(REFUSALS, 2)
    said = [str(one) for one in refused(encode(codes))]
    assert len(set(said)) == len(REFUSALS)
    assert all("2" in one for one in said)
    assert refused("nonsense_3.<script>_1.heic_x.heic_99999.heic") == ()
    assert encode({"heic": 0}) == ""


def test_ready_says_what_is_missing_and_never_the_word(karim: Visitor, ids: dict[str, int]) -> None:
    page = karim.get(f"/machines/{ids['ready']}").text
    box = re.search(r'<section[^>]*id="checklist".*?</section>', page, re.DOTALL)
    assert box is not None
    assert box.group().count("<li") > 10
    assert not re.search(r"recondition", re.sub(r"/[\w/?=&#-]*", "", page), re.IGNORECASE)
    assert "/waive" not in page  # a technician can't


def test_the_coordination_lets_a_test_pass(core: Core, claire: Visitor, karim: Visitor, ids: dict[str, int]) -> None:
    machine = ids["ready"]
    assert f"/machines/{machine}/waive" in claire.get(f"/machines/{machine}").text
    note = "clavier essayé sous Linux"
    form = {"item": "keyboard", "reason": "otherwise", "note": note}
    assert karim.post(f"/machines/{machine}/waive", **form).status_code == 403
    assert claire.post(f"/machines/{machine}/waive", **form).headers["location"].endswith("said=waived")
    page = karim.get(f"/machines/{machine}").text
    assert note in page
    assert "Claire" in page
    assert claire.post(f"/machines/{machine}/waive/end", item="keyboard").headers["location"].endswith("restored")
    assert note not in karim.get(f"/machines/{machine}").text


def test_the_list_can_be_read(karim: Visitor) -> None:
    page = karim.get("/settings/tests").text
    assert page.count("<tr>") > 20
    assert "/settings/tests" in karim.get("/settings").text
