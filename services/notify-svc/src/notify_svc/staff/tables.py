"""Staff as the gateway tells of them: ids, no names."""

from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Uuid
from sqlmodel import Field

from notify_svc.tables import Base


class StaffRef(Base, table=True):
    """A member of staff; the unit may not be known here, so nothing refers to it."""

    __tablename__ = "staff_ref"

    id: UUID = Field(sa_type=Uuid, primary_key=True)
    org_unit_id: UUID | None = Field(sa_type=Uuid, index=True)
    active: bool = Field(sa_type=Boolean)
    version: int = Field(sa_type=BigInteger)
