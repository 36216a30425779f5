"""The controller's own keys: SSH (to the machines) and ledger signing, both Ed25519, made at the first start."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_ssh_private_key,
)

from controller.trust.files import write_private


def ensure_ssh_key(keys_dir: Path, name: str = "ssh_ed25519", comment: str = "recyclerie") -> tuple[Path, str]:
    """The private key file (OpenSSH format) and the public line ``ssh-ed25519 AAAA… recyclerie``."""
    path = keys_dir / name
    public_path = keys_dir / f"{name}.pub"
    if not path.exists():
        key = Ed25519PrivateKey.generate()
        write_private(path, key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    public = load_ssh_private_key(path.read_bytes(), None).public_key()
    line = f"{public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()} {comment}"
    if not public_path.exists() or public_path.read_text().strip() != line:
        public_path.write_text(f"{line}\n")
    return path, line


def ensure_ledger_key(keys_dir: Path) -> Ed25519PrivateKey:
    """The key that signs the ledger's checkpoints.

    Raises:
        TypeError: the file holds another kind of key.
    """
    path = keys_dir / "ledger_ed25519.key"
    if not path.exists():
        key = Ed25519PrivateKey.generate()
        write_private(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return key
    loaded = load_pem_private_key(path.read_bytes(), None)
    if not isinstance(loaded, Ed25519PrivateKey):
        raise TypeError(f"{path} does not hold an Ed25519 key; restore it from the backup")
    return loaded
