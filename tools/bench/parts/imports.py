"""A file of orders sent to the import, against COPY of the same rows into tables of that shape and keys."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random
from statistics import median
from typing import Any
from uuid import UUID

import asyncpg
import httpx
from tools.bench.figures import Goal, Line, number, ratios
from tools.bench.parts import raw
from tools.bench.stage import Stage

from customer_svc.app import build
from customer_svc.settings import Settings
from shared.clock import new_id
from shared.composition import Service
from shared.run import settled_heap
from shared.testing.clients import service_client, staff
from shared.testing.services import running

_COLUMNS = (
    "id",
    "channel",
    "order_no",
    "kind",
    "return_of",
    "customer_id",
    "distributor_id",
    "ordered_at",
    "amount_minor",
    "currency",
    "fingerprint",
    "created_at",
)
_EFFECTS = ("import_id", "record_id", "version", "line", "kind")
_SHAPE = """
CREATE TABLE IF NOT EXISTS copied (LIKE sales_order INCLUDING ALL,
    FOREIGN KEY (customer_id) REFERENCES customer, FOREIGN KEY (distributor_id) REFERENCES distributor);
CREATE TABLE IF NOT EXISTS copied_effect (LIKE import_effect INCLUDING ALL)
"""
_TOLD = {
    "copy": "COPY",
    "import": "validated, deduplicated, evented",
    "again": "the same file again",
}
_CUSTOMERS = 2_000
_COPIED_AT_ONCE = 10_000
_PATIENCE = 120
_ASKS_SECONDS = 0.1
_GOING = {"queued", "running"}


async def measure(stage: Stage) -> AsyncIterator[Line]:
    """Rows a second, from sending the file to the last row's commit."""
    urls = await stage.database("imports", "customer_svc")
    owner = await asyncpg.connect(urls.owner_url)
    await owner.execute(_SHAPE)
    ids = await raw.fill(urls.app_url, min(stage.sizes.customers, _CUSTOMERS))
    rates: dict[str, list[float]] = {"copy": [], "import": [], "again": []}
    async with running(build, Settings, urls) as service:
        settled_heap()  # as every process that serves
        for place in range(stage.sizes.rounds + 1):
            orders = _orders(ids, stage.sizes.orders, place)
            found = {
                "copy": await _copied(owner, orders),
                "import": await _imported(service, orders, "created"),
                "again": await _imported(service, orders, "unchanged"),
            }
            if place:  # the first round warms up
                for name, rate in found.items():
                    rates[name].append(rate)
    await owner.close()
    for name, told in _TOLD.items():
        beside = f"{number(median(rates[name]))} rows/s"
        goal = Goal(0.40, 0.60) if name == "import" else None
        yield Line(f"orders, {told}", ratios(rates[name], rates["copy"]), beside=beside, goal=goal)


def _orders(ids: Sequence[UUID], count: int, place: int) -> list[dict[str, Any]]:
    chance = Random(place)  # noqa: S311 - invented orders
    now = datetime.now(UTC).replace(microsecond=0)
    return [
        {
            "id": new_id(),
            "channel": "shop",
            "order_no": f"R{place}-{each}",
            "kind": "sale",
            "return_of": None,
            "customer_id": chance.choice(ids),
            "distributor_id": None,
            "ordered_at": now - timedelta(minutes=chance.randrange(500_000)),
            "amount_minor": chance.randrange(100, 1_000_000),
            "currency": "CNY",
            "fingerprint": sha256(b"%d %d" % (place, each)).digest(),
            "created_at": now,
        }
        for each in range(count)
    ]


async def _copied(owner: asyncpg.Connection, orders: Sequence[dict[str, Any]]) -> float:
    """Orders, and what an import keeps of each so that it can be undone."""
    records = [tuple(order.values()) for order in orders]
    import_id = new_id()
    effects = [(import_id, order["id"], 1, line, "order") for line, order in enumerate(orders, start=2)]
    started = time.perf_counter()
    for begin in range(0, len(records), _COPIED_AT_ONCE):
        part = slice(begin, begin + _COPIED_AT_ONCE)
        await owner.copy_records_to_table("copied", columns=_COLUMNS, records=records[part])
        await owner.copy_records_to_table("copied_effect", columns=_EFFECTS, records=effects[part])
    return len(orders) / (time.perf_counter() - started)


async def _imported(service: Service, orders: Sequence[dict[str, Any]], expected: str) -> float:
    """Rows a second; raises unless every row's outcome is the expected one."""
    lines = [
        f"{order['order_no']},shop,{order['ordered_at'].isoformat()},{order['amount_minor']},CNY,{order['customer_id']}"
        for order in orders
    ]
    text = "\n".join(["order_no,channel,ordered_at,amount_minor,currency,customer_id", *lines]).encode()
    async with service_client(service, staff("manager")) as client:
        started = time.perf_counter()
        files = {"file": ("orders.csv", text, "text/csv")}
        answer = await client.post("/v1/imports", data={"entity": "orders"}, files=files)
        address = f"/v1/imports/{answer.raise_for_status().json()['id']}"
        entry = await _ended(client, address)
        spent = time.perf_counter() - started
    if entry[expected] != len(orders):
        raise RuntimeError(f"the import ended otherwise than expected: {entry}")
    return len(orders) / spent


async def _ended(client: httpx.AsyncClient, address: str) -> dict[str, Any]:
    """The import once it is over, asked for as a client does that does not follow its events."""
    async with asyncio.timeout(_PATIENCE):
        while True:
            answer = await client.get(address)
            entry: dict[str, Any] = answer.raise_for_status().json()
            if entry["status"] not in _GOING:
                return entry
            await asyncio.sleep(_ASKS_SECONDS)
