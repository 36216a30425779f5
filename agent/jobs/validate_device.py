"""How the validator gets at a drive: opened read-only, past every cache. Only the standard library, nothing of ours."""

from __future__ import annotations

import errno
import fcntl
import os
import stat

SECTOR = 512
PAGE = 4096
DROP_BUFFERS = 0x1261  # BLKFLSBUF, linux/fs.h
GONE = (errno.ENODEV, errno.ENXIO, errno.ENOMEDIUM)


def open_to_read(path: str) -> tuple[int, bool]:
    """A descriptor, and whether it reads past the page cache. Raises OSError."""
    flags = os.O_RDONLY | os.O_CLOEXEC
    try:
        return os.open(path, flags | os.O_DIRECT), True
    except OSError as problem:
        if problem.errno != errno.EINVAL:
            raise
    return os.open(path, flags), False


def number_of(fd: int) -> str:
    """The device's number, as "8:0"; "0:0" for what is no device."""
    status = os.fstat(fd)
    return f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"


def size_of(fd: int) -> int:
    """Bytes, as the end of the device says."""
    return os.lseek(fd, 0, os.SEEK_END)


def drop_caches(fd: int) -> bool:
    """Have the kernel forget what it keeps of the device. Whether it said that it did."""
    try:
        if stat.S_ISBLK(os.fstat(fd).st_mode):
            fcntl.ioctl(fd, DROP_BUFFERS)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    except OSError:
        return False
    return True


def read_into(fd: int, view: memoryview, at: int) -> None:
    """Fill ``view`` completely from byte ``at``. Raises OSError; its ``filename2`` holds the place, in bytes."""
    # A mark in every page: a read that reports success and transfers nothing must not find what was there before.
    count = len(view)
    view[0:count:PAGE] = b"\xa5" * len(range(0, count, PAGE))
    got = 0
    while got < count:
        try:
            step = os.preadv(fd, [view[got:]], at + got)
        except OSError as problem:
            problem.filename2 = at + got
            raise
        if step == 0:
            ended = OSError(errno.EIO, "end of the device before its size")
            ended.filename2 = at + got
            raise ended
        got += step
        # A short read can leave direct I/O unaligned: read the rest from the last whole sector on.
        if got < count and got % SECTOR:
            got -= got % SECTOR


def name_of(problem: OSError) -> str:
    """EIO, ENODEV…"""
    return errno.errorcode.get(problem.errno or 0, str(problem.errno))
