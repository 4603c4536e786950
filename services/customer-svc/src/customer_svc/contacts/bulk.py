"""Adding many contacts at once: of a customer's contacts of one name each is only there once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, insert, select

from customer_svc.batch import Outcome
from customer_svc.contacts.schemas import ContactCreate
from customer_svc.contacts.tables import Contact
from customer_svc.customers import queries as customers
from customer_svc.customers.attributes import Attributes
from customer_svc.customers.tables import Customer
from customer_svc.customers.touching import touch
from shared.db import Tx, in_sight, prepare, sight
from shared.problems import Conflict, Invalid, Problem

_t: Any = Contact.__table__  # type: ignore[attr-defined]
_c: Any = Customer.__table__  # type: ignore[attr-defined]
_ids: Any = bindparam("ids", type_=ARRAY(Uuid))
# Locked, so that two chunks at once do not add the same contact; in one order, so that they do not deadlock.
_LOCKED = prepare(
    select(_c.c.id, _c.c.distributor_id)
    .where(_c.c.id == any_(_ids), _c.c.status == "active", in_sight(customers.SIGHT))
    .order_by(_c.c.id)
    .with_for_update(key_share=True)
)
_THERE = prepare(select(_t).where(_t.c.customer_id == any_(_ids), in_sight(customers.through_customer(_t))))
_INSERT = prepare(insert(_t), *_t.c.keys())
_Known = dict[tuple[UUID, str], list[Mapping[str, Any]]]


class Addition(NamedTuple):
    """A contact and whose it is."""

    customer_id: UUID
    contact: ContactCreate


async def add_many(tx: Tx, wanted: Sequence[Addition]) -> list[Outcome]:
    """Add up to 1000 contacts; an outcome for each, in order.

    `unchanged` is a contact that the customer has with all that is said of it, `duplicate` one whose name it
    has with other content.
    """
    now = await customers.held_still(tx, (one.customer_id for one in wanted))
    wanted = [one._replace(customer_id=now[one.customer_id].customer_id) for one in wanted]
    ids = sorted({one.customer_id for one in wanted})
    homes = {row["id"]: row["distributor_id"] for row in await tx.rows(_LOCKED, ids=ids, **sight(tx.scope))}
    known: _Known = defaultdict(list)
    for row in await tx.rows(_THERE, ids=ids, **sight(tx.scope)):
        known[row["customer_id"], row["name"]].append(dict(row))
    attributes = await Attributes.of(tx, "contact", (one.contact.attributes for one in wanted))
    added: list[dict[str, Any]] = []
    outcomes: list[Outcome] = []
    for one in wanted:
        try:
            checked = attributes.checked(one.contact.attributes)
        except Problem as problem:
            outcomes.append(Outcome("problem", problem=problem))
        else:
            outcomes.append(_judged(tx, one, homes, known, added=added, attributes=checked))
    if added:
        await tx.run_many(_INSERT, added)
        touch(tx, *(row["customer_id"] for row in added))
    return outcomes


def _judged(
    tx: Tx,
    one: Addition,
    homes: Mapping[UUID, UUID | None],
    known: _Known,
    *,
    added: list[dict[str, Any]],
    attributes: dict[str, Any],
) -> Outcome:
    if one.customer_id not in homes:
        gone = Invalid.at("", "customer_unknown", en="There is no such customer.", zh="没有这个客户。")
        return Outcome("problem", problem=gone)
    whole = one.contact.model_dump()
    said = {name: whole[name] for name in one.contact.model_fields_set}
    there = known[one.customer_id, one.contact.name]
    for row in there:
        if all(row[name] == value for name, value in said.items()):
            return Outcome("unchanged", row["id"])
    if there:
        return Outcome("duplicate", there[0]["id"], _taken())
    row = {
        **one.contact.model_dump(),
        "attributes": attributes,
        "id": tx.new_id(),
        "customer_id": one.customer_id,
        "origin_id": None,
        "distributor_id": homes[one.customer_id],
        "version": 1,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    there.append(row)
    added.append(row)
    return Outcome("created", row["id"])


def _taken() -> Conflict:
    return Conflict(
        "contact_exists",
        en="The customer has a contact of this name with other content.",
        zh="该客户已有同名但内容不同的联系人。",
    )
