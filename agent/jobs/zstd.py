"""Decompressing one zstd frame into a given buffer: libzstd through ctypes, the zstd program without it.

libzstd.so.1 is part of every Debian (dpkg and systemd use it). Called directly it needs no process and no pipe
for each chunk, writes straight into the buffer that direct I/O sends to the drive, and leaves the other threads
running meanwhile.
"""

from __future__ import annotations

import ctypes
import subprocess
from typing import Protocol

from agent.errors import AgentError


class ZstdError(AgentError):
    """The frame is damaged."""


class Decompress(Protocol):
    """Decompress ``frame`` into ``target``; returns how many bytes came out. Raises ZstdError."""

    def __call__(self, frame: bytes, target: memoryview) -> int: ...


def load_zstd() -> Decompress:
    """The fastest way that this system has. Raises AgentError when it has none."""
    try:
        return _Library()
    except OSError:
        pass
    try:
        subprocess.run(["zstd", "--version"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as problem:
        raise AgentError(
            "Neither libzstd nor the program zstd is here.", hint="Build the live image again."
        ) from problem
    return by_program


class _Library:
    """libzstd's ZSTD_decompress."""

    def __init__(self) -> None:
        library = ctypes.CDLL("libzstd.so.1")
        self._decompress = library.ZSTD_decompress
        self._decompress.restype = ctypes.c_size_t
        self._decompress.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t)
        self._is_error = library.ZSTD_isError
        self._is_error.restype = ctypes.c_uint
        self._is_error.argtypes = (ctypes.c_size_t,)
        self._error_name = library.ZSTD_getErrorName
        self._error_name.restype = ctypes.c_char_p
        self._error_name.argtypes = (ctypes.c_size_t,)

    def __call__(self, frame: bytes, target: memoryview) -> int:
        place = (ctypes.c_char * len(target)).from_buffer(target)
        size = int(self._decompress(ctypes.addressof(place), len(target), frame, len(frame)))
        if self._is_error(size):
            raise ZstdError(f"A frame can't be decompressed: {self._error_name(size).decode()}.")
        return size


def by_program(frame: bytes, target: memoryview) -> int:
    """The same through ``zstd -dc``, a process for each frame."""
    done = subprocess.run(["zstd", "-dc"], input=frame, capture_output=True, check=False)
    if done.returncode != 0 or len(done.stdout) > len(target):
        raise ZstdError(f"A frame can't be decompressed: {done.stderr.decode(errors='replace').strip()}.")
    target[: len(done.stdout)] = done.stdout
    return len(done.stdout)
