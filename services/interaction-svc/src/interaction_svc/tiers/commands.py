"""Tiers kept up to date; a version never goes backwards."""

from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from interaction_svc.tiers.tables import CustomerTier
from shared.db import Tx, prepare

_t: Any = CustomerTier.__table__  # type: ignore[attr-defined]
_new = insert(_t)
_KEEP = prepare(
    _new.on_conflict_do_update(
        index_elements=["customer_id"],
        set_={name: _new.excluded[name] for name in ("tier", "version")},
        where=_t.c.version < _new.excluded.version,
    ),
    *_t.c.keys(),
)


async def keep(tx: Tx, customer_id: UUID, tier: str, version: int) -> None:
    """Store it if it is newer than what is known."""
    await tx.run(_KEEP, customer_id=customer_id, tier=tier, version=version)
