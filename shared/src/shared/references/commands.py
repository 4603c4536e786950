"""Reference rows kept up to date; a version never goes backwards."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, Integer, String, Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from shared.db import Tx, prepare
from shared.references.domain import CustomerRef, newest
from shared.references.tables import CustomerReference

T: Any = CustomerReference.__table__  # type: ignore[attr-defined]
_TYPES: dict[str, Any] = {
    "id": Uuid,
    "distributor_id": Uuid,
    "owner_id": Uuid,
    "org_unit_id": Uuid,
    "status": String,
    "channel": String,
    "merged_into": Uuid,
    "version": Integer,
}
_ARRAYS = (bindparam(f"b_{name}", type_=ARRAY(kind)) for name, kind in _TYPES.items())
_GIVEN = func.unnest(*_ARRAYS).table_valued(*_TYPES, name="given").render_derived()
_NEW = insert(T).from_select([*_TYPES, "updated_at"], select(*_GIVEN.c, func.now()))
_APPLY = prepare(
    _NEW.on_conflict_do_update(
        index_elements=["id"],
        set_={name: _NEW.excluded[name] for name in (*_TYPES, "updated_at") if name != "id"},
        where=T.c.version < _NEW.excluded.version,
    )
)


async def apply(tx: Tx, rows: Iterable[CustomerRef]) -> int:
    """Store what is newer than what is known, in one statement; how many rows changed."""
    chosen = newest(rows)
    if not chosen:
        return 0
    columns = {f"b_{name}": [getattr(row, name) for row in chosen] for name in _TYPES}
    return await tx.run(_APPLY, **columns)
