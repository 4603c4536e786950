"""Simulations of policies, and what each would make of every customer."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Date, Float, Index, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from scoring_svc.tables import MOMENT, Base


class TierSimulation(Base, table=True):
    """One run of a policy over all customers; what stands as null is not known before it ends.

    `document` is the policy's as it was then, `digest` is of it, `inputs_digest` of everything that was
    decided on, `base_version` the policy that was current. `snapshot` is what PostgreSQL calls the state
    that it read (`pg_snapshot`).
    """

    __tablename__ = "tier_simulation"
    __table_args__ = (
        Index("tier_simulation_of_policy", "policy_version", "created_at", "id"),
        Index("tier_simulation_by_age", "created_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    policy_version: int
    document: dict[str, Any] = Field(sa_type=JSONB)
    digest: str = Field(sa_type=Text)
    base_version: int
    operation_id: UUID | None
    created_by: UUID | None
    created_at: datetime = Field(sa_type=MOMENT)
    model_id: UUID | None
    snapshot: str | None = Field(sa_type=Text)
    taken_at: datetime | None = Field(sa_type=MOMENT)
    inputs_digest: str | None = Field(sa_type=Text)
    customers: int | None
    currency: str | None = Field(sa_type=Text)
    summary: dict[str, Any] | None = Field(sa_type=JSONB)
    grids: dict[str, Any] | None = Field(sa_type=JSONB)
    finished_at: datetime | None = Field(sa_type=MOMENT)


class TierPlacement(Base, table=True):
    """What a simulation makes of one customer: before (`from_*`, null without a score) and after.

    `rule_tier` is the tier without a pin, `causes` are bits of `whatif`, `moved` is 1 up, -1 down, 0 neither.
    """

    __tablename__ = "tier_placement"
    __table_args__ = (
        Index(
            "tier_placement_moved",
            "simulation_id",
            "contributed_52_minor",
            "customer_id",
            postgresql_where=text("moved <> 0"),
        ),
    )

    simulation_id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)
    owner_id: UUID | None
    segment: str = Field(sa_type=Text)
    from_tier: str | None = Field(sa_type=Text)
    from_rule_tier: str | None = Field(sa_type=Text)
    from_since: date | None = Field(sa_type=Date)
    from_contribution: float | None = Field(sa_type=Float)
    from_potential: float | None = Field(sa_type=Float)
    from_negative: bool | None
    to_tier: str = Field(sa_type=Text)
    rule_tier: str = Field(sa_type=Text)
    contribution: float = Field(sa_type=Float)
    potential: float = Field(sa_type=Float)
    relationship: float | None = Field(sa_type=Float)
    negative_value: bool
    contributed_52_minor: int = Field(sa_type=BigInteger)
    value_52_minor: int = Field(sa_type=BigInteger)
    pinned: bool
    causes: int = Field(sa_type=SmallInteger)
    moved: int = Field(sa_type=SmallInteger)
