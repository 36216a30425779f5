"""The program on the PC: says what the machine is, does what it is told to, and proves what it did.

Runs on Debian's own python3 with python3-psutil, python3-pyudev and python3-websockets; it never imports the
controller. One program for the live image of the workshop and for the installed system at a family's home.
"""

from __future__ import annotations

VERSION = "0.1.0"
