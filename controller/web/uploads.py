"""Files that a browser sends: not more than we take, and each photo drawn anew before anything else sees it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from controller.cosmetics.picture import MAX_FILE_BYTES, Picture, Refusal, Refused, read_picture
from controller.errors import RecyclerieError
from controller.i18n import N_

MAX_PHOTOS_AT_ONCE = 12
MAX_SENT_BYTES = 160_000_000
_DRAINED_BYTES = 4 * MAX_SENT_BYTES  # a browser reads the answer only after it has sent all


class TooLarge(RecyclerieError):
    """What was sent is larger than we take (HTTP 413)."""

    status = 413


async def sized(request: Request) -> None:
    """A dependency, before any that reads the form: raise TooLarge for more than ``MAX_SENT_BYTES``."""
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length) <= MAX_SENT_BYTES:
        return
    drained = 0
    async for chunk in request.stream():
        drained += len(chunk)
        if drained > _DRAINED_BYTES:
            break
    raise TooLarge(
        N_("That is more than can be sent at once."),
        N_("Send fewer photos at a time: {n} at most."),
        n=MAX_PHOTOS_AT_ONCE,
    )


@dataclass
class Sent:
    """The photos of a form, and how many files were refused for what."""

    pictures: list[Picture] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)


async def read_photos(form: FormData) -> Sent:
    """The photos in the fields ``photo``; empty fields are none."""
    sent = Sent()
    files = [f for f in form.getlist("photo") if isinstance(f, UploadFile) and (f.filename or f.size)]
    for number, file in enumerate(files):
        if number >= MAX_PHOTOS_AT_ONCE:
            sent.refused[Refusal.TOO_MANY] += 1
            continue
        try:
            data = await file.read(MAX_FILE_BYTES + 1)
            sent.pictures.append(await run_in_threadpool(read_picture, data))
        except Refused as why:
            sent.refused[why.why] += 1
    return sent


def text(form: FormData, name: str, most: int) -> str:
    """A text field, at most ``most`` characters, without what no database takes."""
    value = form.get(name)
    return value[:most].replace("\x00", "") if isinstance(value, str) else ""
