"""What customer-svc and interaction-svc know of a customer is what scores are made from, on each bus."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.composed import Person, composed, rows_of, signed_in

from shared.composition import Service
from tonglu_local.postgres import EmbeddedPostgres
from tonglu_local.system import System

LINES = [
    {
        "sku": "TEA-250",
        "name": "龙井茶 250g",
        "category": "茶叶",
        "quantity": 2,
        "amount": {"amount_minor": 8000, "currency": "CNY"},
    },
    {"name": "A cup", "category": "cups", "quantity": 0.5},
]
KNOWN = "SELECT kind, industry, region, size, referred_by::text FROM customer_profile WHERE customer_id = $1"
BOUGHT = """
SELECT channel, sku, category, quantity, line.amount_minor
FROM order_fact JOIN order_line_fact AS line USING (order_id)
WHERE line.customer_id = $1 AND NOT voided ORDER BY ordered_at, position
"""
FORGET = "DELETE FROM order_line_fact; DELETE FROM customer_profile; UPDATE order_fact SET channel = NULL"


@pytest.fixture(params=["local bus", pytest.param("RabbitMQ", marks=pytest.mark.rabbit)])
async def system(
    request: pytest.FixtureRequest, postgres_server: EmbeddedPostgres, tmp_path: Path
) -> AsyncIterator[System]:
    rabbit = request.param == "RabbitMQ"
    url = request.getfixturevalue("amqp_url") if rabbit else None
    name = "told_on_rabbit" if rabbit else "told_here"
    async with composed(postgres_server, name, tmp_path, amqp_url=url) as system:
        yield system


def order(customer: str, number: str, day: int, **fields: Any) -> dict[str, Any]:
    return {
        "customer_id": customer,
        "order_no": number,
        "ordered_at": f"2026-03-{day:02}T09:30:00Z",
        "channel": "webshop",
        "amount": {"amount_minor": 12900, "currency": "CNY"},
        **fields,
    }


async def until(service: Service, sql: str, customer: str, expected: list[dict[str, Any]]) -> None:
    """Until scoring-svc has exactly this."""
    deadline = time.monotonic() + 30
    found: list[dict[str, Any]] = []
    while time.monotonic() < deadline:
        async with service.database.read() as db:
            found = rows_of(await db.connection.fetch(sql, customer))
        if found == expected:
            return
        await asyncio.sleep(0.05)
    assert found == expected


async def sold(admin: Person, customer: str) -> str:
    """One order by itself, one among others, and one that was never meant."""
    await admin.made("/v1/orders", order(customer, "S-1", 1, lines=LINES))
    batch = [order(customer, "S-2", 2, lines=[{"sku": "CUP"}]), order(customer, "S-3", 3)]
    answer = await admin("POST", "/v1/orders/batch", {"items": batch})
    assert answer.status == 207, answer.body
    mistaken = await admin.made("/v1/orders", order(customer, "S-4", 4, lines=LINES))
    await admin.made(f"/v1/orders/{mistaken['id']}/void")
    return str(mistaken["id"])


@pytest.mark.slow
async def test_products_attributes_and_referrers_arrive_and_can_be_told_anew(system: System) -> None:
    scoring = next(service for service in system.services if service.name == "scoring-svc")
    admin = await signed_in(system.front)
    referrer = await admin.made("/v1/customers", {"name": "海纳百货", "kind": "organisation"})
    body = {"name": "王小明", "kind": "person", "industry": "零售", "size": "1", "region": "310115"}
    customer = (await admin.made("/v1/customers", {**body, "referred_by": referrer["id"]}))["id"]
    await sold(admin, customer)
    profile = {"kind": "person", "industry": "零售", "region": "310115", "size": "1"}
    known = [{**profile, "referred_by": referrer["id"]}]
    bought = [
        {"channel": "webshop", "sku": sku, "category": category, "quantity": quantity, "amount_minor": amount}
        for sku, category, quantity, amount in (
            ("TEA-250", "茶叶", 2.0, 8000),
            (None, "cups", 0.5, None),
            ("CUP", None, 1.0, None),
        )
    ]
    await until(scoring, KNOWN, customer, known)
    await until(scoring, BOUGHT, customer, bought)

    async with scoring.database.begin() as tx:  # as if all this had happened before it was listened to
        await tx.connection.execute(FORGET)
    started = await admin.made("/v1/customer-svc/retellings")
    await until(scoring, KNOWN, customer, known)
    await until(scoring, BOUGHT, customer, bought)
    operation = (await admin("GET", f"/v1/operations/{started['id']}")).json()
    assert operation["result"]["orders"] == 3
