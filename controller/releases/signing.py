"""The key that signs the repository: OpenPGP, Ed25519, used through gpg in a home of its own for each call.

A home that lives for one call leaves no gpg-agent behind, and no socket whose path is too long below DATA_DIR.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from controller.errors import Conflict
from controller.i18n import N_
from controller.trust.files import write_private

NAME = "apt_ed25519"
USER_ID = "Recyclerie agent releases"


def ensure_archive_key(keys_dir: Path) -> str:
    """Make ``apt_ed25519.key`` (OpenPGP, armoured, 0600) and ``.asc`` where missing; returns the public key.

    Raises:
        Conflict: gpg is missing or failed.
    """
    secret, public = keys_dir / f"{NAME}.key", keys_dir / f"{NAME}.asc"
    if not secret.exists():
        with _home() as home:
            make = ("--quick-gen-key", USER_ID, "ed25519", "sign", "never")
            _gpg(home, "--faked-system-time", "20200101T000000!", "--passphrase", "", *make)
            write_private(secret, _gpg(home, "--export-secret-keys", USER_ID))
        public.unlink(missing_ok=True)
    if not public.exists():
        with _home() as home:
            _gpg(home, "--import", secret)
            public.write_bytes(_gpg(home, "--export"))
    return public.read_text(encoding="ascii")


def sign(keys_dir: Path, text: str) -> bytes:
    """``text`` with its signature inside (an InRelease).

    Raises:
        Conflict: gpg is missing or failed.
    """
    with _home() as home:
        _gpg(home, "--import", keys_dir / f"{NAME}.key")
        return _gpg(home, "--digest-algo", "SHA512", "--clear-sign", standard_input=text.encode())


@contextmanager
def _home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="rcy-gpg-") as folder:  # 0700
        try:
            yield Path(folder)
        finally:
            with open(os.devnull, "wb") as nothing:  # noqa: PTH123
                subprocess.run(
                    ["gpgconf", "--homedir", folder, "--kill", "all"], stdout=nothing, stderr=nothing, check=False
                )


def _gpg(home: Path, *arguments: str | Path, standard_input: bytes = b"") -> bytes:
    argv = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--no-tty", "--armor", "--pinentry-mode", "loopback"]
    try:
        ran = subprocess.run(
            [*argv, *map(str, arguments)], input=standard_input, capture_output=True, check=False, timeout=120
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _failed(str(error)) from error
    if ran.returncode != 0:
        raise _failed(ran.stderr.decode(errors="replace").strip())
    return ran.stdout


def _failed(detail: str) -> Conflict:
    return Conflict(
        N_("The repository of the agent's releases can't be signed: {detail}"),
        N_("The controller's computer needs gpg (packages gpg and gpg-agent)."),
        detail=detail[-300:],
    )
