"""What customers are, as the newest that was told of each says."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Text, Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from scoring_svc.profiles.tables import CustomerProfile
from shared.db import Tx, prepare
from shared.events.customer import (
    CustomerAssigned,
    CustomerMerged,
    CustomerRegistered,
    CustomersImported,
    CustomerState,
    CustomerUnmerged,
    CustomerUpdated,
)

_T: Any = CustomerProfile.__table__  # type: ignore[attr-defined]
_TYPES: dict[str, Any] = {
    "customer_id": Uuid,
    "version": Integer,
    "kind": Text,
    "industry": Text,
    "region": Text,
    "size": Text,
    "referred_by": Uuid,
}
_given = (
    func.unnest(*(bindparam(f"b_{name}", type_=ARRAY(kind)) for name, kind in _TYPES.items()))
    .table_valued(*_TYPES, name="given")
    .render_derived()
)
_new = insert(_T).from_select([*_TYPES], select(*_given.c).order_by(_given.c.customer_id))
_told = (
    _new.on_conflict_do_update(
        index_elements=["customer_id"],
        set_={name: _new.excluded[name] for name in _TYPES if name != "customer_id"},
        where=_T.c.version < _new.excluded.version,
    )
    .returning(*(_T.c[name] for name in _TYPES))
    .cte("told")
)
_SAID = [name for name in _TYPES if name not in ("customer_id", "version")]
# The statement sees the table as it was before it, so `before` is what each customer was until now.
_before = _T.alias("before")
_KEEP = prepare(
    select(_told.c.customer_id, _told.c.referred_by, _before.c.referred_by.label("once"))
    .select_from(_told.outerjoin(_before, _before.c.customer_id == _told.c.customer_id))
    .where(
        func.row(*(_told.c[name] for name in _SAID)).is_distinct_from(
            func.row(*(_before.c[name] for name in _SAID))
        )
    )
)

AnyCustomer = (
    CustomerRegistered
    | CustomerUpdated
    | CustomerAssigned
    | CustomerMerged
    | CustomerUnmerged
    | CustomersImported
)


class Profile(NamedTuple):
    """What a customer is, by what was told of its `version`."""

    customer_id: UUID
    version: int
    kind: str
    industry: str | None
    region: str | None
    size: str | None
    referred_by: UUID | None


async def keep_profiles(tx: Tx, event: AnyCustomer) -> list[UUID]:
    """Write down what is newer than what is known; whom that changes, with those who refer or referred them.

    Events from before attributes were told say nothing of them, and change nothing.
    """
    newest: dict[UUID, Profile] = {}
    for told in _profiles(event):
        known = newest.get(told.customer_id)
        if known is None or known.version < told.version:
            newest[told.customer_id] = told
    if not newest:
        return []
    columns = {f"b_{name}": [getattr(one, name) for one in newest.values()] for name in _TYPES}
    rows = await tx.rows(_KEEP, **columns)
    return sorted({one for row in rows for one in row if one is not None})


def _profiles(event: AnyCustomer) -> Iterator[Profile]:
    if isinstance(event, CustomersImported):
        told: Iterable[tuple[UUID, int, CustomerState]] = (
            (row.customer_id, row.version, row) for row in event.customers
        )
    else:
        told = [(event.subject, event.version, event)]
    for customer, version, state in told:
        if state.kind is not None:
            yield Profile(
                customer, version, state.kind, state.industry, state.region, state.size, state.referred_by
            )
