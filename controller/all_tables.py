"""Imports every table, so that the metadata is whole: for migrations and tests."""

from controller.access import tables as access
from controller.assist.sessions import tables as assist_sessions
from controller.cosmetics import tables as cosmetics
from controller.database import Base
from controller.erasure import tables as erasure
from controller.erasure.certificates import tables as certificates
from controller.grading import tables as grading
from controller.grading.gate import tables as gate
from controller.hardware_tests import tables as hardware_tests
from controller.health import home_tables as home_health
from controller.health import tables as health
from controller.helpdesk import tables as helpdesk
from controller.ledger import tables as ledger
from controller.machines import tables as machines
from controller.machines.changes import tables as machine_changes
from controller.maintenance import tables as maintenance
from controller.parts import tables as parts
from controller.releases import tables as releases
from controller.workflows import tables as workflows

METADATA = Base.metadata
__all__ = [
    "METADATA",
    "access",
    "assist_sessions",
    "certificates",
    "cosmetics",
    "erasure",
    "gate",
    "grading",
    "hardware_tests",
    "health",
    "helpdesk",
    "home_health",
    "ledger",
    "machine_changes",
    "machines",
    "maintenance",
    "parts",
    "releases",
    "workflows",
]
