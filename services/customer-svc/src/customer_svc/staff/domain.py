"""What is known here of a member of staff."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class StaffMember:
    """Somebody as known here at `version`; no personal data."""

    id: UUID
    org_unit_id: UUID | None
    status: str
    version: int
