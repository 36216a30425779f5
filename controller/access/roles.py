"""Who may do what."""

from __future__ import annotations

from enum import StrEnum

from controller.i18n import N_


class Role(StrEnum):
    """What a person is in the workshop. Each role may do what the ones before it may, except as named."""

    TECHNICIAN = "technician"
    COORDINATOR = "coordinator"
    ADMIN = "admin"


ROLE_NAMES = {
    Role.TECHNICIAN: N_("technician"),
    Role.COORDINATOR: N_("coordinator"),
    Role.ADMIN: N_("administrator"),
}


class Right(StrEnum):
    """One thing that a role allows."""

    VIEW = "view"
    INTAKE = "intake"  # lots, labels, accepting and tying machines
    AUTHORISE = "authorise"  # erase authorisations, one machine
    PREAUTHORISE = "preauthorise"  # a whole lot at once
    POLICY = "policy"  # what erasing must reach, and how it is proven
    RECHECK = "recheck"  # have an erased drive read again; never one whose erase they authorised
    WAIVE = "waive"  # let one test of the reconditioned list pass, with a reason
    OPERATE = "operate"  # hold, release, retry, recycle
    MAINTAIN = "maintain"  # work on a machine at a family's home: playbooks, terminal
    ASSIST = "assist"  # ask a family for their screen
    STOCK = "stock"  # spare parts: add, take, put back
    COUNT = "count"  # correct the count of spare parts, throw some away
    LEDGER = "ledger"  # read, verify, export
    USERS = "users"  # users, roles, tokens


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.TECHNICIAN: frozenset(
        {
            Right.VIEW,
            Right.INTAKE,
            Right.AUTHORISE,
            Right.RECHECK,
            Right.OPERATE,
            Right.MAINTAIN,
            Right.ASSIST,
            Right.STOCK,
            Right.LEDGER,
        }
    ),
    Role.COORDINATOR: frozenset(
        {
            Right.VIEW,
            Right.INTAKE,
            Right.AUTHORISE,
            Right.PREAUTHORISE,
            Right.POLICY,
            Right.RECHECK,
            Right.WAIVE,
            Right.OPERATE,
            Right.MAINTAIN,
            Right.ASSIST,
            Right.STOCK,
            Right.COUNT,
            Right.LEDGER,
        }
    ),
    Role.ADMIN: frozenset(Right),
}


def may(role: Role, right: Right) -> bool:
    """Whether ``role`` has ``right``."""
    return right in RIGHTS[role]
