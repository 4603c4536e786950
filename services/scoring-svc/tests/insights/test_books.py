"""Whatever happens to orders and customers, and in whatever order, reports say what the log says."""

import random
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scoring_svc.books.commands import bring_up_to_date
from scoring_svc.facts.commands import add_orders, void_orders
from shared.clock import new_id
from shared.events.customer import OrderFact, OrderLineFact
from shared.testing import clean, partner

from .past import DISTRIBUTORS, OWNERS, SINCE, UNTIL, Past
from .test_reports import SPAN, check_behaviour, check_channels, check_cohorts, check_rfm

MADE_UP = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def fact(past: Past, order: dict[str, Any], *, whole: bool = True) -> OrderFact:
    """The order as it is told; without `whole` neither its channel nor its lines are known yet."""
    lines = [line for line in past.lines if line["order_id"] == order["order_id"]] if whole else []
    names = ("sku", "category", "quantity", "amount_minor")
    return OrderFact(
        **{
            name: order[name]
            for name in ("customer_id", "order_id", "ordered_at", "amount_minor", "currency")
        },
        channel=order["channel"] if whole else None,
        kind="return" if order["is_return"] else "sale",
        lines=tuple(OrderLineFact(**{name: line[name] for name in names}) for line in lines),
    )


class Course:
    """A past that happens step by step; `past` says at each moment what is true by then."""

    def __init__(self, world: Any, past: Past, seed: int) -> None:
        self.world, self.past, self.chance = world, past, random.Random(seed)
        self.waiting = past.orders
        past.orders = []
        self.later: list[dict[str, Any]] = []

    async def begin(self) -> None:
        await self.past.write(self.world)

    async def step(self) -> None:
        deeds = [self.tell, self.tell, self.tell, self.complete, self.void, self.merge, self.part, self.move]
        await self.chance.choice([*deeds, self.update])()

    async def tell(self) -> None:
        """A few orders at once, of some of which not all is known; some are voided before they are told."""
        some, self.waiting = self.waiting[:7], self.waiting[7:]
        told = [(order, self.chance.random() < 0.7) for order in some]
        voided = [fact(self.past, order) for order in some if order["voided"]]
        async with self.world.database.begin() as tx:
            await void_orders(tx, voided)
            await add_orders(tx, [fact(self.past, order, whole=whole) for order, whole in told])
        self.later += [order for order, whole in told if not whole]
        for order in some:
            self.past.orders.append({**order, "lines_known": True})
        await self.complete() if self.chance.random() < 0.3 else None

    async def complete(self) -> None:
        """What was not told of orders so far is."""
        async with self.world.database.begin() as tx:
            await add_orders(tx, [fact(self.past, order) for order in self.later])
        self.later = []

    async def void(self) -> None:
        if self.past.orders:
            order = self.chance.choice(self.past.orders)
            order["voided"] = True
            async with self.world.database.begin() as tx:
                await void_orders(tx, [fact(self.past, order)])

    async def merge(self) -> None:
        kept, absorbed = self.chance.sample(self.past.customers, 2)
        if kept["merged_into"] is None and not self.kept_by(absorbed) and absorbed["merged_into"] is None:
            home = {name: kept[name] for name in ("distributor_id", "owner_id", "org_unit_id")}
            absorbed.update(home, merged_into=kept["id"])
            await self.known(absorbed)

    async def part(self) -> None:
        for customer in self.past.customers:
            if customer["merged_into"] is not None:
                customer["merged_into"] = None
                return await self.known(customer)
        return None

    async def move(self) -> None:
        customer = self.chance.choice(self.past.customers)
        if customer["merged_into"] is None:
            home = {
                "distributor_id": self.chance.choice(DISTRIBUTORS),
                "owner_id": self.chance.choice(OWNERS),
            }
            for each in (customer, *self.kept_by(customer)):
                each.update(home)
                await self.known(each)

    async def update(self) -> None:
        await bring_up_to_date(self.world.database)

    def kept_by(self, customer: dict[str, Any]) -> list[dict[str, Any]]:
        return [each for each in self.past.customers if each["merged_into"] == customer["id"]]

    async def known(self, customer: dict[str, Any]) -> None:
        async with self.world.database.begin() as tx:
            await tx.connection.execute(
                "UPDATE customer_ref SET merged_into = $2, distributor_id = $3, owner_id = $4, "
                "org_unit_id = $5 WHERE id = $1",
                *(
                    customer[name]
                    for name in ("id", "merged_into", "distributor_id", "owner_id", "org_unit_id")
                ),
            )

    async def check(self) -> None:
        await self.complete()
        read, past = self.world.read, self.past
        check_behaviour(await read("/v1/insights/behaviour", **SPAN), past)
        check_rfm(await read("/v1/insights/rfm", **SPAN), past)
        check_channels(await read("/v1/insights/channels", **SPAN), past)
        check_cohorts(await read("/v1/insights/cohorts", **SPAN), past, "UTC")
        home, owner = DISTRIBUTORS[0], OWNERS[0]
        theirs = await read("/v1/insights/behaviour", partner(home, "scores:read"), **SPAN)
        if theirs["currency"] == "CNY":  # one whose orders are all in another is told in that
            check_behaviour(theirs, past, keep=lambda row: row["distributor_id"] == home)
        one = await read("/v1/insights/behaviour", **SPAN, owner_id=owner)
        if one["currency"] == "CNY":
            check_behaviour(one, past, keep=lambda row: row["owner_id"] == owner)


@MADE_UP
@given(seed=st.integers(0, 2**32))
async def test_reports_equal_the_log_after_any_course_of_events(world: Any, seed: int) -> None:
    await clean(world.database)
    course = Course(world, Past(seed, customers=8, orders=120), seed)
    await course.begin()
    for _ in range(3):
        for _ in range(12):
            await course.step()
        await course.check()
    await course.update()
    await course.check()
    assert await bring_up_to_date(world.database) == 0


async def test_an_order_that_is_committed_after_a_book_was_made_counts(world: Any) -> None:
    past = Past(11, customers=3, orders=2)
    orders, past.orders = past.orders, []
    for order in orders:
        order.update(customer_id=past.customers[0]["id"], voided=False, is_return=False, currency="CNY")
        order.update(ordered_at=UNTIL - timedelta(days=2))
    await past.write(world)
    await bring_up_to_date(world.database)
    async with world.database.begin() as slow:
        await add_orders(slow, [fact(past, orders[0])])
        async with world.database.begin() as tx:
            await add_orders(tx, [fact(past, orders[1])])
        assert await bring_up_to_date(world.database) == 1
        assert (await world.read("/v1/insights/rfm", **SPAN))["amount"]["amount_minor"] == (
            orders[1]["amount_minor"]
        )
    past.orders = orders
    for made in (1, 0):
        check_behaviour(await world.read("/v1/insights/behaviour", **SPAN), past)
        assert await bring_up_to_date(world.database) == made


async def test_what_is_up_to_date_is_read_from_books_and_what_is_erased_leaves_them(world: Any) -> None:
    past = Past(12, customers=5, orders=60)
    await past.write(world)
    await bring_up_to_date(world.database)
    whole = await world.read("/v1/insights/behaviour", **SPAN)
    check_behaviour(whole, past)
    async with world.database.begin() as tx:
        await tx.connection.execute("UPDATE order_book SET orders = '', lines = ''")
    assert (await world.read("/v1/insights/behaviour", **SPAN))["orders"] == 0
    gone = past.customers[1]["id"]
    async with world.database.begin() as tx:
        await tx.connection.execute("UPDATE order_fact SET amount_minor = amount_minor")
        await tx.connection.execute("DELETE FROM order_fact WHERE customer_id = $1", gone)
    past.orders = [order for order in past.orders if order["customer_id"] != gone]
    check_behaviour(await world.read("/v1/insights/behaviour", **SPAN), past)
    await bring_up_to_date(world.database)
    check_behaviour(await world.read("/v1/insights/behaviour", **SPAN), past)
    async with world.database.read() as reader:
        kept = await reader.connection.fetch("SELECT customer_id FROM order_book")
    assert gone not in {row["customer_id"] for row in kept}


async def test_a_partner_reads_no_book_of_others(world: Any) -> None:
    past = Past(13, customers=8, orders=80)
    await past.write(world)
    await bring_up_to_date(world.database)
    home = DISTRIBUTORS[0]
    async with world.database.read(partner(home, "scores:read").scope) as reader:
        seen = {row["customer_id"] for row in await reader.connection.fetch("SELECT * FROM order_book")}
    assert seen <= {each["id"] for each in past.customers if each["distributor_id"] == home}
    assert seen


@pytest.mark.parametrize("moment", [UNTIL - timedelta(microseconds=1), SINCE])
async def test_the_edges_of_a_time_are_exact_in_a_book(world: Any, moment: Any) -> None:
    past = Past(14, customers=3, orders=1)
    past.orders[0].update(order_id=new_id(), ordered_at=moment, voided=False, is_return=False, currency="CNY")
    past.lines = []
    await past.write(world)
    await bring_up_to_date(world.database)
    assert (await world.read("/v1/insights/behaviour", **SPAN))["orders"] == 1
    past.orders[0]["ordered_at"] = moment
    check_rfm(await world.read("/v1/insights/rfm", **SPAN), past)
    early = {"since": SPAN["since"], "until": moment.isoformat()}
    if moment > SINCE:
        assert (await world.read("/v1/insights/behaviour", **early))["orders"] == 0
