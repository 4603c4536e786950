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
from customer_svc.customers.commands import register_many
from customer_svc.customers.queries import known
from customer_svc.customers.records import new_record
from customer_svc.customers.tables import Customer
from customer_svc.distributors import queries as distributors
from customer_svc.distributors.domain import unknown_distributor
from customer_svc.identities.tables import Identity
from customer_svc.tables import MOMENT
from customer_svc.transfers.rows import CustomerRow
from shared.db import Record, Tx, prepare
from shared.problems import Conflict, Problem

Ref = tuple[str, str]

_c: Any = Customer.__table__  # type: ignore[attr-defined]
_i: Any = Identity.__table__  # type: ignore[attr-defined]
_p: Any = Contact.__table__  # type: ignore[attr-defined]


def _texts(name: str) -> Any:
    return bindparam(name, type_=ARRAY(String))


def _ids(name: str) -> Any:
    return bindparam(name, type_=ARRAY(Uuid))


_refs = func.unnest(_texts("channels"), _texts("external_ids"))
_ref = _refs.table_valued("channel", "external_id", name="ref").render_derived()
_OWNERS = prepare(
    select(_i.c.channel, _i.c.external_id, _i.c.customer_id, _i.c.distributor_id).join(
        _ref, (_i.c.channel == _ref.c.channel) & (_i.c.external_id == _ref.c.external_id)
    )
)
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
    .on_conflict_do_nothing(index_elements=["channel", "external_id"])
    .returning(_i.c.channel, _i.c.external_id)
)
_ADD_CONTACT = prepare(insert(_p), *_p.c.keys())


class Overtaken(Exception):
    """Somebody else has identities of this chunk that nobody seemed to have: try it again."""

    def __init__(self, refs: frozenset[Ref]) -> None:
        super().__init__()
        self.refs = refs


async def load_customers(
    tx: Tx,
    rows: Sequence[CustomerRow],
    *,
    by: UUID,
    import_id: UUID,
    chunk: int,
    contested: frozenset[Ref] = frozenset(),
) -> list[Outcome]:
    """Register the customers of a chunk with one event; a row whose identity is known changes nothing.

    Raises Overtaken when an identity is taken by somebody who could not be seen. `contested` are those of an
    earlier try: whoever still cannot be seen is out of the sender's sight.
    """
    outcomes = await _settle_distributors(tx, rows)
    owners = await _owners(tx, {row.ref for row in rows if row.ref is not None})
    hidden = contested - owners.keys()
    outcomes |= {
        place: Outcome("duplicate", problem=_taken()) for place, row in enumerate(rows) if row.ref in hidden
    }
    fresh = _fresh(rows, outcomes, owners)
    wanted = [rows[place].customer for place in fresh]
    made = await register_many(tx, wanted, by=by, import_id=import_id, chunk=chunk)
    outcomes |= zip(fresh, made, strict=True)
    homes = await _homes(tx, [outcomes[place] for place in fresh])
    owners |= await _claim(tx, {place: rows[place] for place in fresh}, outcomes, homes)
    await _add_contacts(tx, rows, outcomes, homes)
    left = [place for place in range(len(rows)) if place not in outcomes]
    outcomes |= await _compared(tx, {place: rows[place] for place in left}, owners)
    return [outcomes[place] for place in range(len(rows))]


async def _homes(tx: Tx, outcomes: Sequence[Outcome]) -> dict[UUID, UUID | None]:
    """The distributors of the customers that are there now."""
    ids = {outcome.record_id for outcome in outcomes if outcome.status in ("created", "unchanged")}
    return await known(tx, ids)


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


async def _owners(tx: Tx, refs: set[Ref]) -> dict[Ref, tuple[UUID, UUID | None]]:
    """Customer and distributor of each identity that is anybody's, in sight or not."""
    wanted = sorted(refs)
    if not wanted:
        return {}
    rows = await tx.rows(
        _OWNERS, channels=[ref[0] for ref in wanted], external_ids=[ref[1] for ref in wanted]
    )
    return {(row["channel"], row["external_id"]): (row["customer_id"], row["distributor_id"]) for row in rows}


def _fresh(
    rows: Sequence[CustomerRow], outcomes: Mapping[int, Outcome], owners: Mapping[Ref, Any]
) -> list[int]:
    """The rows to register: of those with one identity only the first, and none that is known."""
    seen: set[Ref] = set(owners)
    fresh = []
    for place, row in enumerate(rows):
        if place in outcomes or row.ref in seen:
            continue
        if row.ref is not None:
            seen.add(row.ref)
        fresh.append(place)
    return fresh


async def _claim(
    tx: Tx,
    rows: Mapping[int, CustomerRow],
    outcomes: Mapping[int, Outcome],
    homes: Mapping[UUID, UUID | None],
) -> dict[Ref, tuple[UUID, UUID | None]]:
    """Give the identities to the customers that are there now; raises Overtaken if one is taken."""
    owned = {
        row.ref: outcomes[place].record_id
        for place, row in rows.items()
        if row.ref is not None and outcomes[place].status in ("created", "unchanged")
    }
    if not owned:
        return {}
    await enter_channels(tx, {channel for channel, _ in owned})
    refs = sorted(owned)
    claimed = await tx.rows(
        _CLAIM,
        ids=[tx.new_id() for _ in refs],
        channels=[channel for channel, _ in refs],
        external_ids=[external_id for _, external_id in refs],
        customer_ids=[owned[ref] for ref in refs],
        homes=[homes[owned[ref]] for ref in refs],
        at=tx.now,
    )
    missed = owned.keys() - {(row["channel"], row["external_id"]) for row in claimed}
    if missed:
        raise Overtaken(frozenset(missed))
    return {ref: (owned[ref], homes[owned[ref]]) for ref in refs}


async def _stored(tx: Tx, ids: set[UUID]) -> list[Record]:
    return await tx.rows(_CUSTOMERS, ids=sorted(ids)) if ids else []


async def _add_contacts(
    tx: Tx,
    rows: Sequence[CustomerRow],
    outcomes: Mapping[int, Outcome],
    homes: Mapping[UUID, UUID | None],
) -> None:
    contacts = [
        {
            **row.contact.model_dump(),
            "id": tx.new_id(),
            "customer_id": outcomes[place].record_id,
            "distributor_id": homes[outcomes[place].record_id],
            "version": 1,
            "created_at": tx.now,
            "updated_at": tx.now,
        }
        for place, row in enumerate(rows)
        if row.contact is not None and place in outcomes and outcomes[place].status == "created"
    ]
    if contacts:
        await tx.run_many(_ADD_CONTACT, contacts)


async def _compared(
    tx: Tx, rows: Mapping[int, CustomerRow], owners: Mapping[Ref, tuple[UUID, UUID | None]]
) -> dict[int, Outcome]:
    """What the rows are whose identity is somebody's: the customer itself, or another one."""
    wanted = {owners[row.ref][0] for row in rows.values() if row.ref is not None and row.ref in owners}
    there = {record["id"]: record for record in await _stored(tx, wanted)}
    return {place: _compare(tx, row, owners, there) for place, row in rows.items()}


def _compare(
    tx: Tx,
    row: CustomerRow,
    owners: Mapping[Ref, tuple[UUID, UUID | None]],
    there: Mapping[UUID, Record],
) -> Outcome:
    owner = owners.get(row.ref) if row.ref is not None else None
    if owner is None:
        return Outcome("problem", problem=_refused_before())
    stored = there.get(owner[0])
    if stored is None:  # out of sight
        return Outcome("duplicate", problem=_taken())
    record = new_record(row.customer, owner[0], row.customer.distributor_id, tx.now)
    given = row.customer.model_fields_set
    if differences(dict(stored), {name: record[name] for name in given}):
        return Outcome("duplicate", owner[0], _taken())
    return Outcome("unchanged", owner[0])


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
