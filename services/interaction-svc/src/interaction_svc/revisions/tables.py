"""The one row that says which rules count."""

from uuid import UUID

from sqlmodel import Field

from interaction_svc.tables import Base


class RuleRevision(Base, table=True):
    """`revision` is new with every change of a calendar or a policy."""

    __tablename__ = "rule_revision"

    id: int = Field(primary_key=True)
    revision: UUID
