"""Keeping what customers are found and compared by, as they change; old rules are caught up with."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ARRAY, Integer, String, Uuid, bindparam, cast, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert

from customer_svc.customers import domain
from customer_svc.customers.keys import keys_key, keys_of
from customer_svc.customers.pieces import HELD, RULES, pieces_key, pieces_of
from customer_svc.customers.profiles import COMPARED, Profile
from customer_svc.customers.tables import BIG_NUMBERS, NUMBERS, Customer, CustomerPiece
from shared.db import Prepared, Tx, prepare
from shared.jobs import JobContext
from shared.searching.pieces import as_array

JOB = "customers.indexing"
BY = frozenset(("code", *COMPARED, *HELD))
"""The fields that customers are found and compared by."""
_CHUNK = 500

_t: Any = Customer.__table__  # type: ignore[attr-defined]
_p: Any = CustomerPiece.__table__  # type: ignore[attr-defined]
_texts = (bindparam(name, type_=ARRAY(String)) for name in ("pieces", "keys"))
_given = func.unnest(bindparam("ids", type_=ARRAY(Uuid)), *_texts)
_new = _given.table_valued("customer_id", "pieces", "keys", name="new").render_derived()
_insert = insert(_p).from_select(
    ["customer_id", "rules", "pieces", "keys"],
    select(
        _new.c.customer_id,
        bindparam("b_rules", RULES, type_=Integer),
        cast(_new.c.pieces, NUMBERS),
        cast(_new.c["keys"], BIG_NUMBERS),
    ),
)
_KEEP = prepare(
    _insert.on_conflict_do_update(
        index_elements=["customer_id"],
        set_={name: _insert.excluded[name] for name in ("rules", "pieces", "keys")},
    )
)
_old = (
    select(_t)
    .where(~exists(select(_p.c.customer_id).where(_p.c.customer_id == _t.c.id, _p.c.rules == RULES)))
    .limit(_CHUNK)
)
_FREE = prepare(_old.with_for_update(skip_locked=True, of=_t))
_HELD = prepare(_old.order_by(_t.c.id).with_for_update(of=_t))
_READ_ANEW = prepare(update(_t).where(_t.c.id == bindparam("b_id")), "name_key", "name_pinyin")


async def index_customers(tx: Tx, records: Iterable[Mapping[str, Any]]) -> None:
    """Keep the pieces and keys of these rows in place of those that were there."""
    found_by, compared_by = pieces_key(tx.database.sealer), keys_key(tx.database.sealer)
    made = [
        (
            record["id"],
            as_array(pieces_of(record, found_by)),
            as_array(keys_of(Profile.of(record), record["distributor_id"], compared_by).all()),
        )
        for record in records
    ]
    if made:
        ids, pieces, keys = zip(*made, strict=True)
        await tx.run(_KEEP, ids=ids, pieces=pieces, keys=keys)


async def catch_up(job: JobContext, args: dict[str, Any]) -> None:  # noqa: ARG001 - there is nothing to say
    """Make the pieces and names' readings of all customers whose are missing or of other rules.

    Those that somebody holds just now come last and are waited for: who holds them may be judging them,
    which makes no pieces.
    """
    for chosen in (_FREE, _HELD):
        while not await job.cancelled():
            async with job.begin() as tx:
                if not await _index_some(tx, chosen):
                    break


async def _index_some(tx: Tx, chosen: Prepared) -> int:
    old = [dict(row) for row in await tx.rows(chosen)]
    for row in old:
        searchable = domain.searchable(row["name"], row["kind"])
        await tx.run(_READ_ANEW, b_id=row["id"], **searchable)
    await index_customers(tx, old)
    return len(old)
