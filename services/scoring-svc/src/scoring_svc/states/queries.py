"""States read and written, many at once."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    DateTime,
    LargeBinary,
    SmallInteger,
    Text,
    Uuid,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from scoring_svc.modelling.states.layout import Part
from scoring_svc.states.tables import CustomerState
from shared.db import Reader, Record, Tx, any_of, prepare
from shared.db.tx import Write
from shared.references.tables import KNOWN as _R

_T: Any = CustomerState.__table__  # type: ignore[attr-defined]
_NOW = cast(bindparam("b_now", type_=DateTime(timezone=True)), DateTime(timezone=True))
_chosen = _T.c.customer_id == any_of("customers")
_columns = (_T.c.customer_id, _T.c.currency, _T.c.stale)
KEPT = select(*_columns, _T.c.document).where(_chosen).subquery("kept")
"""Currency, stale parts and document of those `customers` that have a state."""

_told = _T.c.customer_id == any_of("told")
_TO_CHANGE = prepare(
    select(*_columns, case((_told, _T.c.document)).label("document"))
    .where(_chosen)
    .order_by(_T.c.customer_id)
    .with_for_update()
)
_ROOTS = prepare(
    select(_R.c.id, func.customer_root(_R.c.id, type_=Uuid).label("root")).where(
        _R.c.id == any_of("customers"), _R.c.merged_into.is_not(None)
    )
)


def _given(**columns: Any) -> Any:
    arrays = (bindparam(f"b_{name}", type_=ARRAY(kind)) for name, kind in columns.items())
    return func.unnest(*arrays).table_valued(*columns, name="given").render_derived()


_marks = _given(customer_id=Uuid, stale=SmallInteger)
_mark = insert(_T).from_select(
    ["customer_id", "currency", "stale", "document", "version", "changed_at"],
    select(
        _marks.c.customer_id,
        literal_column("''"),
        _marks.c.stale,
        literal_column("''::bytea"),
        literal_column("1"),
        _NOW,
    ).order_by(_marks.c.customer_id),
)
# A row that is not there yet is to be built as a whole: nobody knows what was told before.
_MARK = prepare(
    _mark.on_conflict_do_update(
        index_elements=["customer_id"],
        set_={
            "stale": _T.c.stale.op("|")(_mark.excluded.stale),
            "version": _T.c.version + 1,
            "changed_at": _mark.excluded.changed_at,
        },
        where=_T.c.stale.op("|")(_mark.excluded.stale) != _T.c.stale,
    )
)
_written = _given(customer_id=Uuid, stale=SmallInteger, document=LargeBinary)
_WRITE = prepare(
    update(_T)
    .where(_T.c.customer_id == _written.c.customer_id)
    .values(
        stale=_written.c.stale,
        document=_written.c.document,
        version=_T.c.version + 1,
        changed_at=_NOW,
        currency=func.coalesce(func.nullif(bindparam("b_currency", type_=Text), ""), _T.c.currency),
    )
)


class Written(NamedTuple):
    """A state as it is to be from now on."""

    customer_id: UUID
    stale: Part
    document: bytes


async def to_change(tx: Tx, customers: Sequence[UUID], *, read: Iterable[UUID]) -> dict[UUID, Record]:
    """The same rows as `KEPT`, locked; with the documents of those to `read` alone, None for the others."""
    rows = await tx.rows(_TO_CHANGE, customers=list(customers), told=list(read))
    return {row["customer_id"]: row for row in rows}


async def roots(reader: Reader, customers: Sequence[UUID]) -> dict[UUID, UUID]:
    """Who those of these customers are now that were merged into others."""
    return {row["id"]: row["root"] for row in await reader.rows(_ROOTS, customers=list(customers))}


def marking(stale: Mapping[UUID, Part], now: datetime) -> Write:
    """Have these parts built anew before they count; a state that is not there yet as a whole."""
    chosen = sorted(stale)
    parts = [stale[customer].value for customer in chosen]
    return _MARK, {"b_customer_id": chosen, "b_stale": parts, "b_now": now}


def writing(states: Sequence[Written], now: datetime, *, currency: str = "") -> Write:
    """Keep these states, of customers that have one; their currency stays what it is unless one is given."""
    columns = zip(*states, strict=True)
    customers, stale, documents = (list(column) for column in columns)
    return _WRITE, {
        "b_customer_id": customers,
        "b_stale": [part.value for part in stale],
        "b_document": documents,
        "b_now": now,
        "b_currency": currency,
    }
