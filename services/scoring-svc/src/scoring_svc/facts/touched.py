"""Of whom something new is known since when: what a simulation asks before its result is published.

A moment would not do: a transaction may commit long after it has begun. So each change names its transaction,
and PostgreSQL says whether a snapshot saw it.
"""

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    Text,
    Uuid,
    bindparam,
    cast,
    func,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.types import UserDefinedType

from scoring_svc.facts.tables import CustomerChange
from shared.db import Prepared, Reader, prepare

CHANGE: Any = CustomerChange.__table__  # type: ignore[attr-defined]


class _Named(UserDefinedType[Any]):
    """A type that PostgreSQL has and SQLAlchemy does not."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_: Any) -> str:
        return self.name


_NOW_IN = cast(cast(func.pg_current_xact_id(), Text), BigInteger)
_given = func.unnest(bindparam("b_customers", type_=ARRAY(Uuid))).column_valued("customer")
_new = insert(CHANGE).from_select(
    ["customer_id", "changed_in", "changed_at"], select(_given, _NOW_IN, func.now())
)
NOTE: Prepared = prepare(
    _new.on_conflict_do_update(
        index_elements=["customer_id"],
        set_={"changed_in": _new.excluded.changed_in, "changed_at": _new.excluded.changed_at},
    )
)
"""Takes `b_customers`, sorted, so that no two writers wait for each other in a circle."""
_SNAPSHOT = prepare(select(cast(func.pg_current_snapshot(), Text)))


async def snapshot(reader: Reader) -> str:
    """What PostgreSQL calls the state that this transaction reads."""
    return str(await reader.value(_SNAPSHOT))


def since(name: str) -> ColumnElement[bool]:
    """The condition that a change was not seen by the snapshot in the argument `name`."""
    told = cast(cast(CHANGE.c.changed_in, Text), _Named("xid8"))
    seen = func.pg_visible_in_snapshot(told, cast(bindparam(name, type_=Text), _Named("pg_snapshot")))
    unseen: ColumnElement[bool] = ~type_coerce(seen, Boolean)
    return unseen
