"""What is known of staff, kept up to date; a version never goes backwards."""

from typing import Any

from sqlalchemy.dialects.postgresql import insert

from interaction_svc.staff.tables import StaffRef
from shared.db import Tx, prepare
from shared.events.gateway import StaffChanged

_s: Any = StaffRef.__table__  # type: ignore[attr-defined]
_new = insert(_s)
_KEEP = prepare(
    _new.on_conflict_do_update(
        index_elements=["id"],
        set_={name: _new.excluded[name] for name in ("org_unit_id", "roles", "active", "version")},
        where=_s.c.version < _new.excluded.version,
    ),
    *_s.c.keys(),
)


async def keep(tx: Tx, event: StaffChanged) -> None:
    """Store it if it is newer than what is known."""
    await tx.run(
        _KEEP,
        id=event.subject,
        org_unit_id=event.org_unit_id,
        roles=list(event.roles),
        active=event.active,
        version=event.version,
    )
