"""What is offered: planted companions and why, never what was returned, nothing of foreign shelves."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from scoring_svc.facts.tables import OrderLineRow, OrderRow
from scoring_svc.profiles.tables import CustomerProfile
from scoring_svc.recommendations import commands, learning
from shared.clock import new_id
from shared.references.tables import CustomerReference
from shared.testing import partner

NOW = datetime.now(UTC)
HOME, AWAY = new_id(), new_id()


class Shop:
    """Half of the customers buy tea things, half coffee things; those behind AWAY also a rarity."""

    def __init__(self, customers: int = 80) -> None:
        chance = random.Random(5)
        self.customers: list[dict[str, Any]] = []
        self.orders: list[dict[str, Any]] = []
        self.lines: list[dict[str, Any]] = []
        for number in range(customers):
            kind = "tea" if number % 2 else "coffee"
            customer = self.customer(HOME if number % 4 < 2 else AWAY, kind)
            for _ in range(6):
                skus = chance.sample([f"{kind}-{place}" for place in range(12)], 3)
                self.buy(customer, chance.randrange(2, 300), *skus)
            if number % 4 == 3:
                self.buy(customer, 20, "rarity")

    def customer(self, distributor: UUID | None = None, industry: str | None = None) -> UUID:
        made = new_id()
        self.customers.append({"id": made, "distributor_id": distributor, "industry": industry})
        return made

    def buy(
        self, customer: UUID, days_ago: float, *skus: str, is_return: bool = False, voided: bool = False
    ) -> None:
        order = new_id()
        self.orders.append(
            {
                "order_id": order, "customer_id": customer, "ordered_at": NOW - timedelta(days=days_ago),
                "amount_minor": 100, "currency": "CNY", "is_return": is_return, "voided": voided,
            }
        )  # fmt: skip
        for position, sku in enumerate(skus, start=1):
            self.lines.append(
                {
                    "order_id": order, "position": position, "customer_id": customer, "sku": sku,
                    "category": "drinks", "quantity": 1.0, "amount_minor": 100,
                }
            )  # fmt: skip

    async def open(self, world: Any) -> None:
        known = {"status": "active", "version": 1, "updated_at": NOW}
        await world.write(
            CustomerReference,
            [known | {"id": each["id"], "distributor_id": each["distributor_id"]} for each in self.customers],
        )
        await world.write(
            CustomerProfile,
            [{"customer_id": c["id"], "industry": c["industry"], "version": 1} for c in self.customers],
        )
        await world.write(OrderRow, self.orders)
        await world.write(OrderLineRow, self.lines)
        await build(world)


async def build(world: Any) -> None:
    """What the nightly job does."""
    async with world.database.begin(timeout=60) as tx:
        shelves = await learning.read(tx, tx.now)
    built = learning.learnt(shelves)
    async with world.database.begin() as tx:
        await commands.replace(tx, built, NOW)


def skus(answer: Any) -> list[str]:
    return [each["sku"] for each in answer["data"]]


async def test_a_tea_drinker_is_offered_tea_things_and_told_why(world: Any) -> None:
    shop = Shop()
    mine = shop.customer(HOME)
    shop.buy(mine, 100, "tea-0", "tea-1")
    shop.buy(mine, 90, "tea-2", is_return=True)
    shop.buy(mine, 80, "coffee-3", voided=True)
    await shop.open(world)
    told = await world.read("/v1/recommendations", customer_id=mine, limit=5)
    assert told["basis"] == "co_purchase"
    assert {sku.partition("-")[0] for sku in skus(told)} == {"tea"}
    assert not {"tea-0", "tea-1", "tea-2"} & set(skus(told))
    first = told["data"][0]["reasons"][0]
    both = shared(shop, first["sku"], skus(told)[0])
    assert first["customers"] == both
    assert first["text"] == f"bought with {first['sku']} by {both} customers"
    zh = await world.read("/v1/recommendations", customer_id=mine, limit=1, language="zh-CN")
    assert zh["data"][0]["reasons"][0]["text"].endswith(f"同时购买了 {first['sku']}")
    rates = {each["method"]: each["hit_rate"] for each in told["backtest"]}
    assert rates["co_purchase"] > rates["most_popular"]


def shared(shop: Shop, one: str, other: str) -> int:
    """How many customers bought both, counted by hand."""
    sold = {each["order_id"] for each in shop.orders if not each["is_return"] and not each["voided"]}
    who: dict[str, set[UUID]] = {}
    for line in shop.lines:
        if line["order_id"] in sold:
            who.setdefault(line["sku"], set()).add(line["customer_id"])
    return len(who[one] & who[other])


async def test_beside_a_product_stands_what_is_bought_with_it(world: Any) -> None:
    shop = Shop()
    await shop.open(world)
    told = await world.read("/v1/recommendations", sku="coffee-4")
    assert told["basis"] == "co_purchase"
    assert {sku.partition("-")[0] for sku in skus(told)} == {"coffee"}
    for each in told["data"]:
        assert each["reasons"][0]["customers"] == shared(shop, "coffee-4", each["sku"])
    assert (await world.read("/v1/recommendations", sku="no such thing"))["data"] == []


async def test_what_was_bought_comes_again_only_when_asked_for(world: Any) -> None:
    shop = Shop()
    mine = shop.customer(HOME)
    for days_ago in (200, 150, 100):
        shop.buy(mine, days_ago, "tea-5")
    shop.buy(mine, 3, "tea-6")
    shop.buy(mine, 90, "tea-7", is_return=True)
    await shop.open(world)
    new = await world.read("/v1/recommendations", customer_id=mine, limit=50)
    assert not {"tea-5", "tea-6", "tea-7"} & set(skus(new))
    again = await world.read("/v1/recommendations", customer_id=mine, limit=50, bought_before=True)
    assert "tea-5" in skus(again)
    assert not {"tea-6", "tea-7"} & set(skus(again))
    soon = await world.read(
        "/v1/recommendations", customer_id=mine, limit=50, bought_before=True, just_bought_days=0
    )
    assert "tea-6" in skus(soon)
    assert "tea-7" not in skus(soon)


async def test_a_customer_without_orders_gets_what_its_industry_buys(world: Any) -> None:
    shop = Shop()
    cold, stranger = shop.customer(HOME, "tea"), shop.customer(HOME)
    await shop.open(world)
    told = await world.read("/v1/recommendations", customer_id=cold, limit=10)
    assert told["basis"] == "popular_in_segment"
    assert {sku.partition("-")[0] for sku in skus(told)} <= {"tea", "rarity"}
    assert (await world.read("/v1/recommendations", customer_id=stranger))["basis"] == "most_popular"
    assert (await world.read("/v1/recommendations"))["basis"] == "most_popular"


async def test_partners_see_their_own_shelves_and_no_counts(world: Any) -> None:
    shop = Shop()
    mine, theirs = shop.customer(HOME, "tea"), shop.customer(AWAY, "tea")
    await shop.open(world)
    key, other = partner(HOME, "scores:read"), partner(AWAY, "scores:read")
    seen = await world.read("/v1/recommendations", key, customer_id=mine, limit=50)
    assert seen["data"]
    assert "rarity" not in skus(seen)
    assert {reason["customers"] for each in seen["data"] for reason in each["reasons"]} == {None}
    assert "rarity" in skus(await world.read("/v1/recommendations", other, customer_id=theirs, limit=50))
    for sku in ("rarity", "no such thing"):
        assert (await world.read("/v1/recommendations", key, sku=sku))["data"] == []
    foreign = await world.read("/v1/recommendations", key, customer_id=theirs)
    assert foreign == await world.read("/v1/recommendations", key, customer_id=uuid4())
    assert (foreign["customer_id"], foreign["data"]) == (None, [])


async def test_merged_customers_are_one_and_a_new_build_takes_the_place_of_the_old(world: Any) -> None:
    shop = Shop()
    kept, absorbed = shop.customer(HOME), shop.customer(HOME)
    shop.buy(absorbed, 50, "coffee-1", "coffee-2")
    await shop.open(world)
    async with world.database.begin() as tx:
        await tx.connection.execute(
            "UPDATE customer_ref SET merged_into = $1, status = 'merged' WHERE id = $2", kept, absorbed
        )
    await build(world)
    told = await world.read("/v1/recommendations", customer_id=absorbed, limit=3)
    assert told["customer_id"] == str(kept)
    assert {sku.partition("-")[0] for sku in skus(told)} == {"coffee"}
    async with world.database.read() as reader:
        counts = await reader.connection.fetch("SELECT status, count(*) AS n FROM recommender GROUP BY 1")
        builds = await reader.connection.fetchval(
            "SELECT count(DISTINCT recommender_id) FROM recommender_product"
        )
    assert {row["status"]: row["n"] for row in counts} == {"current": 1, "retired": 1}
    assert builds == 1


@pytest.mark.parametrize(
    "wrong", [{"limit": 51}, {"limit": 0}, {"sku": ""}, {"just_bought_days": -1}, {"colour": 1}]
)
async def test_what_makes_no_sense_is_refused(world: Any, wrong: dict[str, Any]) -> None:
    assert (await world.ask("/v1/recommendations", **wrong)).status_code in {400, 422}
