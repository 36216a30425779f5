"""A little HTTPS server that answers GET /api/inventory as the controller does, with a CA of its own."""

from __future__ import annotations

import datetime
import ipaddress
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

TOKEN = "rcy_test_token"


def make_certificates(folder: Path, address: str = "127.0.0.1") -> Path:
    """A CA (``ca.crt``) and the server's key and certificate (``tls.pem``); returns the CA's file."""
    now = datetime.datetime.now(datetime.UTC)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Little workshop")])

    def build(name: x509.Name, public: ec.EllipticCurvePublicKey, *extensions: x509.ExtensionType) -> x509.Certificate:
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(ca_name).public_key(public)
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - datetime.timedelta(1)).not_valid_after(now + datetime.timedelta(1))
        for extension in extensions:
            builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        return builder.sign(ca_key, hashes.SHA256())

    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    ca = build(ca_name, ca_key.public_key(), x509.BasicConstraints(ca=True, path_length=0), usage)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
    own = build(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)]), key.public_key(), names)
    pem = serialization.Encoding.PEM
    (folder / "ca.crt").write_bytes(ca.public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "tls.pem").write_bytes(private + own.public_bytes(pem))
    return folder / "ca.crt"


@contextmanager
def little_controller(folder: Path, machines: list[dict[str, Any]], body: bytes | None = None) -> Iterator[str]:
    """Serves ``machines`` (or ``body`` as it is); yields the controller's URL."""
    make_certificates(folder)
    answer = json.dumps({"machines": machines}).encode() if body is None else body

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.path == "/api/inventory"
            allowed = self.headers.get("Authorization") == f"Bearer {TOKEN}"
            self.send_response(404 if not known else 200 if allowed else 401)
            self.end_headers()
            if known and allowed:
                self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
