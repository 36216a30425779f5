"""The antivirus: its engine finds a test virus; its signatures are there, or are still to be fetched."""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .outcome import Outcome, Ran, failed, passed, run

Options = Mapping[str, Any]
# EICAR's test file, in two halves so that no scanner takes this source for the virus.
EICAR = (r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR" + "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*").encode()
DATABASE = Path("/var/lib/clamav")


def own_signature() -> str:
    """A database of one signature, EICAR's hash, in ClamAV's .hdb format: it proves the engine offline."""
    digest = hashlib.md5(EICAR, usedforsecurity=False).hexdigest()
    return f"{digest}:{len(EICAR)}:Recyclerie.Eicar\n"


def signatures(folder: Path = DATABASE) -> list[Path]:
    """The signature files that are there."""
    return sorted(path for path in folder.glob("*") if path.suffix in (".cvd", ".cld", ".cud") and path.stat().st_size)


def scan(database: Path | None, timeout: float) -> Ran:
    """What clamscan says of EICAR's file. It ends with 1 when it found a virus, with 2 on an error."""
    with tempfile.TemporaryDirectory(prefix="recyclerie-check-") as name:
        folder = Path(name)
        (folder / "eicar.com").write_bytes(EICAR)
        if database is None:
            database = folder / "own.hdb"
            database.write_text(own_signature())
        argv = ["clamscan", "--no-summary", f"--database={database}", str(folder / "eicar.com")]
        return run(argv, timeout=timeout)


def check_engine(options: Options) -> Outcome:
    """clamscan detects EICAR by a signature of ours: the engine works, whatever signatures there are."""
    ran = scan(None, float(options.get("timeout", 120)))
    if ran.status == 1 and "FOUND" in ran.output:
        return passed(f"{run(['clamscan', '--version']).last_line}: the engine finds the test virus")
    return failed(f"clamscan does not find the test virus, it ended with {ran.status}: {ran.last_line}")


def check_signatures(options: Options) -> Outcome:
    """The official signatures are there and find EICAR. Offline they aren't: they come at the first connection."""
    files = signatures()
    if not files:
        return failed(
            "no signatures yet: the antivirus fetches them when the machine is first connected to the internet"
        )
    newest = max(path.stat().st_mtime for path in files)
    words = f"{', '.join(path.name for path in files)}, {max(0.0, time.time() - newest) / 86400:.0f} days old"
    ran = scan(DATABASE, float(options.get("timeout", 300)))
    if ran.status == 1 and "FOUND" in ran.output:
        return passed(f"signatures {words}: they find the test virus")
    return failed(f"signatures {words} do not find the test virus, clamscan ended with {ran.status}: {ran.last_line}")
