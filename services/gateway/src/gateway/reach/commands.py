"""The trees kept up to date; a version never goes backwards."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, Integer, String, Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from gateway.reach.domain import Place, newest
from gateway.reach.tables import DistributorRef, OrgUnitRef
from shared.db import Prepared, Tx, prepare

_TYPES: dict[str, Any] = {"id": Uuid, "parent_id": Uuid, "status": String, "version": Integer}


def _keeping(table: Any) -> Prepared:
    arrays = (bindparam(f"b_{name}", type_=ARRAY(kind)) for name, kind in _TYPES.items())
    given = func.unnest(*arrays).table_valued(*_TYPES, name="given").render_derived()
    new = insert(table).from_select([*_TYPES], select(*given.c))
    return prepare(
        new.on_conflict_do_update(
            index_elements=["id"],
            set_={name: new.excluded[name] for name in _TYPES if name != "id"},
            where=table.c.version < new.excluded.version,
        )
    )


_KEEP_DISTRIBUTORS = _keeping(DistributorRef.__table__)  # type: ignore[attr-defined]
_KEEP_UNITS = _keeping(OrgUnitRef.__table__)  # type: ignore[attr-defined]


async def keep_distributors(tx: Tx, places: Iterable[Place]) -> int:
    """Store those that are newer than what is known, in one statement; how many rows changed."""
    return await _keep(tx, _KEEP_DISTRIBUTORS, places)


async def keep_units(tx: Tx, places: Iterable[Place]) -> int:
    """As `keep_distributors`, for org units."""
    return await _keep(tx, _KEEP_UNITS, places)


async def _keep(tx: Tx, statement: Prepared, places: Iterable[Place]) -> int:
    chosen = newest(places)
    if not chosen:
        return 0
    return await tx.run(statement, **{f"b_{name}": [getattr(p, name) for p in chosen] for name in _TYPES})
