"""A technician at the dashboard, speaking the JSON API: what a person would click, and nothing else."""

from __future__ import annotations

import contextlib
import ssl
from pathlib import Path
from typing import Any

import httpx

from tests.lab.errors import LabError
from tests.lab.processes import Process
from tests.lab.waiting import wait_until


def trusting(ca: Path) -> ssl.SSLContext:
    """TLS that trusts this authority and no other."""
    return ssl.create_default_context(cafile=str(ca))


def wait_answering(controller: Process, url: str, ca: Path) -> None:
    """Until the controller that was just started answers."""

    def answers() -> bool:
        controller.must_run()
        with contextlib.suppress(httpx.HTTPError, OSError):
            return httpx.get(f"{url}/api/health", verify=trusting(ca), timeout=5).is_success
        return False

    wait_until(answers, "the controller answers", 120, poll=0.3, hint=controller.tail)


class Technician:
    """Signed in at a controller. Trusts only the controller's own CA, as a workshop's computers do."""

    def __init__(self, url: str, ca: Path, login: str, password: str) -> None:
        self.url = url
        self._http = httpx.Client(base_url=url, verify=trusting(ca), timeout=60)
        token = self.post("/api/token", login=login, password=password, name="lab")["token"]
        self._http.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **query: Any) -> Any:
        """The JSON at ``path``."""
        return self._answer(self._http.get(path, params=query))

    def post(self, path: str, **body: Any) -> Any:
        """The JSON that ``path`` answers to ``body``."""
        return self._answer(self._http.post(path, json=body))

    def put(self, path: str, **body: Any) -> Any:
        """The JSON that ``path`` answers to being set to ``body``."""
        return self._answer(self._http.put(path, json=body))

    def _answer(self, response: httpx.Response) -> Any:
        if response.is_error:
            request = response.request
            raise LabError(f"{request.method} {request.url.path}: {response.status_code} {response.text[:2000]}")
        return response.json() if response.content else None

    def policy(self, **changes: Any) -> None:
        """Change parts of the workshop's erase policy; the rest stays as it is."""
        self.put("/api/erase-policy", **{**self.get("/api/erase-policy"), **changes})

    def new_lot(self, donor: str, expected: int, profile: str) -> int:
        """Register a donation. Returns the lot's id."""
        return int(self.post("/api/lots", donor_name=donor, expected_count=expected, profile=profile)["id"])

    def find(self, serial: str) -> dict[str, Any] | None:
        """The machine whose firmware says this serial number, once it has announced itself."""
        found = list(self.get("/api/machines", q=serial))
        return found[0] if found else None

    def machine(self, machine_id: int) -> dict[str, Any]:
        """Everything about one machine: its summary, boot, drives, run with steps and jobs, erasures."""
        return dict(self.get(f"/api/machines/{machine_id}"))

    def accept(self, machine_id: int) -> None:
        """Let a machine that announced itself in."""
        self.post(f"/api/machines/{machine_id}/accept")

    def tie(self, machine_id: int, lot_id: int) -> None:
        """Say which donation a plugged machine belongs to."""
        self.post(f"/api/machines/{machine_id}/tie", lot_id=lot_id)

    def authorise(self, machine_id: int) -> list[dict[str, Any]]:
        """Look at what would be erased, and confirm each drive by its serial number. Returns the drives."""
        preview = self.get(f"/api/machines/{machine_id}/erase-preview")
        drives = [drive for drive in preview["drives"] if drive["eraseable"]]
        if not drives:
            raise LabError(f"machine {machine_id} has no drive that may be erased: {preview}")
        confirmed = [{"drive_id": drive["drive_id"], "serial": drive["serial"]} for drive in drives]
        self.post(f"/api/machines/{machine_id}/authorise", drives=confirmed)
        return drives
