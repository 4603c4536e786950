"""The same statements on asyncpg alone: no HTTP, no checks, nothing but PostgreSQL."""

import asyncio
import hashlib
import json
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
from tools.bench.wire import Round

from customer_svc.customers.commands import _INSERT as INSERT_CUSTOMER
from customer_svc.customers.queries import _ONE as SELECT_CUSTOMER
from customer_svc.customers.records import event_of, new_record
from customer_svc.customers.schemas import CustomerCreate
from shared.clock import new_id
from shared.db import EVERYTHING, Prepared
from shared.db.connections import prepare_connection
from shared.db.sight import sight
from shared.events import to_cloudevent
from shared.events.customer import CustomerRegistered
from shared.http.idempotency import _KEEP as INSERT_IDEMPOTENCY
from shared.messaging.outbox import _INSERT as INSERT_OUTBOX

__all__ = [
    "BODY",
    "SEES_ALL",
    "SELECT_CUSTOMER",
    "Call",
    "fill",
    "loop",
    "one_statement",
    "reading",
    "transaction",
]

BODY = {
    "name": "Harbour Lights Ltd",
    "kind": "organisation",
    "phone": "+442079460018",
    "email": "buying@harbourlights.example",
    "industry": "retail",
    "region": "310000",
    "tags": ["wholesale"],
    "attributes": {"stores": 12},
}
Call = Callable[[asyncpg.Connection], Awaitable[object]]
SEES_ALL = EVERYTHING.settings
_ANSWER = bytes(700)


async def loop(url: str, call: Call, *, connections: int, seconds: float) -> Round:
    """Run the call over and over on so many connections."""

    async def busy(connection: asyncpg.Connection) -> None:
        while (begun := time.perf_counter()) < until:
            await call(connection)
            found.latencies.append(time.perf_counter() - begun)

    opened = [await _connected(url) for _ in range(connections)]
    found, started = Round(), time.perf_counter()
    until = started + seconds
    await asyncio.gather(*(busy(connection) for connection in opened))
    found.seconds = time.perf_counter() - started
    for connection in opened:
        await connection.close()
    return found


async def _connected(url: str) -> asyncpg.Connection:
    connection = await asyncpg.connect(url, server_settings=SEES_ALL)
    await prepare_connection(connection)
    return connection


async def fill(url: str, customers: int) -> list[UUID]:
    """Store so many customers that differ; their ids."""
    connection = await _connected(url)
    records = [_record(number) for number in range(customers)]
    try:
        await connection.executemany(
            INSERT_CUSTOMER.sql, [INSERT_CUSTOMER.arguments(record) for record in records]
        )
        await connection.execute("ANALYZE customer")
    finally:
        await connection.close()
    return [record["id"] for record in records]


def reading(ids: Sequence[UUID], chance: Random) -> Call:
    """Read one customer by its id."""
    visible = sight(EVERYTHING)

    async def call(connection: asyncpg.Connection) -> object:
        arguments = SELECT_CUSTOMER.arguments({"b_id": chance.choice(ids), **visible})
        return await connection.fetchrow(SELECT_CUSTOMER.sql, *arguments)

    return call


async def transaction(connection: asyncpg.Connection) -> None:
    """What `POST /v1/customers` writes, as it does: BEGIN, three statements, COMMIT."""
    parts = _parts()
    await connection.execute("BEGIN")
    for statement, given in parts:
        await connection.execute(statement.sql, *statement.arguments(given))
    await connection.execute("COMMIT")


def one_statement(parts: int) -> Call:
    """The first so many of the three writes (customer, outbox, idempotency) in one round trip."""
    sql = _joined([statement for statement, _ in _parts()[:parts]])

    async def call(connection: asyncpg.Connection) -> object:
        chosen = _parts()[:parts]
        return await connection.execute(
            sql, *(value for statement, given in chosen for value in statement.arguments(given))
        )

    return call


def _joined(statements: Sequence[Prepared]) -> str:
    texts, shift = [], 0
    for statement in statements:
        texts.append(re.sub(r"\$(\d+)", lambda found, by=shift: f"${int(found[1]) + by}", statement.sql))  # type: ignore[misc]
        shift += len(statement.names)
    earlier = ", ".join(f"part_{place} AS ({text})" for place, text in enumerate(texts[:-1]))
    return f"WITH {earlier} {texts[-1]}" if earlier else texts[-1]


def _record(number: int) -> dict[str, Any]:
    wanted = CustomerCreate.model_validate({**BODY, "name": f"Harbour {number:x} Lights Ltd"})
    return new_record(wanted, new_id(), None, datetime.now(UTC))


def _parts() -> list[tuple[Prepared, dict[str, Any]]]:
    record = {**_TEMPLATE, "id": new_id()}
    now, event_id = record["created_at"], new_id()
    event = event_of(CustomerRegistered, record)
    body = json.dumps(to_cloudevent(event, event_id, now, None), separators=(",", ":"))
    outbox = {
        "ids": [event_id],
        "aggregates": [record["id"]],
        "versions": [1],
        "types": [event.type],
        "payloads": [body],
        "at": now,
    }
    digest = hashlib.sha256(event_id.bytes).digest()
    kept = {"key_hash": digest, "fingerprint": digest, "status": 201, "answer": _ANSWER, "created_at": now}
    return [(INSERT_CUSTOMER, record), (INSERT_OUTBOX, outbox), (INSERT_IDEMPOTENCY, kept)]


_TEMPLATE = _record(0)
