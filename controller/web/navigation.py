"""The pages that the frame leads to: only those that exist, only those the person may open."""

from __future__ import annotations

from dataclasses import dataclass

from controller.access.roles import Right, may
from controller.access.tables import User
from controller.i18n import N_


@dataclass(frozen=True, kw_only=True)
class Place:
    """One entry of the navigation."""

    url: str
    label: str  # message id
    icon: str
    right: Right
    inside: tuple[str, ...]  # paths under which it is the current one

    def is_current(self, path: str) -> bool:
        """Whether ``path`` lies in it."""
        return path == self.url or any(path.startswith(prefix) for prefix in self.inside)


PLACES: tuple[Place, ...] = (
    Place(
        url="/",
        label=N_("Workshop"),
        icon="layout-dashboard",
        right=Right.VIEW,
        inside=("/machines/", "/drives/", "/search"),
    ),
    Place(url="/lots", label=N_("Intake"), icon="package-open", right=Right.INTAKE, inside=("/lots/",)),
    Place(url="/stock", label=N_("Stock"), icon="warehouse", right=Right.VIEW, inside=("/stock", "/parts/")),
    Place(url="/assistance", label=N_("Assistance"), icon="life-buoy", right=Right.VIEW, inside=("/assistance/",)),
    Place(url="/ledger", label=N_("Ledger"), icon="book-open-check", right=Right.LEDGER, inside=("/ledger/",)),
    Place(url="/settings", label=N_("Settings"), icon="settings", right=Right.VIEW, inside=("/settings/",)),
)


def navigation(user: User) -> tuple[Place, ...]:
    """The places that ``user`` may open."""
    return tuple(place for place in PLACES if may(user.role, place.right))
