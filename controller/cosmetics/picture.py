"""A photo as a phone sends it → one that may be kept: judged by its content, drawn anew, nothing of it left but pixels.

What a phone writes beside the picture (where it was taken, when, with whose device) never reaches the disk: the
pixels are copied onto a new picture, which is all that is written.
"""

from __future__ import annotations

import io
import threading
import warnings
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from PIL import Image, ImageOps

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
    with _ONE_AT_A_TIME:
        picture = _fit(_open(data), SIDE_PX)
        thumb = _fit(picture, THUMB_PX)
        return Picture(jpeg=_jpeg(picture), thumb=_jpeg(thumb), width_px=picture.width, height_px=picture.height)


def _open(data: bytes) -> Image.Image:
    """The picture upright, in RGB, on white, as a picture that never was in a file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # judged below, by the kind
            image = Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError:
        raise Refused(Refusal.TOO_MANY_PIXELS) from None
    except Exception:  # whatever a decoder says of bytes that are no picture
        raise Refused(Refusal.HEIC if _is_heic(data) else Refusal.NOT_A_PHOTO) from None
    _check_size(image)
    try:
        image.draft("RGB", (SIDE_PX * 2, SIDE_PX * 2))
        image.load()
        upright = ImageOps.exif_transpose(image)
        seen = upright.convert("RGBA") if _has_alpha(upright) else upright.convert("RGB")
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


def _is_heic(data: bytes) -> bool:
    return data[4:8] == b"ftyp" and data[8:12] in _HEIC


def _fit(image: Image.Image, side: int) -> Image.Image:
    fitted = image.copy()
    fitted.thumbnail((side, side), Image.Resampling.LANCZOS)
    return fitted


def _jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return out.getvalue()
