"""Taking back many customers at once: archived with their names free, or as they were before a change."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, String, Uuid, any_, bindparam, update

from customer_svc.changes import differences, notes
from customer_svc.custom_fields.queries import rows_of
from customer_svc.customers.attributes import Attributes
from customer_svc.customers.commands import NOTE
from customer_svc.customers.referrers import check_referrer
from customer_svc.customers.renewal import renewed, rewrite
from customer_svc.customers.tables import Customer
from customer_svc.customers.touching import touch
from shared.db import Tx, prepare
from shared.messaging import outbox

_t: Any = Customer.__table__  # type: ignore[attr-defined]
_WITHDRAW = prepare(
    update(_t)
    .where(_t.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
    .values(
        status=bindparam("b_status", "archived", type_=String),
        code=None,
        tax_number=None,
        attributes=_t.c.attributes.op("-")(bindparam("unique", type_=ARRAY(String))),
        version=_t.c.version + 1,
    ),
    "updated_at",
)


async def withdraw_many(tx: Tx, records: Sequence[dict[str, Any]], *, by: UUID) -> None:
    """Archive locked customers, and free what only one may have: code, tax number, values of unique fields.

    Their history says what they had. One event for all of them.
    """
    if not records:
        return
    unique = [row["key"] for row in await rows_of(tx, "customer") if row["unique"]]
    await tx.run(_WITHDRAW, ids=[record["id"] for record in records], unique=unique, updated_at=tx.now)
    after = [_withdrawn(record, unique) for record in records]
    kept: list[dict[str, Any]] = []
    for record, now in zip(records, after, strict=True):
        whose = {"customer_id": record["id"], "distributor_id": record["distributor_id"]}
        changed = {name: differ for name, differ in differences(record, now).items() if name != "version"}
        kept += [{**note, **whose} for note in notes(tx, now["version"], changed, by=by)]
    await tx.run_many(NOTE, kept)
    touch(tx, *(record["id"] for record in records))
    tell_of(tx, after)


def _withdrawn(record: Mapping[str, Any], unique: Iterable[str]) -> dict[str, Any]:
    attributes = {key: value for key, value in record["attributes"].items() if key not in unique}
    free = {"code": None, "tax_number": None, "attributes": attributes}
    return {**record, **free, "status": "archived", "version": record["version"] + 1}


async def put_back(
    tx: Tx, record: Mapping[str, Any], before: Mapping[str, Any], *, by: UUID
) -> dict[str, Any] | None:
    """Let fields of a locked customer be as they were before, as by `rewrite`.

    Raises Invalid for attributes that the definitions of today refuse, and for a referrer that cannot be one
    any more; referrers must be held.
    """
    wanted = await check_referrer(tx, record, before)
    if "attributes" in wanted:
        attributes = await Attributes.of(tx, "customer", [wanted["attributes"]])
        wanted["attributes"] = attributes.checked(wanted["attributes"], record["attributes"])
    return await rewrite(tx, record, wanted, by=by)


def tell_of(tx: Tx, records: Sequence[Mapping[str, Any]]) -> None:
    """Tell the other services how these customers are now, with one event."""
    if records:
        outbox.record(tx, renewed(tx, records))
