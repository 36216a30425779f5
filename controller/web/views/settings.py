"""What the settings page shows: the workshop, its images and keys, and its people."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.access.roles import ROLE_NAMES
from controller.access.tables import User
from controller.core import Core
from controller.errors import NotFound
from controller.ledger.checkpoint import key_id
from controller.settings import Settings
from controller.workflows.images import built_profiles, os_image


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image that machines can get."""

    name: str
    version: str
    size_bytes: int


@dataclass(frozen=True, kw_only=True)
class Person:
    """Someone who signs in."""

    id: int
    login: str
    name: str
    role: str
    role_label: str  # message id
    active: bool


@dataclass(frozen=True, kw_only=True)
class Fingerprints:
    """How to tell that the keys are ours."""

    ca_sha256: str
    certificate_until: dt.date  # of what is served
    ssh: str  # SHA256:…, as ssh-keygen -l prints it
    ledger: str  # key id of the checkpoints


def people(session: Session) -> tuple[Person, ...]:
    """Everyone, the active ones first."""
    rows = session.execute(select(User).order_by(User.active.desc(), User.display_name)).scalars()
    return tuple(
        Person(
            id=u.id,
            login=u.login,
            name=u.display_name,
            role=u.role_name,
            role_label=ROLE_NAMES[u.role],
            active=u.active,
        )
        for u in rows
    )


def live_image(settings: Settings) -> Image | None:
    """The live image, or ``None`` when it was not built."""
    manifest = settings.image_dir / "live" / "manifest.json"
    squashfs = settings.image_dir / "live" / "live.squashfs"
    if not manifest.is_file() or not squashfs.is_file():
        return None
    try:
        version = str(json.loads(manifest.read_text()).get("version", ""))
    except ValueError:
        version = "?"
    return Image(name="live", version=version, size_bytes=squashfs.stat().st_size)


def os_images(settings: Settings) -> tuple[Image, ...]:
    """The system images that are there; one that can't be read is left out."""
    found = []
    for profile in built_profiles(settings):
        try:
            image = os_image(settings, profile)
        except (NotFound, ValueError, KeyError):
            continue
        found.append(Image(name=profile, version=image.version, size_bytes=image.size_bytes))
    return tuple(found)


def fingerprints(core: Core) -> Fingerprints:
    """Of the CA, the SSH key and the ledger's key."""
    ca = x509.load_pem_x509_certificate(core.keys.ca.read_bytes())
    served = x509.load_pem_x509_certificate(core.keys.certificate.read_bytes())
    ssh = base64.b64decode(core.keys.ssh_public.split()[1])
    digest = base64.b64encode(hashlib.sha256(ssh).digest()).decode().rstrip("=")
    return Fingerprints(
        ca_sha256=ca.fingerprint(hashes.SHA256()).hex(":").upper(),
        certificate_until=served.not_valid_after_utc.date(),
        ssh=f"SHA256:{digest}",
        ledger=key_id(core.keys.ledger.public_key()),
    )
