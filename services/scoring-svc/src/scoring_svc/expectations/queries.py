"""Windows read."""

from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select

from scoring_svc.expectations.tables import NextPurchase
from shared.db import Reader, in_sight, prepare, sight
from shared.http import Listing
from shared.references import kept_by
from shared.references.tables import KNOWN, SIGHT

_T: Any = NextPurchase.__table__  # type: ignore[attr-defined]
_SHOWN = select(*_T.c, KNOWN.c.owner_id, KNOWN.c.distributor_id).join(KNOWN, KNOWN.c.id == _T.c.customer_id)
_OF = prepare(_SHOWN.where(_T.c.customer_id == bindparam("b_id"), in_sight(SIGHT)))
NEXT_PURCHASES = Listing(
    _SHOWN.where(KNOWN.c.merged_into.is_(None)),
    key=_T.c.customer_id,
    sorts={"expected_at": _T.c.expected_at},
    default="expected_at",
    filters={
        "due_before": lambda value: _T.c.expected_at < value,
        "min_alive": lambda value: _T.c.p_alive >= value,
        "tier": lambda value: _T.c.tier == value,
        "owner_id": lambda value: KNOWN.c.owner_id == value,
        "distributor_id": lambda value: KNOWN.c.distributor_id == value,
        "customer_id": kept_by(_T.c.customer_id),
    },
)


async def of(reader: Reader, customer_id: UUID) -> dict[str, Any] | None:
    """One customer's window, in sight."""
    row = await reader.row(_OF, b_id=customer_id, **sight(reader.scope))
    return None if row is None else dict(row)
