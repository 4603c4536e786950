"""What is known of staff, kept up to date; a version never goes backwards."""

from typing import Any

from sqlalchemy.dialects.postgresql import insert

from customer_svc.staff.domain import StaffMember
from customer_svc.staff.tables import StaffRef
from shared.db import Tx, prepare

_s: Any = StaffRef.__table__  # type: ignore[attr-defined]
_new = insert(_s)
_KEEP = prepare(
    _new.on_conflict_do_update(
        index_elements=["id"],
        set_={name: _new.excluded[name] for name in ("org_unit_id", "status", "version")},
        where=_s.c.version < _new.excluded.version,
    ),
    *_s.c.keys(),
)


async def keep(tx: Tx, member: StaffMember) -> None:
    """Store it if it is newer than what is known."""
    await tx.run(
        _KEEP,
        id=member.id,
        org_unit_id=member.org_unit_id,
        status=member.status,
        version=member.version,
    )
