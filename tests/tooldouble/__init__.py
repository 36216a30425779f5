"""Tool doubles: hdparm, nvme, sg_sanitize, mmc and rtcwake as programs, over a drive model with a memory.

What no emulator has (ATA security, sanitize, hidden areas, freeze locks, stuck or lying firmware) is played by programs
of the same names, put first on PATH. They speak the real tools' words (``records``, each with its source) and really
erase a loop device of the test, or lie, stall, vanish, die, stay locked: as the model's ``faults`` say. Their exit
statuses are the real tools': 0 proves nothing here either.
"""
