"""Warnings read."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, func, select

from scoring_svc.warnings.tables import ChurnWarning
from shared.db import Reader, Record, Tx, prepare, visible
from shared.http import Listing
from shared.references import kept_by, through_customer

_T: Any = ChurnWarning.__table__  # type: ignore[attr-defined]
_LIVE = prepare(
    select(_T)
    .where(_T.c.status != "closed", _T.c.customer_id == func.any(bindparam("customers", type_=ARRAY(Uuid))))
    .with_for_update()
)
SIGHT = through_customer(_T)
WARNINGS = Listing(
    select(_T),
    key=_T.c.id,
    sorts={"opened_at": _T.c.opened_at, "contributed_52": _T.c.contributed_52_minor},
    default="-opened_at",
    filters={
        "status": lambda value: _T.c.status == value,
        "level": lambda value: _T.c.level == value,
        "owner_id": lambda value: _T.c.owner_id == value,
        "customer_id": kept_by(_T.c.customer_id),
    },
)


async def live(tx: Tx, customers: Sequence[UUID]) -> dict[UUID, Record]:
    """The warnings of these customers that are not closed, locked."""
    rows = await tx.rows(_LIVE, customers=list(customers))
    return {row["customer_id"]: row for row in rows}


async def one(reader: Reader, warning_id: UUID) -> Record | None:
    """A warning in sight."""
    return await reader.row(_seen(reader, warning_id))


async def for_update(tx: Tx, warning_id: UUID) -> Record | None:
    """A warning in sight, locked."""
    return await tx.row(_seen(tx, warning_id).with_for_update())


def _seen(reader: Reader, warning_id: UUID) -> Any:
    return select(_T).where(_T.c.id == warning_id, *visible(reader.scope, SIGHT))
