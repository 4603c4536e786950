"""Changes of contracts, each with its history and told to the other services."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import date
from typing import Any
from uuid import UUID

from asyncpg import UniqueViolationError
from sqlalchemy import bindparam, delete, insert, update

from customer_svc.changes import differences, notes
from customer_svc.contracts import domain, queries
from customer_svc.contracts.domain import Deed
from customer_svc.contracts.queries import H, T
from customer_svc.contracts.schemas import ContractCreate, ContractPatch
from customer_svc.customers import queries as customers
from shared.db import Tx, prepare
from shared.events.customer import ContractChanged
from shared.http import check_version
from shared.messaging import outbox
from shared.problems import Conflict, Invalid, NotFound

MOST = 500
_FIXED = (
    "id",
    "customer_id",
    "origin_id",
    "distributor_id",
    "kind",
    "renewal_of",
    "created_by",
    "created_at",
)
_INSERT = prepare(insert(T), *T.c.keys())
_UPDATE = prepare(
    update(T).where(T.c.id == bindparam("b_id")),
    *(column.key for column in T.c if column.key not in _FIXED),
)
_DELETE = prepare(delete(T).where(T.c.id == bindparam("b_id")))
_NOTE = prepare(insert(H), *H.c.keys())


async def draw_up(tx: Tx, customer_id: UUID, wanted: ContractCreate, *, by: UUID) -> dict[str, Any]:
    """A new draft; NotFound if the customer is out of sight, Conflict if the number is taken."""
    customer = await customers.customer_for_update(tx, customer_id)
    if wanted.renewal_of is not None:
        await _check_renewed(tx, wanted.renewal_of, customer_id)
    row = {
        **_flat(wanted.model_dump()),
        "id": tx.new_id(),
        "customer_id": customer_id,
        "origin_id": None,
        "distributor_id": customer["distributor_id"],
        "status": "draft",
        "version": 1,
        "created_by": by,
        "closed_at": None,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    domain.check_term(row)
    async with _number_free():
        await tx.run(_INSERT, **row)
    _tell(tx, row)
    return row


async def change(
    tx: Tx, contract_id: UUID, wanted: ContractPatch, expected: int | None, *, by: UUID
) -> dict[str, Any]:
    """Change the fields that were sent; Stale if it is not the expected version."""
    row = await _held(tx, contract_id, expected)
    return await _step(tx, row, "change", _flat(wanted.changes()), by=by)


async def activate(tx: Tx, contract_id: UUID, expected: int | None, *, by: UUID) -> dict[str, Any]:
    """Put a draft in force."""
    row = await _held(tx, contract_id, expected)
    return await _step(tx, row, "activate", {}, by=by)


async def terminate(
    tx: Tx, contract_id: UUID, reason: str, expected: int | None, *, by: UUID
) -> dict[str, Any]:
    """End a contract before its time; the reason stands in its history."""
    row = await _held(tx, contract_id, expected)
    return await _step(tx, row, "terminate", {"note": reason}, by=by)


async def discard(tx: Tx, contract_id: UUID, expected: int | None) -> None:
    """Remove a draft with its history; what was in force stays."""
    row = await _held(tx, contract_id, expected)
    domain.next_status(row["status"], "discard")
    await tx.run(_DELETE, b_id=contract_id)


async def end_some(tx: Tx, today: date) -> int:
    """End contracts whose last day has passed, at most 500; how many."""
    rows = await queries.over_for_update(tx, today, MOST)
    for row in rows:
        await _step(tx, row, "end", {}, by=None)
    return len(rows)


async def _held(tx: Tx, contract_id: UUID, expected: int | None) -> dict[str, Any]:
    row = await queries.contract_for_update(tx, contract_id)
    check_version(expected, row["version"])
    return row


async def _check_renewed(tx: Tx, contract_id: UUID, customer_id: UUID) -> None:
    try:
        renewed = await queries.contract(tx, contract_id)
    except NotFound:
        raise _not_renewable() from None
    if renewed["customer_id"] != customer_id:
        raise _not_renewable()


def _flat(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The wish as columns: an amount is two of them."""
    flat = dict(wanted)
    if "amount" in flat:
        amount = flat.pop("amount") or {"amount_minor": None, "currency": None}
        flat |= {"amount_minor": amount["amount_minor"], "currency": amount["currency"]}
    return flat


async def _step(
    tx: Tx, row: dict[str, Any], deed: Deed, wanted: Mapping[str, Any], *, by: UUID | None
) -> dict[str, Any]:
    """Do a deed with these new values, note what changed, and tell of it; nothing if all is so already."""
    status = domain.next_status(row["status"], deed)
    changed = differences(row, {**wanted, "status": status})
    if not changed:
        return row
    fresh = {field: new for field, (_, new) in changed.items()}
    closed = tx.now if status in ("ended", "terminated") else None
    row = {**row, **fresh, "closed_at": closed, "version": row["version"] + 1, "updated_at": tx.now}
    domain.check_term(row)
    async with tx.handing_over(), _number_free():  # to another owner, who alone may see it from then on
        await tx.run(_UPDATE, **row, b_id=row["id"])
        await tx.run_many(_NOTE, _history(tx, row, changed, by))
    _tell(tx, row)
    return row


def _history(tx: Tx, row: dict[str, Any], changed: dict[str, Any], by: UUID | None) -> list[dict[str, Any]]:
    whose = {
        "contract_id": row["id"],
        "customer_id": row["customer_id"],
        "distributor_id": row["distributor_id"],
    }
    plain = {field: tuple(map(_plain, values)) for field, values in changed.items()}
    return [{**note, **whose} for note in notes(tx, row["version"], plain, by=by)]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _tell(tx: Tx, row: Mapping[str, Any]) -> None:
    event = ContractChanged(
        subject=row["id"],
        version=row["version"],
        distributor_id=row["distributor_id"],
        customer_id=row["origin_id"] or row["customer_id"],
        owner_id=row["owner_id"],
        kind=row["kind"],
        status=row["status"],
        starts_on=row["starts_on"],
        ends_on=row["ends_on"],
        renewal_of=row["renewal_of"],
    )
    outbox.record(tx, event)


@asynccontextmanager
async def _number_free() -> AsyncIterator[None]:
    try:
        yield
    except UniqueViolationError:
        raise Conflict(
            "contract_number_taken",
            en="Another contract has this number.",
            zh="该合同编号已被使用。",
        ) from None


def _not_renewable() -> Invalid:
    return Invalid.at(
        "/renewal_of", "contract_unknown", en="is no contract of this customer", zh="不是该客户的合同"
    )
