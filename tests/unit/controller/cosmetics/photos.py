"""Photos as phones make them, made here: what is in them is known."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import Image, ImageDraw

# Near Aix-en-Provence; what a phone that knows where it is writes.
LATITUDE = (43.0, 31.0, 47.0)
MAKER = "Telephone d'essai"
COMMENT = b"chez Madame Exemple"


def picture(width: int = 640, height: int = 480, mode: str = "RGB") -> Image.Image:
    """Red in its upper left quarter, blue elsewhere: which way is up can be seen."""
    image = Image.new("RGB", (width, height), "blue")
    ImageDraw.Draw(image).rectangle((0, 0, width // 2, height // 2), fill="red")
    return image.convert(mode)


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """A file."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def exif(orientation: int = 1) -> bytes:
    """What a phone writes beside the picture: maker, place, and how it was held."""
    found = Image.Exif()
    found[0x010F] = MAKER
    found[0x0112] = orientation
    place = found.get_ifd(0x8825)
    place[1], place[2], place[3], place[4] = "N", LATITUDE, "E", (5.0, 26.0, 50.0)
    return found.tobytes()


def phone_photo(width: int = 640, height: int = 480, orientation: int = 1) -> bytes:
    """A JPEG with all that a phone writes."""
    image = picture(width, height)
    xmp = b"<x:xmpmeta>exif:GPSLatitude 43,31.78N</x:xmpmeta>"
    return encoded(image, exif=exif(orientation), comment=COMMENT, xmp=xmp, icc_profile=b"\0" * 4000 + b"profile")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_bomb(width: int = 60_000, height: int = 60_000) -> bytes:
    """A PNG of a few hundred kB that would take gigabytes once unpacked."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 50_000_000, 9)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def webp_bomb() -> bytes:
    """A few hundred bytes of WebP that ask for a canvas of 16 383 × 16 383 pixels."""
    plain = encoded(picture(64, 64), "WEBP", exif=exif())
    assert plain[12:16] == b"VP8X"
    side = (16_382).to_bytes(3, "little")
    return plain[:24] + side + side + plain[30:]


def text_bomb() -> bytes:
    """A small PNG with a compressed text that unpacks to 200 MB."""
    plain = encoded(picture(64, 64), "PNG")
    text = _chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"\0" * 200_000_000, 9))
    return plain[:33] + text + plain[33:]
