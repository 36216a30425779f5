"""Runs, their steps, the jobs on the machines, and the steps' logs."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, Float, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from controller.database import Base


class Run(Base):
    """One execution of a workflow on one machine."""

    __tablename__ = "runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    machine_id: Mapped[int] = mapped_column(ForeignKey("machines.id"), index=True)
    workflow: Mapped[str] = mapped_column(String(32))  # recondition
    # A run that waits for a person, or is tried again, goes on as a new generation: one DBOS workflow each.
    generation: Mapped[int] = mapped_column(default=1)
    profile: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(12), index=True)  # queued, running, waiting, succeeded, failed, cancelled
    started_by: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[dt.datetime]
    started_at: Mapped[dt.datetime | None]
    ended_at: Mapped[dt.datetime | None]
    error: Mapped[str] = mapped_column(Text, default="")
    error_params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    cancel_requested: Mapped[bool] = mapped_column(default=False)

    @property
    def workflow_id(self) -> str:
        """The DBOS workflow of the present generation."""
        return f"run-{self.id}-{self.generation}"


class RunStep(Base):
    """One part of a run. A step that is tried again keeps its row; ``attempt`` counts."""

    __tablename__ = "run_steps"
    __table_args__ = (UniqueConstraint("run_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(24))  # one of steps_list.NAMES
    position: Mapped[int]
    state: Mapped[str] = mapped_column(String(12))  # pending, running, waiting, succeeded, failed, skipped
    attempt: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[dt.datetime | None]
    ended_at: Mapped[dt.datetime | None]
    done: Mapped[int] = mapped_column(BigInteger, default=0)
    total: Mapped[int] = mapped_column(BigInteger, default=0)  # 0: not known
    unit: Mapped[str] = mapped_column(String(8), default="")  # bytes, tasks
    eta_seconds: Mapped[float | None]
    message: Mapped[str] = mapped_column(Text, default="")
    error: Mapped[str] = mapped_column(Text, default="")
    error_params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    result: Mapped[dict[str, Any] | None]
    cpu_seconds: Mapped[float] = mapped_column(Float, default=0.0)  # ansible's own processes
    peak_rss_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    run: Mapped[Run] = relationship(lazy="joined")


class StepLog(Base):
    """Lines of a step's log, in batches."""

    __tablename__ = "step_logs"
    __table_args__ = (Index("ix_step_logs_order", "step_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    step_id: Mapped[int] = mapped_column(ForeignKey("run_steps.id", ondelete="CASCADE"))
    at: Mapped[dt.datetime]
    source: Mapped[str] = mapped_column(String(80))  # ansible, controller, or a job's id
    level: Mapped[str] = mapped_column(String(8), default="info")  # info, warning, error
    text: Mapped[str] = mapped_column(Text)


class Job(Base):
    """Long work on a machine, run there as a systemd unit."""

    __tablename__ = "jobs"

    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    step_id: Mapped[int] = mapped_column(ForeignKey("run_steps.id", ondelete="CASCADE"), index=True)
    machine_id: Mapped[int] = mapped_column(ForeignKey("machines.id"), index=True)
    boot_id: Mapped[int | None] = mapped_column(ForeignKey("boots.id", ondelete="SET NULL"))  # where it was started
    drive_id: Mapped[int | None] = mapped_column(ForeignKey("drives.id"))
    kind: Mapped[str] = mapped_column(String(16))  # erase, install, recheck
    label: Mapped[str] = mapped_column(String(160), default="")  # the drive, for people
    state: Mapped[str] = mapped_column(String(12), default="starting")  # starting, running, or one of jobs.ENDED
    phase: Mapped[str] = mapped_column(String(24), default="")
    done: Mapped[int] = mapped_column(BigInteger, default=0)
    total: Mapped[int] = mapped_column(BigInteger, default=0)
    unit: Mapped[str] = mapped_column(String(8), default="bytes")
    rate_per_second: Mapped[float | None]
    eta_seconds: Mapped[float | None]
    message: Mapped[str] = mapped_column(Text, default="")
    log_bytes: Mapped[int] = mapped_column(BigInteger, default=0)  # how much of its log has arrived
    created_at: Mapped[dt.datetime]
    heard_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]
    error: Mapped[str] = mapped_column(Text, default="")
    result: Mapped[dict[str, Any] | None]
