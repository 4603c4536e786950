"""The launcher is killed in the middle of its work; what it has acknowledged is there, and only once."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from tests.e2e.launcher import Launcher, backlog, made, read, signed_in

CUSTOMERS = 300
ORDERS = 8000
KILLS = 3
BEGAN = datetime(2026, 1, 5, 9, tzinfo=UTC)


def customers_csv() -> str:
    rows = [f"K-{number},Customer {number},organisation,webshop,{number}" for number in range(CUSTOMERS)]
    return "\n".join(["code,name,kind,channel,external_id", *rows])


def orders_csv() -> str:
    rows = []
    for number in range(1, ORDERS + 1):
        at = BEGAN + timedelta(minutes=17 * number)
        rows.append(f"F-{number},webshop,{at.isoformat()},{number},CNY,{number % CUSTOMERS}")
    return "\n".join(["order_no,channel,ordered_at,amount_minor,currency,external_id", *rows])


async def begun(http: httpx.AsyncClient, entity: str, text: str) -> str:
    answer = await http.post(
        "/v1/imports", data={"entity": entity}, files={"file": (f"{entity}.csv", text.encode(), "text/csv")}
    )
    assert answer.status_code == 202, answer.text
    return str(answer.headers["location"])


async def orders_by_hand(http: httpx.AsyncClient, acknowledged: list[str]) -> None:
    """One after the other until the system dies; whatever was answered with 201 is noted."""
    while True:
        number = f"H-{len(acknowledged)}"
        order = {
            "customer_code": f"K-{len(acknowledged) % CUSTOMERS}",
            "order_no": number,
            "ordered_at": BEGAN.isoformat(),
            "amount": {"amount_minor": 7, "currency": "CNY"},
            "channel": "counter",
        }
        try:
            answer = await http.post("/v1/orders", json=order)
        except httpx.TransportError:
            return
        if answer.status_code in {201, 409}:  # 409: it was stored when the answer was lost
            acknowledged.append(number)


async def succeeded(http: httpx.AsyncClient, operation: str) -> bool:
    found = await read(http, operation)
    assert found["status"] not in {"failed", "cancelled"}, found
    return bool(found["status"] == "succeeded")


async def quiet(launcher: Launcher, http: httpx.AsyncClient) -> None:
    """Told, taken, and nothing left to be tried again."""

    async def nothing_waits() -> bool:
        return await backlog(http) == 0 and await facts(launcher) == await stored(launcher)

    await launcher.until(nothing_waits, "scoring knows every order")


async def stored(launcher: Launcher) -> list[Any]:
    customer = await launcher.database("customer")
    try:
        return await customer.fetch("SELECT id, customer_id, amount_minor FROM sales_order ORDER BY id")
    finally:
        await customer.close()


async def facts(launcher: Launcher) -> list[Any]:
    scoring = await launcher.database("scoring")
    try:
        return await scoring.fetch(
            "SELECT order_id AS id, customer_id, amount_minor FROM order_fact ORDER BY order_id"
        )
    finally:
        await scoring.close()


_TOLD_TWICE = """
SELECT told ->> 'order_id' FROM outbox, json_array_elements(payload #> '{data,orders}') AS told
WHERE type = 'orders.imported.v1' GROUP BY 1 HAVING count(*) > 1
"""


async def nothing_twice(launcher: Launcher) -> None:
    """Every published event has been taken once by whoever wants it, and nothing was given up."""
    customer, scoring = await launcher.database("customer"), await launcher.database("scoring")
    try:
        told = await customer.fetch("SELECT id FROM outbox WHERE type = 'orders.imported.v1'")
        taken = await scoring.fetch(
            "SELECT event_id FROM inbox WHERE event_id = any($1::uuid[])", [row["id"] for row in told]
        )
        assert sorted(row["id"] for row in told) == sorted(row["event_id"] for row in taken)
        assert await customer.fetch(_TOLD_TWICE) == []
        for database in (customer, scoring):
            assert await database.fetchval("SELECT count(*) FROM dead_letter") == 0
            assert await database.fetchval("SELECT count(*) FROM inbox_retry") == 0
    finally:
        await customer.close()
        await scoring.close()


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_killed_launcher_loses_no_acknowledged_row_and_repeats_no_effect(
    on_each_bus: Launcher,
) -> None:
    launcher, chance = on_each_bus, random.Random()
    launcher.start()
    await launcher.ready()
    http = await signed_in(launcher)
    await made(http, "/v1/channels", {"code": "webshop", "name": "Web shop", "kind": "online_shop"})
    first = await begun(http, "customers", customers_csv())
    await launcher.until(lambda: succeeded(http, first), "the customers are in")
    operation = await begun(http, "orders", orders_csv())
    acknowledged: list[str] = []
    for _ in range(KILLS):
        by_hand = asyncio.create_task(orders_by_hand(http, acknowledged))
        pause = chance.uniform(0.05, 1.5)
        print(f"killed after {pause:.3f} s")  # noqa: T201 - shown when the test fails
        await asyncio.sleep(pause)
        launcher.kill()
        await by_hand
        await http.aclose()
        launcher.start()
        await launcher.ready()
        http = await signed_in(launcher)
    await launcher.until(lambda: succeeded(http, operation), "the orders are in")
    await quiet(launcher, http)
    await everything_is_there(http, acknowledged)
    await nothing_twice(launcher)
    await http.aclose()


async def everything_is_there(http: httpx.AsyncClient, acknowledged: list[str]) -> None:
    page = (await read(http, "/v1/orders", channel="webshop", count="exact", limit=1))["page"]
    assert page["total"] == ORDERS
    by_hand: set[str] = set()
    more: dict[str, str] = {}
    while True:
        found = await read(http, "/v1/orders", channel="counter", limit=200, **more)
        by_hand |= {order["order_no"] for order in found["data"]}
        if not found["page"]["has_more"]:
            break
        more = {"cursor": found["page"]["next_cursor"]}
    assert set(acknowledged) <= by_hand
