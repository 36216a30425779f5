"""People, their sessions and their API tokens. Secrets are stored hashed only."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from controller.access.roles import Role
from controller.database import Base


class User(Base):
    """A person who signs in."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    site: Mapped[str] = mapped_column(String(32))
    login: Mapped[str] = mapped_column(String(64), unique=True)  # lower case
    display_name: Mapped[str] = mapped_column(String(120))
    role_name: Mapped[str] = mapped_column("role", String(16))
    password_hash: Mapped[str] = mapped_column(String(255))  # argon2id
    language: Mapped[str] = mapped_column(String(2), default="fr")
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[dt.datetime]

    @property
    def role(self) -> Role:
        """The person's role."""
        return Role(self.role_name)

    @property
    def actor(self) -> str:
        """Opaque name for the ledger."""
        return f"user:{self.id}"


class WebSession(Base):
    """A signed-in browser. The cookie holds the secret; only its SHA-256 is here."""

    __tablename__ = "web_sessions"

    secret_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    csrf: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime]
    user: Mapped[User] = relationship(lazy="joined")


class ApiToken(Base):
    """A token for programs (the inventory plugin, scripts): acts as its user."""

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]
    revoked_at: Mapped[dt.datetime | None]
    user: Mapped[User] = relationship(lazy="joined")
