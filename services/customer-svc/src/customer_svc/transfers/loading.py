"""Storing a chunk: the same commands as the API's batches, and the identities that make rows known again."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, String, Uuid, any_, bindparam, func, insert, select
from sqlalchemy.dialects.postgresql import insert as insert_or_not

from customer_svc.batch import Outcome
from customer_svc.changes import differences
from customer_svc.channels.commands import enter_channels
from customer_svc.contacts.tables import Contact
from customer_svc.custom_fields.domain import from_cell
from customer_svc.custom_fields.queries import definitions
from customer_svc.customers.commands import register_many
from customer_svc.customers.queries import known
from customer_svc.customers.records import new_record
from customer_svc.customers.renewal import Renewal, renew_many
from customer_svc.customers.tables import Customer
from customer_svc.distributors import queries as distributors
from customer_svc.distributors.domain import unknown_distributor
from customer_svc.identities.tables import Identity
from customer_svc.tables import MOMENT
from customer_svc.transfers.parting import Key, owners_of, part
from customer_svc.transfers.rows import CustomerRow
from shared.db import Record, Tx, prepare
from shared.problems import Conflict, Problem

_c: Any = Customer.__table__  # type: ignore[attr-defined]
_i: Any = Identity.__table__  # type: ignore[attr-defined]
_p: Any = Contact.__table__  # type: ignore[attr-defined]


def _texts(name: str) -> Any:
    return bindparam(name, type_=ARRAY(String))


def _ids(name: str) -> Any:
    return bindparam(name, type_=ARRAY(Uuid))


_CUSTOMERS = prepare(select(_c).where(_c.c.id == any_(_ids("ids"))))
_given = func.unnest(
    _ids("ids"), _texts("channels"), _texts("external_ids"), _ids("customer_ids"), _ids("homes")
)
_new = _given.table_valued("id", "channel", "external_id", "customer_id", "home", name="new").render_derived()
_CLAIM = prepare(
    insert_or_not(_i)
    .from_select(
        [
            "id",
            "channel",
            "external_id",
            "customer_id",
            "distributor_id",
            "strength",
            "verified",
            "created_at",
        ],
        select(
            _new.c.id,
            _new.c.channel,
            _new.c.external_id,
            _new.c.customer_id,
            _new.c.home,
            bindparam("b_strength", "weak", type_=String),
            func.bool(bindparam("b_verified", "false", type_=String)),
            bindparam("at", type_=MOMENT),
        ),
    )
    .on_conflict_do_nothing(index_elements=["channel", "external_id", "distributor_id"])
    .returning(_i.c.channel, _i.c.external_id, _i.c.distributor_id)
)
_ADD_CONTACT = prepare(insert(_p), *_p.c.keys())


class Overtaken(Exception):
    """Somebody else has identities of this chunk that nobody seemed to have: try it again."""

    def __init__(self, keys: frozenset[Key]) -> None:
        super().__init__()
        self.keys = keys


async def load_customers(
    tx: Tx,
    rows: Sequence[CustomerRow],
    *,
    by: UUID,
    import_id: UUID,
    chunk: int,
    contested: frozenset[Key] = frozenset(),
    renewing: bool = False,
) -> list[Outcome]:
    """Register the customers of a chunk with one event.

    A row whose identity or code is known changes nothing or, `renewing`, the fields that it gives.

    Raises Overtaken when an identity is taken by somebody who could not be seen. `contested` are those of an
    earlier try: whoever still cannot be seen is out of the sender's sight.
    """
    await type_cells(tx, rows)
    refused = await _settle_distributors(tx, rows)
    owners = await owners_of(tx, rows)
    parted = part(tx.scope, rows, owners, refused, contested)
    wanted = [rows[place].customer for place in parted.fresh]
    made = await register_many(tx, wanted, by=by, import_id=import_id, chunk=chunk)
    outcomes = parted.refused | dict(zip(parted.fresh, made, strict=True))
    if renewing:
        outcomes |= await _renewed(tx, rows, outcomes, by)
    claimed = await _claim(tx, parted.fresh, outcomes)
    owners.of |= {key: outcomes[place].record_id for place, (key, _) in claimed.items()}
    contacts = await _add_contacts(tx, rows, outcomes)
    _join(outcomes, "identity", {place: identity for place, (_, identity) in claimed.items()})
    _join(outcomes, "contact", contacts)
    compared = await _compared(tx, rows, parted.known, owners.of)
    if renewing:
        compared |= await _renewed(tx, rows, compared, by)
    outcomes |= compared
    return [outcomes[place] for place in range(len(rows))]


async def type_cells(tx: Tx, rows: Sequence[CustomerRow]) -> None:
    """Put the value that a cell means in its place, where a custom field says how it is read."""
    known = {one.key: one for one in await definitions(tx, "customer")}
    for row in rows if known else ():
        row.customer.attributes |= {
            key: from_cell(known[key], cell)
            for key, cell in row.customer.attributes.items()
            if key in known and isinstance(cell, str)
        }


async def _settle_distributors(tx: Tx, rows: Sequence[CustomerRow]) -> dict[int, Outcome]:
    """Put each distributor's id in the place of its code; what is refused for an unknown code."""
    known = await distributors.ids_by_code(tx, (row.distributor_code for row in rows if row.distributor_code))
    refused = {}
    for place, row in enumerate(rows):
        if row.distributor_code is None:
            continue
        if row.distributor_code in known:
            row.customer.distributor_id = known[row.distributor_code]
        else:
            refused[place] = Outcome("problem", problem=unknown_distributor())
    return refused


def _join(outcomes: dict[int, Outcome], name: str, parts: Mapping[int, UUID]) -> None:
    """Let the outcomes of rows say what else was made of them."""
    for place, made in parts.items():
        outcomes[place] = outcomes[place]._replace(parts=(*outcomes[place].parts, (name, made)))


async def _claim(
    tx: Tx, rows: Mapping[int, Key | None], outcomes: Mapping[int, Outcome]
) -> dict[int, tuple[Key, UUID]]:
    """Give the identities to the customers that are there now: each identity and its id, by row.

    Raises Overtaken if one is taken.
    """
    owned = {
        key: (place, tx.new_id())
        for place, key in rows.items()
        if key is not None and outcomes[place].status in ("created", "changed", "unchanged")
    }
    if not owned:
        return {}
    await enter_channels(tx, {key.channel for key in owned})
    # In one order, so that two chunks at once wait for each other instead of deadlocking.
    keys = sorted(owned, key=lambda key: (key.channel, key.external_id, str(key.distributor_id)))
    channels, external_ids, homes = zip(*keys, strict=True)
    claimed = await tx.rows(
        _CLAIM,
        ids=[owned[key][1] for key in keys],
        channels=channels,
        external_ids=external_ids,
        customer_ids=[outcomes[owned[key][0]].record_id for key in keys],
        homes=homes,
        at=tx.now,
    )
    missed = owned.keys() - {Key(*row) for row in claimed}
    if missed:
        raise Overtaken(frozenset(missed))
    return {place: (key, identity) for key, (place, identity) in owned.items()}


async def _stored(tx: Tx, ids: set[UUID]) -> list[Record]:
    return await tx.rows(_CUSTOMERS, ids=sorted(ids)) if ids else []


async def _add_contacts(
    tx: Tx, rows: Sequence[CustomerRow], outcomes: Mapping[int, Outcome]
) -> dict[int, UUID]:
    """The contacts of new customers, by row."""
    made = [outcome.record_id for outcome in outcomes.values() if outcome.status == "created"]
    homes = await known(tx, made)
    contacts = {
        place: {
            **row.contact.model_dump(),
            "id": tx.new_id(),
            "customer_id": outcomes[place].record_id,
            "origin_id": None,
            "distributor_id": homes[outcomes[place].record_id],
            "version": 1,
            "created_at": tx.now,
            "updated_at": tx.now,
        }
        for place, row in enumerate(rows)
        if row.contact is not None and place in outcomes and outcomes[place].status == "created"
    }
    if contacts:
        await tx.run_many(_ADD_CONTACT, contacts.values())
    return {place: contact["id"] for place, contact in contacts.items()}


async def _renewed(
    tx: Tx, rows: Sequence[CustomerRow], outcomes: Mapping[int, Outcome], by: UUID
) -> dict[int, Outcome]:
    """What becomes of the rows whose customer is there with other content."""
    wanted = {
        place: Renewal(outcome.id, rows[place].customer)
        for place, outcome in sorted(outcomes.items())
        if outcome.status == "duplicate" and outcome.id is not None
    }
    return dict(zip(wanted, await renew_many(tx, list(wanted.values()), by=by), strict=True))


async def _compared(
    tx: Tx, rows: Sequence[CustomerRow], known: Mapping[int, Key], owners: Mapping[Key, UUID]
) -> dict[int, Outcome]:
    """What the rows are whose identity is somebody's: the customer itself, or another one."""
    wanted = {owners[key] for key in known.values() if key in owners}
    there = {record["id"]: record for record in await _stored(tx, wanted)}
    return {place: _compare(tx, rows[place], there.get(owners.get(key))) for place, key in known.items()}


def _compare(tx: Tx, row: CustomerRow, stored: Record | None) -> Outcome:
    if stored is None:
        return Outcome("problem", problem=_refused_before())
    record = new_record(row.customer, stored["id"], row.customer.distributor_id, tx.now)
    given = row.customer.model_fields_set
    if differences(dict(stored), {name: record[name] for name in given}):
        return Outcome("duplicate", stored["id"], _taken())
    return Outcome("unchanged", stored["id"])


def _taken() -> Problem:
    return Conflict(
        "identity_taken",
        en="A customer with this identity is there with other content.",
        zh="该身份标识的客户已存在，且内容不同。",
    )


def _refused_before() -> Problem:
    return Conflict(
        "refused_before",
        en="An earlier row with the same identity was refused.",
        zh="相同身份标识的前一行已被拒绝。",
    )
