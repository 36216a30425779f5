"""What was last said of each machine: for lists, where nobody waits for two hundred inventories to be read."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from controller.database import Base


class MachineGrade(Base):
    """The newest assessment of a machine, in short."""

    __tablename__ = "machine_grades"

    machine_id: Mapped[int] = mapped_column(
        ForeignKey("machines.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    grade: Mapped[str] = mapped_column(String(1))  # A to D; "" too little is known
    use: Mapped[str] = mapped_column(String(8))  # parts, light, office, video; "" not known
    tested: Mapped[bool]
    sentence: Mapped[dict[str, Any]]  # controller.grading.said
    lift: Mapped[dict[str, Any]]  # the first lift's sentence; {} none
    rules: Mapped[int]  # the rules that it was made by
    assessed_at: Mapped[dt.datetime]
