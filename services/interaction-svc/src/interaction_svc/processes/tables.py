"""Templates of service processes and their versions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint
from sqlmodel import Field

from interaction_svc.processes.domain import PHASES
from interaction_svc.tables import JSON, MOMENT, Base


class ServiceProcess(Base, table=True):
    """One template; what it says now is its version of the number `version`."""

    __tablename__ = "service_process"
    __table_args__ = (Index("service_process_by_created", "created_at", "id"),)

    id: UUID = Field(primary_key=True)
    version: int
    created_by: UUID
    created_at: datetime = Field(sa_type=MOMENT)


class ServiceProcessVersion(Base, table=True):
    """What a template said from this version on; never changed, so runs keep the one they began with."""

    __tablename__ = "service_process_version"
    __table_args__ = (
        CheckConstraint(f"phase IN {PHASES}", name="service_process_version_phase"),
        UniqueConstraint("process_id", "version", name="service_process_version_once"),
    )

    id: UUID = Field(primary_key=True)
    process_id: UUID = Field(foreign_key="service_process.id", ondelete="CASCADE")
    version: int
    name: dict[str, Any] = Field(sa_type=JSON)
    phase: str = Field(sa_type=Text)
    active: bool
    steps: list[Any] = Field(sa_type=JSON)
    changed_by: UUID
    changed_at: datetime = Field(sa_type=MOMENT)
