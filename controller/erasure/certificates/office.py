"""What issuing a paper needs of the controller. ``controller.core.Core`` is one."""

from __future__ import annotations

from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from controller.addresses import public_address
from controller.database import Database
from controller.settings import Settings


class LedgerKey(Protocol):
    """Holds the key that signs the ledger's checkpoints."""

    @property
    def ledger(self) -> Ed25519PrivateKey:
        """The key."""
        ...


class Office(Protocol):
    """A controller, as far as its papers go."""

    @property
    def settings(self) -> Settings:
        """How this workshop's controller runs."""
        ...

    @property
    def database(self) -> Database:
        """Its tables."""
        ...

    @property
    def keys(self) -> LedgerKey:
        """Its keys."""
        ...


def verification_page(settings: Settings, token: str) -> str:
    """The address that a paper's QR code holds."""
    base = settings.verification_url.rstrip("/") or f"https://{public_address(settings)}:{settings.port}"
    return f"{base}/verify/{token}"
