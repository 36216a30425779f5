"""Photos: judged by their content, drawn anew, nothing kept of where they were taken."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from controller.cosmetics.picture import SIDE_PX, THUMB_PX, Picture, Refusal, Refused, read_picture
from tests.unit.controller.cosmetics.photos import (
    COMMENT,
    MAKER,
    encoded,
    exif,
    phone_photo,
    picture,
    png_bomb,
    text_bomb,
    webp_bomb,
)


def opened(data: bytes) -> Image.Image:
    """A kept file, as somebody else reads it."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def refusal(data: bytes) -> Refusal:
    with pytest.raises(Refused) as why:
        read_picture(data)
    return why.value.why


def colour(image: Image.Image, x: float, y: float) -> str:
    """The colour at a place given in parts of the whole."""
    pixel = image.convert("RGB").getpixel((int(image.width * x), int(image.height * y)))
    assert isinstance(pixel, tuple)
    red, _, blue = pixel
    return "red" if red > 150 > blue else "blue" if blue > 150 > red else str(pixel)


def test_nothing_of_the_place_the_time_or_the_phone_is_kept() -> None:
    sent = phone_photo()
    before = opened(sent)
    assert before.getexif().get_ifd(0x8825)[1] == "N"  # what is sent does say where it was taken
    assert MAKER.encode() in sent
    assert COMMENT in sent
    assert b"GPSLatitude" in sent
    kept = read_picture(sent)
    for data in (kept.jpeg, kept.thumb):
        after = opened(data)
        assert dict(after.getexif()) == {}
        assert not after.getexif().get_ifd(0x8825)
        assert {"exif", "comment", "xmp", "icc_profile"} & set(after.info) == set()
        assert [
            k
            for k in after.info
            if k not in ("jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive", "progression")
        ] == []
        for secret in (MAKER.encode(), COMMENT, b"GPS", b"Exif", b"profile"):
            assert secret not in data


@pytest.mark.parametrize(
    ("orientation", "corner"),
    [(1, (0.25, 0.25)), (3, (0.75, 0.75)), (6, (0.75, 0.25)), (8, (0.25, 0.75)), (2, (0.75, 0.25))],
)
def test_it_is_turned_upright_as_the_phone_was_held(orientation: int, corner: tuple[float, float]) -> None:
    kept = read_picture(phone_photo(orientation=orientation))
    turned = orientation >= 5
    assert (kept.width_px, kept.height_px) == ((480, 640) if turned else (640, 480))
    corners = [(x, y) for x in (0.25, 0.75) for y in (0.25, 0.75)]
    for data in (kept.jpeg, kept.thumb):
        image = opened(data)
        assert {place for place in corners if colour(image, *place) == "red"} == {corner}


def test_a_palette_is_turned_too() -> None:
    kept = read_picture(encoded(picture(mode="P"), "PNG", exif=exif(orientation=6)))
    assert (kept.width_px, kept.height_px) == (480, 640)
    assert colour(opened(kept.jpeg), 0.75, 0.25) == "red"


@pytest.mark.parametrize(
    ("size", "kept_size"), [((4000, 3000), (1600, 1200)), ((900, 3600), (400, 1600)), ((640, 480), (640, 480))]
)
def test_it_is_scaled_down_never_up(size: tuple[int, int], kept_size: tuple[int, int]) -> None:
    kept = read_picture(phone_photo(*size))
    assert (kept.width_px, kept.height_px) == kept_size
    assert opened(kept.jpeg).size == kept_size
    assert max(opened(kept.thumb).size) == min(THUMB_PX, max(kept_size))
    assert max(kept_size) <= SIDE_PX


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_three_kinds_are_read_and_all_are_kept_as_jpeg(kind: str) -> None:
    kept = read_picture(encoded(picture(), kind))
    assert opened(kept.jpeg).format == "JPEG"
    assert colour(opened(kept.jpeg), 0.25, 0.25) == "red"
    assert colour(opened(kept.jpeg), 0.75, 0.75) == "blue"


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA", "CMYK", "1", "I;16"])
def test_odd_colours_are_read(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    image = (
        picture(mode="L").convert("I").point(lambda v: v * 256).convert("I;16")
        if mode == "I;16"
        else picture(mode=mode)
    )
    kept = read_picture(encoded(image, kind))
    assert opened(kept.jpeg).mode == "RGB"
    assert (kept.width_px, kept.height_px) == (640, 480)


def test_what_one_sees_through_becomes_white() -> None:
    clear = Image.new("RGBA", (100, 100), (255, 0, 0, 0))
    pixel = opened(read_picture(encoded(clear, "PNG")).jpeg).getpixel((50, 50))
    assert isinstance(pixel, tuple)
    assert min(pixel) > 250


def test_the_same_photo_gives_the_same_file() -> None:
    assert read_picture(phone_photo()) == read_picture(phone_photo())
    assert isinstance(read_picture(phone_photo()), Picture)


@pytest.mark.parametrize(
    ("what", "data", "why"),
    [
        ("a text named .jpg", b"Bonjour, je ne suis pas une photo.\n" * 50, Refusal.NOT_A_PHOTO),
        ("nothing", b"", Refusal.NOT_A_PHOTO),
        ("a PDF", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + b"0" * 500, Refusal.NOT_A_PHOTO),
        ("an SVG with a script", b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "not-a-photo"),
        ("a GIF", encoded(picture(mode="P"), "GIF"), Refusal.NOT_A_PHOTO),
        ("a TIFF", encoded(picture(), "TIFF"), Refusal.NOT_A_PHOTO),
        ("only the first bytes of a JPEG", encoded(picture())[:20], Refusal.BROKEN),
        ("an iPhone's own form", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 500, Refusal.HEIC),
        ("a JPEG cut off in the middle", phone_photo()[: len(phone_photo()) * 2 // 3], Refusal.BROKEN),
        ("a PNG cut off", encoded(picture(), "PNG")[:-600], Refusal.BROKEN),
        ("a WebP cut off", encoded(picture(), "WEBP", lossless=True)[:-40], Refusal.BROKEN),
        ("too many pixels", encoded(Image.new("1", (6000, 5000)), "PNG"), Refusal.TOO_MANY_PIXELS),
        ("too long", encoded(Image.new("L", (20_000, 40))), Refusal.TOO_MANY_PIXELS),
        ("a dot", encoded(picture(8, 8)), Refusal.TOO_SMALL),
        ("30 MB of a JPEG", encoded(picture()) + b"\0" * 30_000_000, Refusal.TOO_LARGE),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else None,
)
def test_what_is_no_photo_is_refused_and_why(what: str, data: bytes, why: Refusal) -> None:
    assert refusal(data) == why, what


def test_what_was_cut_off_is_refused_whatever_another_library_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)  # as WeasyPrint does
    assert refusal(phone_photo()[:-2000]) == Refusal.BROKEN
    assert ImageFile.LOAD_TRUNCATED_IMAGES is True


MEMORY = """
import resource, sys
from controller.cosmetics.picture import Refused, read_picture
start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    kept = read_picture(open(sys.argv[1], "rb").read())
    print(f"{kept.width_px}x{kept.height_px}", end=" ")
except Refused as why:
    print(why.why.value, end=" ")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start)
"""


@pytest.mark.parametrize(
    ("make", "outcome", "most_kib"),
    [
        (png_bomb, "too-many-pixels", 30_000),
        (webp_bomb, "too-many-pixels", 30_000),
        (text_bomb, "broken", 30_000),
        # 50 megapixels, as a phone of today sends them: read at a quarter, not whole (150 MB).
        (lambda: encoded(Image.new("RGB", (8160, 6120), "red"), quality=30), "1600x1200", 60_000),
        (lambda: encoded(Image.new("RGB", (5700, 4300), "red"), "PNG"), "1600x1207", 150_000),
    ],
    ids=["png", "webp", "text", "50 megapixels", "24 megapixels, PNG"],
)
def test_memory_stays_small(tmp_path: Path, make: Callable[[], bytes], outcome: str, most_kib: int) -> None:
    """In a process of its own: the decoders take their memory where Python does not count it."""
    path = tmp_path / "sent"
    path.write_bytes(make())
    assert path.stat().st_size < 3_000_000
    found = subprocess.run([sys.executable, "-c", MEMORY, str(path)], capture_output=True, text=True, check=True)
    said, taken = found.stdout.split()
    assert said == outcome
    assert int(taken) < most_kib


@given(st.binary(max_size=2000), st.integers(0, 3000), st.sampled_from(["JPEG", "PNG", "WEBP"]))
@settings(max_examples=150, deadline=None)
def test_any_bytes_give_a_photo_or_a_refusal(noise: bytes, at: int, kind: str) -> None:
    whole = encoded(picture(64, 64), kind)
    for data in (noise, whole[:at] + noise + whole[at + len(noise) :]):
        try:
            kept = read_picture(data)
        except Refused:
            continue
        assert opened(kept.jpeg).size == (kept.width_px, kept.height_px)
