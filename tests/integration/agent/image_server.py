"""The controller's image files over TLS, with byte ranges, a token, and cables that are cut at a given byte."""

from __future__ import annotations

import http.server
import re
import ssl
import threading
from http import HTTPStatus
from pathlib import Path


class ImageServer:
    """Serves the files of a folder under /api/agent/images/PROFILE/. A context manager."""

    def __init__(self, folder: Path, certificate: Path, key: Path, *, token: str) -> None:
        self.folder = folder
        self.token = token
        self.cut_after: list[int] = []  # bytes of a body after which the connection is cut; each is used once
        self.damage: list[int] = []  # file offsets whose byte is sent wrong; each is used once
        self.fail_next = 0  # answers of 503 to come
        self.requests: list[str] = []  # the byte ranges asked for
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                server.answer(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> ImageServer:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: http.server.BaseHTTPRequestHandler) -> None:
        """One request."""
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            self._plain(request, HTTPStatus.UNAUTHORIZED)
            return
        if self.fail_next:
            self.fail_next -= 1
            self._plain(request, HTTPStatus.SERVICE_UNAVAILABLE)
            return
        path = self.folder / request.path.rpartition("/")[2]
        if not path.is_file():
            self._plain(request, HTTPStatus.NOT_FOUND)
            return
        size = path.stat().st_size
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("Range", ""))
        first, last = (int(asked.group(1)), int(asked.group(2))) if asked else (0, size - 1)
        self.requests.append(request.headers.get("Range", ""))
        request.send_response(HTTPStatus.PARTIAL_CONTENT if asked else HTTPStatus.OK)
        request.send_header("Content-Length", str(last - first + 1))
        if asked:
            request.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        request.end_headers()
        self._send(request, path, first, last + 1)

    def _send(self, request: http.server.BaseHTTPRequestHandler, path: Path, at: int, end: int) -> None:
        room = self.cut_after.pop(0) if self.cut_after and path.suffix == ".zst" else None
        with path.open("rb") as stream:
            stream.seek(at)
            while at < end:
                block = bytearray(stream.read(min(65536, end - at)))
                for offset in [o for o in self.damage if at <= o < at + len(block) and path.suffix == ".zst"]:
                    self.damage.remove(offset)
                    block[offset - at] ^= 0xFF
                if room is not None and room < len(block):
                    request.wfile.write(block[:room])
                    request.wfile.flush()
                    request.connection.close()
                    request.close_connection = True
                    return
                room = None if room is None else room - len(block)
                try:
                    request.wfile.write(block)
                except OSError:
                    request.close_connection = True
                    return
                at += len(block)

    def _plain(self, request: http.server.BaseHTTPRequestHandler, status: HTTPStatus) -> None:
        request.send_response(status)
        request.send_header("Content-Length", "0")
        request.end_headers()
