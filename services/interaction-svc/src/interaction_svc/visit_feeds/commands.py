"""Making and ending a person's calendar; there is one at a time."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, delete
from sqlalchemy.dialects.postgresql import insert

from interaction_svc.visit_feeds import domain
from interaction_svc.visit_feeds.tables import VisitFeed
from shared.auth import Principal
from shared.db import Tx, prepare

_F: Any = VisitFeed.__table__  # type: ignore[attr-defined]
_new = insert(_F)
_PUT = prepare(
    _new.on_conflict_do_update(
        index_elements=["staff_id"],
        set_={name: _new.excluded[name] for name in ("token_hash", "created_at")},
    ),
    *_F.c.keys(),
)
_END = prepare(delete(_F).where(_F.c.staff_id == bindparam("b_staff", type_=Uuid)))


async def make_feed(tx: Tx, caller: Principal, token: str) -> datetime:
    """Have this token lead to the caller's visits, and no earlier one; Forbidden for what is no person."""
    if caller.kind != "staff":
        raise domain.staff_only()
    await tx.run(_PUT, staff_id=caller.id, token_hash=domain.hashed(token), created_at=tx.now)
    return tx.now


async def end_feed(tx: Tx, staff_id: UUID) -> None:
    """Have no token lead to this person's visits any more, if one did."""
    await tx.run(_END, b_staff=staff_id)
