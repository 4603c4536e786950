"""Staff as the gateway tells of them: ids and codes, no names."""

from typing import Any
from uuid import UUID

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from interaction_svc.tables import Base

TEXTS: Any = ARRAY(Text)


class StaffRef(Base, table=True):
    """A member of staff; the unit may not be known here, so nothing refers to it."""

    __tablename__ = "staff_ref"

    id: UUID = Field(primary_key=True)
    org_unit_id: UUID | None = Field(index=True)
    roles: list[str] = Field(sa_type=TEXTS)
    active: bool
    version: int
