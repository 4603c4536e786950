"""Windows kept with the scores."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, delete, func

from scoring_svc.columns import by_column, inserting
from scoring_svc.expectations.tables import NextPurchase
from shared.db import Tx, prepare

_T: Any = NextPurchase.__table__  # type: ignore[attr-defined]
_new = inserting(_T, "customer_id")
_KEEP = prepare(
    _new.on_conflict_do_update(
        index_elements=["customer_id"],
        set_={name: _new.excluded[name] for name in _T.c.keys() if name != "customer_id"},  # noqa: SIM118 - columns
        where=_T.c.computed_at <= _new.excluded.computed_at,
    )
)
_DROP = prepare(
    delete(_T).where(
        _T.c.customer_id == func.any(bindparam("b_all", type_=ARRAY(Uuid))),
        ~(_T.c.customer_id == func.any(bindparam("b_kept", type_=ARRAY(Uuid)))),
    )
)


async def keep(tx: Tx, customers: Sequence[UUID], rows: Sequence[dict[str, Any]]) -> None:
    """Write down these windows, those of all `customers`, with the commit; who has none loses its old one."""
    if len(rows) < len(customers):
        await tx.run(_DROP, b_all=list(customers), b_kept=[row["customer_id"] for row in rows])
    if rows:
        tx.run_last(_KEEP, **by_column(_T, rows))
