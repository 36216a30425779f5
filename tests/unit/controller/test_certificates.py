"""The controller's own CA and certificate: for every name, for clocks that are wrong, renewed in time."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from controller.trust import certificates
from controller.trust.certificates import ensure_ca, ensure_server_certificate
from controller.trust.files import write_private
from controller.trust.keys import ensure_ledger_key, ensure_ssh_key

NAMES = ["192.168.50.1", "atelier.example", "fd00::1"]


@pytest.fixture
def served(tmp_path: Path) -> tuple[Path, Path]:
    return ensure_server_certificate(tmp_path, NAMES, "Recyclerie numérique")


def read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_names(served: tuple[Path, Path]) -> None:
    found = read(served[0]).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(found.get_values_for_type(x509.DNSName)) == {"atelier.example", "localhost"}
    assert set(found.get_values_for_type(x509.IPAddress)) == {
        ipaddress.ip_address(a) for a in ("192.168.50.1", "fd00::1", "127.0.0.1")
    }


def test_valid_for_clocks_that_are_years_behind(served: tuple[Path, Path], tmp_path: Path) -> None:
    """A dead CMOS battery says 2020, or whenever the firmware was built."""
    for path in (served[0], tmp_path / "ca.crt"):
        assert read(path).not_valid_before_utc == dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


def test_python_trusts_it_strictly(served: tuple[Path, Path], tmp_path: Path) -> None:
    """The whole handshake, as an agent does it, with OpenSSL's strictest checks."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(*served)
    client = ssl.create_default_context(cafile=str(tmp_path / "ca.crt"))
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = client.wrap_bio(to_client, to_server, server_hostname="192.168.50.1")
    other = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(6):
        for side in (one, other):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert one.getpeercert()


def test_another_ca_is_not_trusted(served: tuple[Path, Path], tmp_path: Path) -> None:
    """Negative control of the one above."""
    ca, _ = ensure_ca(tmp_path / "other", "Recyclerie numérique")
    with pytest.raises(InvalidSignature):
        read(served[0]).verify_directly_issued_by(read(ca))


def test_files_are_the_controllers_alone(served: tuple[Path, Path], tmp_path: Path) -> None:
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in tmp_path.glob("*.key")} == {
        "ca.key": "0o600",
        "tls.key": "0o600",
    }


def test_kept_as_long_as_it_is_good(served: tuple[Path, Path], tmp_path: Path) -> None:
    before = served[0].read_bytes()
    assert ensure_server_certificate(tmp_path, NAMES[:2], "x")[0].read_bytes() == before
    assert served[0].read_bytes().endswith((tmp_path / "ca.crt").read_bytes())  # the chain


def _new_name(folder: Path) -> list[str]:
    return [*NAMES, "10.9.8.7"]


def _ends_soon(folder: Path) -> list[str]:
    for path in (folder / "tls.crt", folder / "tls.key"):
        path.unlink()
    days = certificates.SERVER_DAYS
    try:
        certificates.SERVER_DAYS = certificates.RENEW_DAYS - 1
        ensure_server_certificate(folder, NAMES, "x")
    finally:
        certificates.SERVER_DAYS = days
    return NAMES


def _key_of_another(folder: Path) -> list[str]:
    """Killed between the two files: a new key beside the old certificate."""
    ensure_server_certificate(folder / "other", NAMES, "x")
    (folder / "tls.key").write_bytes((folder / "other" / "tls.key").read_bytes())
    return NAMES


def _new_ca(folder: Path) -> list[str]:
    for name in ("ca.crt", "ca.key"):
        (folder / name).unlink()
    return NAMES


def _damaged(folder: Path) -> list[str]:
    (folder / "tls.crt").write_text("-----BEGIN")
    return NAMES


@pytest.mark.parametrize("change", [_new_name, _ends_soon, _key_of_another, _new_ca, _damaged])
def test_made_again(served: tuple[Path, Path], tmp_path: Path, change: Callable[[Path], list[str]]) -> None:
    names = change(tmp_path)
    before = served[0].read_bytes()
    path, key = ensure_server_certificate(tmp_path, names, "x")
    assert path.read_bytes() != before
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path, key)  # the key fits
    read(path).verify_directly_issued_by(read(tmp_path / "ca.crt"))
    assert read(path).not_valid_after_utc - dt.datetime.now(dt.UTC) > dt.timedelta(days=certificates.RENEW_DAYS)


def test_ssh_key_is_made_once(tmp_path: Path) -> None:
    path, public = ensure_ssh_key(tmp_path)
    assert ensure_ssh_key(tmp_path) == (path, public)
    assert public.startswith("ssh-ed25519 AAAA")
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_ssh_keys_public_half_is_derived_again(tmp_path: Path) -> None:
    """Killed between the two files."""
    _, public = ensure_ssh_key(tmp_path)
    (tmp_path / "ssh_ed25519.pub").unlink()
    assert ensure_ssh_key(tmp_path)[1] == public


def test_ledger_key_is_made_once(tmp_path: Path) -> None:
    assert ensure_ledger_key(tmp_path).private_bytes_raw() == ensure_ledger_key(tmp_path).private_bytes_raw()


def test_another_kind_of_ledger_key_is_refused(tmp_path: Path) -> None:
    ensure_ca(tmp_path, "x")
    (tmp_path / "ledger_ed25519.key").write_bytes((tmp_path / "ca.key").read_bytes())
    with pytest.raises(TypeError, match="restore it from the backup"):
        ensure_ledger_key(tmp_path)


def test_private_files_are_whole_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "new" / "secret.key"
    write_private(path, b"one")
    write_private(path, b"two")
    assert path.read_bytes() == b"two"
    assert [p.name for p in path.parent.iterdir()] == ["secret.key"]
    assert path.parent.stat().st_mode & 0o777 == 0o700
