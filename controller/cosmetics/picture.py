"""A photo as a phone sends it → one that may be kept: judged by its content, drawn anew, nothing of it left but pixels.

What a phone writes beside the picture (where it was taken, when, with whose device) never reaches the disk: the
pixels are copied onto a new picture, which is all that is written.
"""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from PIL import Image, ImageFile, ImageOps

# Of the files. Phones of 2025 take up to 50 megapixels, in JPEG, in up to 20 MB.
MAX_FILE_BYTES: Final = 30_000_000
FORMATS: Final = ("JPEG", "PNG", "WEBP")
MAX_SIDE_PX: Final = 16_000
# A JPEG is read at an eighth to a half of its size where it is large; the others only whole.
MAX_PIXELS: Final = {"JPEG": 70_000_000, "PNG": 25_000_000, "WEBP": 25_000_000}
MIN_SIDE_PX: Final = 32

# Of what is kept.
SIDE_PX: Final = 1600
THUMB_PX: Final = 320
QUALITY: Final = 82
# Picture's brands in the box "ftyp" of ISO 14496-12: what an iPhone keeps its photos in.
_HEIC: Final = (b"heic", b"heix", b"mif1", b"msf1", b"hevc", b"avif")

_ONE_AT_A_TIME = threading.Lock()  # a large photo takes some 200 MB for a second


class Refusal(StrEnum):
    """Why a file is not kept. The page has the words (web.views.look.REFUSALS)."""

    NOT_A_PHOTO = "not-a-photo"
    HEIC = "heic"
    BROKEN = "broken"
    TOO_LARGE = "too-large"  # the file
    TOO_MANY_PIXELS = "too-many-pixels"
    TOO_SMALL = "too-small"
    TOO_MANY = "too-many"  # of this machine, or sent at once


class Refused(Exception):
    """This file can't be kept."""

    def __init__(self, why: Refusal) -> None:
        """Keep why."""
        self.why = why
        super().__init__(why.value)


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A photo as it is kept, and its small form: JPEG files."""

    jpeg: bytes
    thumb: bytes
    width_px: int
    height_px: int


def read_picture(data: bytes) -> Picture:
    """Draw ``data`` anew: upright, at most 1600 px, without anything but its pixels.

    Raises:
        Refused: it is no photo, is cut off, or is too large.
    """
    if len(data) > MAX_FILE_BYTES:
        raise Refused(Refusal.TOO_LARGE)
    with _ONE_AT_A_TIME, _whole_files_only():
        picture = _fit(_open(data), SIDE_PX)
        thumb = _fit(picture, THUMB_PX)
        return Picture(jpeg=_jpeg(picture), thumb=_jpeg(thumb), width_px=picture.width, height_px=picture.height)


@contextmanager
def _whole_files_only() -> Iterator[None]:
    """WeasyPrint, which draws our papers in the same process, has Pillow take files that were cut off."""
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


def _open(data: bytes) -> Image.Image:
    """The picture upright, in RGB, on white, as a picture that never was in a file."""
    if _webp_pixels(data) > MAX_PIXELS["WEBP"]:
        raise Refused(Refusal.TOO_MANY_PIXELS)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # judged below, by the kind
            image = Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError:
        raise Refused(Refusal.TOO_MANY_PIXELS) from None
    except Exception:  # whatever a decoder says of bytes that are no picture
        raise Refused(_why_not(data)) from None
    _check_size(image)
    try:
        image.draft("RGB", _within(image.size, SIDE_PX))
        image.load()
        kind = "RGBA" if _has_alpha(image) else "RGB"
        # Scaled down first: what follows copies it several times. Palettes and odd depths can't be scaled as they are.
        small = image if image.mode in ("RGB", "RGBA", "L", "CMYK") else image.convert(kind)
        small.thumbnail((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS)
        seen = ImageOps.exif_transpose(small).convert(kind)
        clean = Image.new("RGB", seen.size, "white")
        clean.paste(seen, mask=seen.getchannel("A") if seen.mode == "RGBA" else None)
    except Exception:  # cut off, or made to trouble a decoder
        raise Refused(Refusal.BROKEN) from None
    return clean


def _check_size(image: Image.Image) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS[str(image.format)] or max(width, height) > MAX_SIDE_PX:
        raise Refused(Refusal.TOO_MANY_PIXELS)
    if min(width, height) < MIN_SIDE_PX:
        raise Refused(Refusal.TOO_SMALL)


def _has_alpha(image: Image.Image) -> bool:
    return image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info


def _why_not(data: bytes) -> Refusal:
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC:
        return Refusal.HEIC
    begun = data.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or _is_webp(data)
    return Refusal.BROKEN if begun else Refusal.NOT_A_PHOTO


def _is_webp(data: bytes) -> bool:
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def _webp_pixels(data: bytes) -> int:
    """Pixels that a WebP says it has, 0 where it is none: its decoder takes their memory before we could ask.

    RFC 9649, sections 2.5 to 2.7.
    """
    if not _is_webp(data):
        return 0
    kind = data[12:16]
    if kind == b"VP8X":
        return (1 + int.from_bytes(data[24:27], "little")) * (1 + int.from_bytes(data[27:30], "little"))
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return ((bits & 0x3FFF) + 1) * (((bits >> 14) & 0x3FFF) + 1)
    return (int.from_bytes(data[26:28], "little") & 0x3FFF) * (int.from_bytes(data[28:30], "little") & 0x3FFF)


def _within(size: tuple[int, int], side: int) -> tuple[int, int]:
    scale = min(1.0, side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _fit(image: Image.Image, side: int) -> Image.Image:
    fitted = image.copy()
    fitted.thumbnail((side, side), Image.Resampling.LANCZOS)
    return fitted


def _jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return out.getvalue()
