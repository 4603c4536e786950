"""Every SELECT of loads: steps that were taken, and interactions that are known again, many at once."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Integer, LargeBinary, Text, Uuid, any_, bindparam, func, select

from interaction_svc.interactions.queries import SIGHT
from interaction_svc.interactions.tables import Interaction
from interaction_svc.loads.domain import CONTENT, Deed, Key, Known, step_taken
from interaction_svc.loads.marking import Marking
from interaction_svc.loads.tables import Foreseen, LoadStep
from interaction_svc.tables import MOMENT
from shared.db import Reader, in_sight, prepare, sight

_T: Any = Interaction.__table__  # type: ignore[attr-defined]
_S: Any = LoadStep.__table__  # type: ignore[attr-defined]
_F: Any = Foreseen.__table__  # type: ignore[attr-defined]

_ANSWER = prepare(
    select(_S.c.size, _S.c.answer, _S.c.created_by).where(
        _S.c.work_id == bindparam("b_work"),
        _S.c.deed == bindparam("b_deed"),
        _S.c.step == bindparam("b_step"),
    )
)


def _given(**columns: Any) -> Any:
    arrays = (bindparam(f"b_{name}", type_=ARRAY(kind)) for name, kind in columns.items())
    return func.unnest(*arrays).table_valued(*columns, name="given").render_derived()


_keys = _given(
    place=Integer, customer_id=Uuid, occurred_at=MOMENT, channel=Text, direction=Text, summary=Text
)
_THERE = prepare(
    select(_keys.c.place, _T.c.id, *(_T.c[name] for name in CONTENT))
    .where(*(_T.c[name] == _keys.c[name] for name in Key._fields), in_sight(SIGHT))
    .order_by(_keys.c.place, _T.c.id)
)
# Who the customer is now is no condition: it would be asked of all that the preview foresaw.
_FORESEEN = prepare(
    select(
        _F.c.key,
        func.customer_root(_F.c.customer_id, type_=Uuid).label("customer_id"),
        *(_F.c[name] for name in CONTENT),
    ).where(
        _F.c.work_id == bindparam("b_work"),
        _F.c.key == any_(bindparam("b_keys", type_=ARRAY(LargeBinary))),
    )
)


class Asked(NamedTuple):
    """A step as it was asked for: of which work, by whom, of how many items."""

    work_id: UUID
    deed: Deed
    step: int
    size: int
    by: UUID


async def answer(reader: Reader, asked: Asked) -> str | None:
    """The answer to a step that was taken before; Conflict if that was somebody else's, or of other items."""
    row = await reader.row(_ANSWER, b_work=asked.work_id, b_deed=asked.deed, b_step=asked.step)
    if row is None:
        return None
    if (row["size"], row["created_by"]) != (asked.size, asked.by):
        raise step_taken()
    found: str = row["answer"]
    return found


async def there(reader: Reader, keys: Iterable[Key], marking: Marking) -> dict[Key, list[Known]]:
    """The interactions in sight by which these keys are known again, the oldest first."""
    wanted = list(dict.fromkeys(keys))
    columns = {f"b_{name}": [getattr(key, name) for key in wanted] for name in Key._fields}
    places = list(range(len(wanted)))
    found: dict[Key, list[Known]] = defaultdict(list)
    for row in await reader.rows(_THERE, b_place=places, **columns, **sight(reader.scope)):
        found[wanted[row["place"]]].append(Known(row["id"], marking.content(row)))
    return found


async def foreseen(
    reader: Reader, work_id: UUID, keys: Iterable[Key], marking: Marking
) -> dict[Key, list[Known]]:
    """What the steps of a preview before this one would have stored under these keys."""
    wanted = {(key.customer_id, marking.key(key)): key for key in keys}
    rows = await reader.rows(_FORESEEN, b_work=work_id, b_keys=sorted({mark for _, mark in wanted}))
    return {
        wanted[place]: [Known(None, {name: row[name] for name in CONTENT})]
        for row in rows
        if (place := (row["customer_id"], row["key"])) in wanted
    }
