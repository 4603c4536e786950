"""What an import did, one row for each record that it made or changed, so that it can be undone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, delete, func, insert, select

from customer_svc.batch import Outcome
from customer_svc.transfers.domain import PART, RECORDS
from customer_svc.transfers.tables import ImportEffect
from shared.db import Tx, prepare

_t: Any = ImportEffect.__table__  # type: ignore[attr-defined]
_NAMES = ("record_id", "version", "line", "kind")
_given = (
    func.unnest(*(bindparam(f"b_{name}", type_=ARRAY(_t.c[name].type)) for name in _NAMES))
    .table_valued(*_NAMES, name="given")
    .render_derived()
)
_NOTE = prepare(
    insert(_t).from_select(
        ["import_id", *_NAMES], select(bindparam("b_import_id", type_=Uuid), *(_given.c[n] for n in _NAMES))
    )
)
_FORGET = prepare(delete(_t).where(_t.c.import_id == bindparam("b_import_id", type_=Uuid)))
_Effect = tuple[UUID, int, int, str]


def note(tx: Tx, entry: Mapping[str, Any], lines: Sequence[int], outcomes: Sequence[Outcome]) -> None:
    """Have written down what became of the rows of a chunk that stand on these lines."""
    found = list(_effects(RECORDS[entry["entity"]], lines, outcomes))
    if found:
        columns = zip(*found, strict=True)
        given = {f"b_{name}": column for name, column in zip(_NAMES, columns, strict=True)}
        tx.run_last(_NOTE, b_import_id=entry["id"], **given)


def _effects(kind: str, lines: Sequence[int], outcomes: Sequence[Outcome]) -> Iterator[_Effect]:
    for line, outcome in zip(lines, outcomes, strict=True):
        made = outcome.status == "created"
        if made or outcome.status == "changed":
            yield outcome.record_id, outcome.version, line, kind
        for name, part in outcome.parts:
            yield part, 1, line, PART if made else name


async def forget(tx: Tx, imports: Iterable[UUID]) -> None:
    """What these imports did can be undone no more."""
    for import_id in imports:
        await tx.run(_FORGET, b_import_id=import_id)
