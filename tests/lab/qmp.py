"""QEMU's machine protocol: one JSON object a line over a Unix socket."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

from tests.lab.errors import LabError


class Qmp:
    """A connection to one QEMU. Commands are synchronous; events in between are dropped."""

    def __init__(self, path: Path, timeout: float = 30) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout)
        self._socket.connect(str(path))
        self._lines = self._socket.makefile("r")
        self._lines.readline()  # the greeting
        self.execute("qmp_capabilities")

    def execute(self, command: str, **arguments: Any) -> Any:
        """What ``command`` returns.

        :raises LabError: with QEMU's own words, when it refuses
        """
        self._socket.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        for line in self._lines:
            answer = json.loads(line)
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise LabError(f"QEMU refused {command}: {answer['error']['desc']}")
        raise LabError(f"QEMU ended while it was asked for {command}")

    def monitor(self, line: str) -> str:
        """A command of the human monitor (``drive_add``, ``device_add``…), which QMP lacks in places."""
        return str(self.execute("human-monitor-command", **{"command-line": line}))

    def close(self) -> None:
        """Close the connection; the PC runs on."""
        self._lines.close()
        self._socket.close()
