"""Judging customers in the transaction that touches them, and confirming that their data are right."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Uuid, any_, bindparam, delete, func, literal_column, select
from sqlalchemy.dialects.postgresql import insert

from customer_svc.customers import queries as customers
from customer_svc.customers.touching import touched
from customer_svc.quality import queries
from customer_svc.quality.domain import CODES, DIMENSIONS, RULES, Facts, Verdict, judge
from customer_svc.quality.tables import CustomerQuality
from shared.db import Tx, prepare

_q: Any = CustomerQuality.__table__  # type: ignore[attr-defined]
_PLAIN = [column.key for column in _q.c if column.key not in CODES]
_COPIED = ("distributor_id", "owner_id", "org_unit_id", "kind", "channel")
_BITS = {code: 1 << place for place, code in enumerate(CODES)}
_given = (
    *(bindparam(f"b_{name}", type_=ARRAY(_q.c[name].type)) for name in _PLAIN),
    bindparam("b_found", type_=ARRAY(BigInteger)),
)
_new = func.unnest(*_given).table_valued(*_PLAIN, "found", name="new").render_derived()
_insert = insert(_q).from_select(
    [*_PLAIN, *CODES],
    select(
        *(_new.c[name] for name in _PLAIN),
        *(_new.c.found.op("&")(literal_column(str(bit))) != literal_column("0") for bit in _BITS.values()),
    ),
)
_KEEP = prepare(
    _insert.on_conflict_do_update(
        index_elements=["customer_id"],
        set_={column.key: _insert.excluded[column.key] for column in _q.c if not column.primary_key},
    )
)
_FORGET = prepare(delete(_q).where(_q.c.customer_id == any_(bindparam("ids", type_=ARRAY(Uuid)))))


async def judge_touched(tx: Tx) -> None:
    """Judge all that the transaction touched, also what it gave out of its sight; done before it commits."""
    noted = touched(tx)
    if noted:
        new = [record for record in noted.values() if record is not None]
        async with tx.handing_over():
            await _keep(tx, [(row, Facts(), judge(row, Facts(), tx.now)) for row in new])
            await judge_many(tx, sorted(noted.keys() - {row["id"] for row in new}))


async def judge_many(tx: Tx, ids: Sequence[UUID]) -> None:
    """Keep what is found of these customers, which are locked or new; archived ones have nothing found."""
    if not ids:
        return
    cases = await queries.cases(tx, ids)
    await _keep(tx, [(row, facts, judge(row, facts, tx.now)) for row, facts in cases])
    gone = set(ids) - {row["id"] for row, _ in cases}
    if gone:
        await tx.run(_FORGET, ids=sorted(gone))


async def confirm(tx: Tx, customer_id: UUID, *, zh: bool) -> dict[str, Any]:
    """Somebody says that what is stored is right today; nothing is stale then. NotFound if out of sight."""
    await customers.customer_for_update(tx, customer_id)
    ((row, facts),) = await queries.cases(tx, [customer_id])
    facts = facts._replace(confirmed_at=tx.now)
    verdict = judge(row, facts, tx.now)
    await _keep(tx, [(row, facts, verdict)])
    return queries.answer(row, facts, verdict, tx.now, zh=zh)


async def _keep(tx: Tx, judged: Iterable[tuple[Mapping[str, Any], Facts, Verdict]]) -> None:
    kept = [_row(*each) for each in judged]
    if kept:
        await tx.run(_KEEP, **{f"b_{name}": [row[name] for row in kept] for name in (*_PLAIN, "found")})


def _row(row: Mapping[str, Any], facts: Facts, verdict: Verdict) -> dict[str, Any]:
    return {
        **{name: row[name] for name in _COPIED},
        **{dimension: verdict.lost[dimension] for dimension in DIMENSIONS},
        "customer_id": row["id"],
        "rules": RULES,
        "score": verdict.score,
        "touched_at": verdict.touched_at,
        "confirmed_at": facts.confirmed_at,
        "found": sum(_BITS[code] for code in verdict.codes),
    }
