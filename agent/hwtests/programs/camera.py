# /// recyclerie-test
# name = "camera"
# title = "Camera"
# subsystem = "camera"
# runs = "parallel"
# targets = "cameras"
# limit_seconds = 40
# usual_seconds = 4
# [figures]
# width = "pixels"
# height = "pixels"
# format = "four letters"
# ///
"""Takes a picture with Video4Linux and looks whether there is anything on it. The picture is not kept."""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
import select
import statistics
import struct
from typing import Any

from agent.hwtests.script import Outcome, Request, run_script

# linux/videodev2.h on 64-bit machines.
QUERYCAP, S_FMT = 0x80685600, 0xC0D05605
REQBUFS, QUERYBUF, QBUF, DQBUF = 0xC0145608, 0xC0585609, 0xC058560F, 0xC0585611
STREAMON, STREAMOFF = 0x40045612, 0x40045613
CAPTURE, MMAP = 1, 1  # V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_MMAP
CAN_CAPTURE, CAN_STREAM, HAS_DEVICE_CAPS = 0x1, 0x4000000, 0x80000000
BUFFER_BYTES = 88
FRAMES = 12  # the first ones are dark until the camera has found the light
FRAME_SECONDS = 5.0
BUFFERS = 3
# Luma of 8 bits: black is 16 (ITU-R BT.601). Even a covered sensor has noise; one value everywhere is no picture.
FLAT_SPREAD = 1.0
DARK_MEAN = 24.0
PLAIN_JPEG_SHARE = 1 / 60  # bytes a pixel: a JPEG of one colour is smaller, of a room several times larger


class NoPicture(Exception):
    """Why there is none."""


def test(request: Request) -> Outcome:
    """One camera."""
    path = str(request.target["path"])
    try:
        fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as problem:
        return Outcome("fail", f"{path} can't be opened: {problem.strerror}.")
    try:
        name, width, height, form, data = picture(fd, request)
    except NoPicture as problem:
        return Outcome("fail", f"The camera gives no picture: {problem}.")
    except OSError as problem:
        return Outcome("fail", f"The camera gives no picture: {problem.strerror}.")
    finally:
        os.close(fd)
    return judge({"camera": name, "width": width, "height": height, "format": form}, data)


def judge(figures: dict[str, Any], data: bytes) -> Outcome:
    """A picture as YUYV or MJPG. Pure."""
    figures = {**figures, "bytes": len(data)}
    pixels = figures["width"] * figures["height"]
    if figures["format"] == "YUYV":
        luma = data[0 : 2 * pixels : 2]
        if len(luma) < pixels // 2:
            return Outcome("fail", f"The picture has only {len(data)} bytes of {2 * pixels}.", figures)
        sample = luma[:: max(1, len(luma) // 20_000)]
        figures |= {"mean_luma": round(statistics.fmean(sample), 1), "spread_luma": round(statistics.pstdev(sample), 1)}
        if figures["spread_luma"] < FLAT_SPREAD:
            return Outcome("fail", "The picture has one colour all over: the sensor sees nothing.", figures)
        if figures["mean_luma"] < DARK_MEAN:
            return Outcome("degraded", "The picture is all dark: look for a cover before the lens.", figures)
        return Outcome("pass", "", figures)
    if not data.startswith(b"\xff\xd8"):
        return Outcome("fail", "The picture is no JPEG, as the camera said it was.", figures)
    if len(data) < pixels * PLAIN_JPEG_SHARE:
        return Outcome("degraded", "The picture has one colour all over: look for a cover before the lens.", figures)
    return Outcome("pass", "", figures)


def picture(fd: int, request: Request) -> tuple[str, int, int, str, bytes]:
    """Name, width, height, format and bytes of the last of some frames. Raises NoPicture, OSError."""
    answer = bytearray(104)
    fcntl.ioctl(fd, QUERYCAP, answer)
    name = bytes(answer[16:48]).split(b"\0")[0].decode("utf-8", "replace")
    able, own = struct.unpack_from("II", answer, 84)
    able = own if able & HAS_DEVICE_CAPS else able
    if not able & CAN_CAPTURE or not able & CAN_STREAM:
        raise NoPicture("the device can't stream")
    width, height, form = choose_format(fd)
    request_buffers = bytearray(struct.pack("IIIII", BUFFERS, CAPTURE, MMAP, 0, 0))
    fcntl.ioctl(fd, REQBUFS, request_buffers)
    count = struct.unpack_from("I", request_buffers)[0]
    with contextlib.ExitStack() as stack:
        maps = []
        for index in range(count):
            buffer = buffer_of(index)
            fcntl.ioctl(fd, QUERYBUF, buffer)
            offset, length = struct.unpack_from("I", buffer, 64)[0], struct.unpack_from("I", buffer, 72)[0]
            maps.append(stack.enter_context(mmap.mmap(fd, length, offset=offset)))
            fcntl.ioctl(fd, QBUF, buffer_of(index))
        fcntl.ioctl(fd, STREAMON, struct.pack("i", CAPTURE))
        try:
            data = b""
            for number in range(FRAMES):
                data = next_frame(fd, maps)
                request.progress((number + 1) / FRAMES)
        finally:
            with contextlib.suppress(OSError):
                fcntl.ioctl(fd, STREAMOFF, struct.pack("i", CAPTURE))
    return name, width, height, form, data


def choose_format(fd: int) -> tuple[int, int, str]:
    """YUYV, whose brightness can be read without unpacking, else MJPG. Raises NoPicture."""
    for wanted in (b"YUYV", b"MJPG"):
        # type, padding, then v4l2_pix_format: width, height, pixelformat, field (V4L2_FIELD_ANY)
        form = bytearray(struct.pack("IIII4sI", CAPTURE, 0, 640, 480, wanted, 0).ljust(208, b"\0"))
        with contextlib.suppress(OSError):
            fcntl.ioctl(fd, S_FMT, form)
            width, height, given = struct.unpack_from("II4s", form, 8)
            if given == wanted:
                return width, height, wanted.decode()
    raise NoPicture("it offers neither YUYV nor MJPG")


def buffer_of(index: int) -> bytearray:
    """A struct v4l2_buffer that asks for one of the mapped buffers."""
    buffer = bytearray(BUFFER_BYTES)
    struct.pack_into("II", buffer, 0, index, CAPTURE)
    struct.pack_into("I", buffer, 60, MMAP)
    return buffer


def next_frame(fd: int, maps: list[mmap.mmap]) -> bytes:
    """Wait for a frame and give its buffer back. Raises NoPicture."""
    if not select.select([fd], [], [], FRAME_SECONDS)[0]:
        raise NoPicture(f"no frame came within {FRAME_SECONDS:.0f} s")
    buffer = buffer_of(0)
    fcntl.ioctl(fd, DQBUF, buffer)
    index, _, used = struct.unpack_from("III", buffer)
    data = bytes(maps[index][:used])
    fcntl.ioctl(fd, QBUF, buffer_of(index))
    return data


if __name__ == "__main__":
    run_script(test)
