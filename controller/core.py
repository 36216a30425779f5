"""What the whole controller shares: settings, database, keys, limits. Made once, at start."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from controller.access.rate import RateLimit
from controller.addresses import own_names, public_address
from controller.database import Database
from controller.grading import keep as _keeps_grades  # noqa: F401 - listens to sessions
from controller.grading.reading import configure as configure_grading
from controller.settings import Settings
from controller.trust.certificates import ensure_ca, ensure_server_certificate
from controller.trust.keys import ensure_ledger_key, ensure_ssh_key


@dataclass(frozen=True, kw_only=True)
class Keys:
    """The controller's keys and certificates, as files."""

    ca: Path  # the CA that agents trust, PEM
    certificate: Path  # what the controller serves with, PEM chain
    certificate_key: Path
    ssh: Path  # private key to the machines
    ssh_public: str  # "ssh-ed25519 AAAA… recyclerie"
    maintenance: Path  # private key to installed systems, through their agents' links only
    maintenance_public: str
    ledger: Ed25519PrivateKey

    @property
    def ca_pem(self) -> str:
        """The CA certificate that agents trust."""
        return self.ca.read_text()


def ensure_keys(settings: Settings) -> Keys:
    """Make what is missing in ``keys/``, with mode 0700."""
    settings.keys_dir.mkdir(parents=True, exist_ok=True)
    settings.keys_dir.chmod(0o700)
    ssh, ssh_public = ensure_ssh_key(settings.keys_dir)
    maintenance, maintenance_public = ensure_ssh_key(settings.keys_dir, "maintenance_ed25519", "recyclerie-maintenance")
    ledger = ensure_ledger_key(settings.keys_dir)
    if settings.tls_certificate and settings.tls_key:
        ca = settings.tls_ca or ensure_ca(settings.keys_dir, settings.workshop_name)[0]
        certificate, certificate_key = settings.tls_certificate, settings.tls_key
    else:
        ca, _ = ensure_ca(settings.keys_dir, settings.workshop_name)
        certificate, certificate_key = ensure_server_certificate(
            settings.keys_dir, own_names(settings), settings.workshop_name
        )
    return Keys(
        ca=ca,
        certificate=certificate,
        certificate_key=certificate_key,
        ssh=ssh,
        ssh_public=ssh_public,
        maintenance=maintenance,
        maintenance_public=maintenance_public,
        ledger=ledger,
    )


@dataclass(kw_only=True)
class Core:
    """One controller."""

    settings: Settings
    database: Database
    keys: Keys
    announce_limit: RateLimit = field(init=False)
    sign_in_limit: RateLimit = field(init=False)
    verify_limit: RateLimit = field(init=False)

    def __post_init__(self) -> None:
        """Make the rate limits."""
        self.announce_limit = RateLimit(self.settings.announce_per_minute)
        self.sign_in_limit = RateLimit(self.settings.sign_in_per_minute)
        self.verify_limit = RateLimit(self.settings.verify_per_minute)

    @property
    def controller_url(self) -> str:
        """Where agents and people reach this controller."""
        return f"https://{public_address(self.settings)}:{self.settings.port}"


def make_core(settings: Settings) -> Core:
    """Folders, keys and database of one controller."""
    for folder in (settings.data_dir, settings.runs_dir, settings.bundles_dir, settings.tftp_dir):
        folder.mkdir(parents=True, exist_ok=True)
    settings.runs_dir.chmod(0o700)
    settings.bundles_dir.chmod(0o700)
    configure_grading(settings)
    return Core(settings=settings, database=Database(settings.database_url), keys=ensure_keys(settings))
