"""GLPI for the tests: its schema, and a small HTTPS server that takes inventories as GLPI does, by that schema."""

from __future__ import annotations

import json
import os
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, FormatChecker

from controller.trust.certificates import ensure_ca, ensure_server_certificate

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("RECYCLERIE_SHARED") or ROOT.parent / "shared")
SCHEMA = SHARED / "schemas/glpi/inventory.schema.json"
needs_schema = pytest.mark.skipif(not SCHEMA.is_file(), reason=f"no schema of GLPI's at {SCHEMA} (RECYCLERIE_SHARED)")
CLIENT, SECRET = "recyclerie", "a secret of the tests"


def validator() -> Draft7Validator:
    """Of GLPI's schema, formats (IP addresses) included."""
    return Draft7Validator(json.loads(SCHEMA.read_text()), format_checker=FormatChecker())


def faults(inventory: Any) -> list[str]:
    """What GLPI's schema has against an inventory, each with its place."""
    # As it arrives over there: nothing that JSON can't say.
    arrived = json.loads(json.dumps(inventory, allow_nan=False))
    return [f"{error.json_path}: {error.message[:200]}" for error in validator().iter_errors(arrived)]


class Glpi:
    """What the server got, and how it is to behave."""

    def __init__(self) -> None:
        self.machines: dict[str, dict[str, Any]] = {}  # deviceid → inventory
        self.requests: list[tuple[str, dict[str, str]]] = []  # path, headers
        self.answers: list[tuple[int, dict[str, Any], dict[str, str]]] = []  # given before anything else is looked at
        self.tokens = 0
        self.oauth = True
        self.url = ""
        self.ca = Path()

    @property
    def token(self) -> str:
        """The one that counts now."""
        return f"token-{self.tokens}"

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, Any], dict[str, str]]:
        """Status, JSON and headers for one request."""
        self.requests.append((path, headers))
        if path == "/glpi/api.php/token":
            return self._give_token(json.loads(body))
        if path != "/glpi/front/inventory.php":
            return 404, {"title": "Not found"}, {}
        if self.answers:
            return self.answers.pop(0)
        if self.oauth and headers.get("authorization") != f"Bearer {self.token}":
            return 401, {"status": "error", "message": "Authorization header required to send an inventory"}, {}
        if headers.get("content-type") != "application/json" or len(headers.get("glpi-agent-id", "")) != 36:
            return 400, {"status": "error", "message": "Unknown protocol"}, {}
        inventory = json.loads(body)
        wrong = faults(inventory)
        if wrong:
            return 400, {"status": "error", "message": f"JSON does not validate. Violations: {wrong[0]}"}, {}
        self.machines[inventory["deviceid"]] = inventory
        return 200, {"status": "ok", "expiration": 24}, {}

    def _give_token(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any], dict[str, str]]:
        wanted = {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": SECRET}
        if asked != {**wanted, "scope": "inventory"}:
            # Some servers repeat what they were told.
            said = f"Client authentication failed for {asked.get('client_id')} {asked.get('client_secret')}"
            return 401, {"error": "invalid_client", "message": said}, {}
        self.tokens += 1
        return 200, {"token_type": "Bearer", "expires_in": 3600, "access_token": self.token}, {}


@contextmanager
def glpi_server(folder: Path) -> Iterator[Glpi]:
    """A server on a free port of this computer, with a certificate of its own CA."""
    folder.mkdir(parents=True, exist_ok=True)
    state = Glpi()
    state.ca, _ = ensure_ca(folder, "GLPI of the tests")
    certificate, key = ensure_server_certificate(folder, ["127.0.0.1"], "GLPI of the tests")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, said, more = state.answer(self.path, headers, body)
            content = json.dumps(said).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **more}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    state.url = f"https://127.0.0.1:{server.server_port}/glpi/front/inventory.php"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
