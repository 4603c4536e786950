"""What is known of staff, kept up to date; a version never goes backwards."""

from sqlalchemy.dialects.postgresql import insert

from notify_svc.staff.queries import STAFF
from shared.db import Tx, prepare
from shared.events.gateway import StaffChanged

_new = insert(STAFF)
_KEEP = prepare(
    _new.on_conflict_do_update(
        index_elements=["id"],
        set_={name: _new.excluded[name] for name in ("org_unit_id", "active", "version")},
        where=STAFF.c.version < _new.excluded.version,
    ),
    *STAFF.c.keys(),
)


async def keep(tx: Tx, event: StaffChanged) -> None:
    """Store it if it is newer than what is known."""
    known = {"org_unit_id": event.org_unit_id, "active": event.active, "version": event.version}
    await tx.run(_KEEP, id=event.subject, **known)
