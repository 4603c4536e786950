"""Windows kept with the scores."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from scoring_svc.expectations.tables import NextPurchase
from shared.db import Tx, prepare

_T: Any = NextPurchase.__table__  # type: ignore[attr-defined]
_given = (
    func.unnest(*(bindparam(f"b_{column.name}", type_=ARRAY(column.type)) for column in _T.c))
    .table_valued(*(column.name for column in _T.c), name="given")
    .render_derived()
)
_new = insert(_T).from_select(_T.c.keys(), select(*_given.c).order_by(_given.c.customer_id))
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
    """Write down these windows, those of all `customers`; who has none any more loses its old one."""
    kept = [row["customer_id"] for row in rows]
    await tx.run(_DROP, b_all=list(customers), b_kept=kept)
    if rows:
        await tx.run(_KEEP, **{f"b_{name}": [row[name] for row in rows] for name in _T.c.keys()})  # noqa: SIM118
