"""The two trees as they are kept: ids, codes and versions, no names."""

from uuid import UUID

from sqlmodel import Field

from gateway.tables import Base


class DistributorRef(Base, table=True):
    """A distributor; its parent may not have been told of yet, so nothing refers to it."""

    __tablename__ = "distributor_ref"

    id: UUID = Field(primary_key=True)
    parent_id: UUID | None = Field(index=True)
    status: str
    version: int


class OrgUnitRef(Base, table=True):
    """An org unit of the company."""

    __tablename__ = "org_unit_ref"

    id: UUID = Field(primary_key=True)
    parent_id: UUID | None = Field(index=True)
    status: str
    version: int
