"""Staff as the gateway tells of them: ids and codes, no names."""

from uuid import UUID

from sqlmodel import Field

from customer_svc.tables import Base


class StaffRef(Base, table=True):
    """A member of staff; the unit may not be known here, so nothing refers to it."""

    __tablename__ = "staff_ref"

    id: UUID = Field(primary_key=True)
    org_unit_id: UUID | None = Field(index=True)
    status: str
    version: int
