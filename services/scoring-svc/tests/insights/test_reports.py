"""The reports of buying say what counting one by one says, of any past, for everybody what they see."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.auth import Principal
from shared.clock import new_id
from shared.db import Scope
from shared.testing import clean, partner

from .past import DISTRIBUTORS, OWNERS, SINCE, UNITS, UNTIL, Keep, Past, by, local, net, sales

SPAN = {"since": SINCE.isoformat(), "until": UNTIL.isoformat()}
ZONES = ["UTC", "Asia/Shanghai", "America/New_York", "Asia/Kathmandu"]
MADE_UP = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def everything(_: dict[str, Any]) -> bool:
    return True


def check_behaviour(told: dict[str, Any], past: Past, zone: str = "UTC", keep: Keep = everything) -> None:
    rows = past.told(keep)
    sold = sales(rows)
    returned = [row for row in rows if row["is_return"]]
    amount = sum(row["amount_minor"] for row in sold)
    assert told["orders"] == len(sold)
    assert told["returns"] == len(returned)
    assert told["amount"] == {"amount_minor": amount, "currency": "CNY"}
    back = sum(row["amount_minor"] for row in returned)
    assert told["return_share"] == (pytest.approx(back / amount) if amount else None)
    assert told["customers"] == len({row["keeper"] for row in sold})
    weekdays = Counter(local(row, zone).isoweekday() for row in sold)
    assert {each["weekday"]: each["orders"] for each in told["weekdays"]} == {
        d: weekdays[d] for d in range(1, 8)
    }
    hours = Counter(local(row, zone).hour for row in sold)
    assert {each["hour"]: each["orders"] for each in told["hours"]} == {h: hours[h] for h in range(24)}
    months = by(sold, lambda row: f"{local(row, zone):%Y-%m-01}")
    assert {m["month"]: (m["orders"], m["customers"]) for m in told["months"] if m["orders"]} == {
        month: (len(some), len({row["keeper"] for row in some})) for month, some in months.items()
    }
    channels = by(sold, lambda row: row["order_channel"])
    assert {c["channel"]: c["amount"]["amount_minor"] for c in told["channels"] if c["orders"]} == {
        channel: sum(row["amount_minor"] for row in some) for channel, some in channels.items()
    }
    lines = [line for row in sold for line in row["lines"]]
    assert {
        c["category"]: (c["lines"], c["quantity"], c["amount"]["amount_minor"]) for c in told["categories"]
    } == {
        name: (
            len(some),
            sum(line["quantity"] for line in some),
            sum(line["amount_minor"] or 0 for line in some),
        )
        for name, some in by(lines, lambda line: line["category"]).items()
    }
    baskets = [row for row in sold if row["lines"]]
    assert told["basket"]["orders_with_lines"] == len(baskets)
    assert told["basket"]["mean_lines"] == (pytest.approx(len(lines) / len(baskets)) if baskets else None)
    counts = Counter(row["keeper"] for row in sold)
    for bucket in told["frequency"]:
        most = bucket["most"] or 10**9
        assert bucket["customers"] == sum(bucket["fewest"] <= count <= most for count in counts.values())


async def test_behaviour_is_what_counting_says(world: Any) -> None:
    past = Past(1, orders=200)
    await past.write(world)
    for zone in ZONES:
        check_behaviour(await world.read("/v1/insights/behaviour", **SPAN, timezone=zone), past, zone)


@MADE_UP
@given(seed=st.integers(0, 2**32), orders=st.integers(0, 60), zone=st.sampled_from(ZONES))
async def test_so_it_is_of_any_past(world: Any, seed: int, orders: int, zone: str) -> None:
    await clean(world.database)
    past = Past(seed, orders=orders)
    await past.write(world)
    check_behaviour(await world.read("/v1/insights/behaviour", **SPAN, timezone=zone), past, zone)
    check_rfm(await world.read("/v1/insights/rfm", **SPAN), past)
    check_channels(await world.read("/v1/insights/channels", **SPAN), past)
    check_cohorts(await world.read("/v1/insights/cohorts", **SPAN, timezone=zone), past, zone)


def quintile(values: list[Any], value: Any) -> int:
    worse = sum(each < value for each in values)
    return min(5, 1 + 5 * worse // (len(values) - 1)) if len(values) > 1 else 1


def check_rfm(told: dict[str, Any], past: Past, keep: Keep = everything) -> None:
    customers = {
        keeper: (max(row["ordered_at"] for row in sales(rows)), len(sales(rows)), net(rows))
        for keeper, rows in by(past.told(keep), lambda row: row["keeper"]).items()
        if sales(rows)
    }
    assert told["customers"] == len(customers)
    assert len(told["cells"]) == 25
    columns = list(zip(*customers.values(), strict=True)) or [(), (), ()]
    expected: Counter[tuple[int, int]] = Counter()
    amounts: Counter[tuple[int, int]] = Counter()
    for last, count, amount in customers.values():
        cell = (quintile(list(columns[0]), last), quintile(list(columns[1]), count))
        expected[cell] += 1
        amounts[cell] += amount
    for cell in told["cells"]:
        key = (cell["recency"], cell["frequency"])
        assert cell["customers"] == expected[key] == sum(cell["by_amount"])
        assert cell["amount"]["amount_minor"] == amounts[key]
    for axis in ("recency_days", "frequency_orders", "amount_minor"):
        assert sum(each["customers"] for each in told[axis]) == len(customers)


async def test_rfm_puts_everybody_into_one_cell(world: Any) -> None:
    past = Past(2, customers=30, orders=150)
    await past.write(world)
    check_rfm(await world.read("/v1/insights/rfm", **SPAN), past)


def check_channels(told: dict[str, Any], past: Past) -> None:
    rows, ever = past.told(), past.told(since=None)
    expected = {}
    used = {
        keeper: {row["order_channel"] for row in some}
        for keeper, some in by(sales(rows), lambda row: row["keeper"]).items()
    }
    for channel, some in by(rows, lambda row: row["order_channel"]).items():
        buyers = {row["keeper"] for row in sales(some)}
        earlier = {
            row["keeper"]
            for row in sales(ever)
            if row["order_channel"] == channel and row["ordered_at"] < SINCE
        }
        expected[channel] = (
            len(buyers), len(buyers - earlier), sum(len(used[each]) == 1 for each in buyers),
            len(sales(some)), net(some),
        )  # fmt: skip
    names = ("customers", "new_customers", "only_here", "orders")
    assert {
        row["channel"]: (*(row[name] for name in names), row["amount"]["amount_minor"])
        for row in told["data"]
    } == expected


def check_cohorts(told: dict[str, Any], past: Past, zone: str) -> None:
    rows = past.told(since=None)
    first = {
        keeper: min(f"{local(row, zone):%Y-%m}" for row in some)
        for keeper, some in by(sales(rows), lambda row: row["keeper"]).items()
    }
    opening, today = (
        f"{moment.astimezone(local({'ordered_at': moment}, zone).tzinfo):%Y-%m}" for moment in (SINCE, UNTIL)
    )
    cohorts = by(
        [{"keeper": k, "first": f} for k, f in first.items() if f >= opening], lambda each: each["first"]
    )
    assert {each["cohort"][:7]: each["customers"] for each in told["cohorts"]} == {
        month: len(some) for month, some in cohorts.items()
    }
    for cohort in told["cohorts"]:
        members = {keeper for keeper, month in first.items() if month == cohort["cohort"][:7]}
        assert cohort["cells"][-1] is None
        assert len(cohort["cells"]) == months_from(cohort["cohort"][:7], today) + 1
        for age, cell in enumerate(cohort["cells"][:-1]):
            month = later(cohort["cohort"][:7], age)
            there = [row for row in rows if row["keeper"] in members and f"{local(row, zone):%Y-%m}" == month]
            buyers = {row["keeper"] for row in sales(there)}
            assert cell["customers"] == len(buyers)
            assert cell["share"] == pytest.approx(len(buyers) / len(members))
            assert cell["value_per_customer"]["amount_minor"] == round(net(there) / len(members))


def months_from(first: str, last: str) -> int:
    return (int(last[:4]) - int(first[:4])) * 12 + int(last[5:]) - int(first[5:])


def later(month: str, by: int) -> str:
    number = int(month[:4]) * 12 + int(month[5:]) - 1 + by
    return f"{number // 12:04}-{number % 12 + 1:02}"


async def test_a_late_evening_in_london_is_the_next_weekday_in_shanghai(world: Any) -> None:
    past = Past(0, customers=3, orders=1)
    past.orders[0].update(
        ordered_at=datetime(2026, 3, 1, 23, 30, tzinfo=UTC), voided=False, is_return=False, currency="CNY"
    )
    await past.write(world)
    for zone, weekday, hour, month in (("UTC", 7, 23, "2026-03-01"), ("Asia/Shanghai", 1, 7, "2026-03-01")):
        told = await world.read("/v1/insights/behaviour", **SPAN, timezone=zone)
        assert [each["weekday"] for each in told["weekdays"] if each["orders"]] == [weekday]
        assert [each["hour"] for each in told["hours"] if each["orders"]] == [hour]
        assert [each["month"] for each in told["months"]] == [month]


async def test_filters_narrow_every_report(world: Any) -> None:
    past = Past(3, customers=40, orders=300)
    await past.write(world)
    home, owner = DISTRIBUTORS[0], OWNERS[0]
    filters: list[tuple[dict[str, Any], Keep]] = [
        ({"distributor_id": home}, lambda row: row["distributor_id"] == home),
        ({"owner_id": owner}, lambda row: row["owner_id"] == owner),
        ({"industry": "hotel"}, lambda row: row["industry"] == "hotel"),
        ({"region": "310000"}, lambda row: (row["region"] or "").startswith("31")),
        ({"channel": "wechat"}, lambda row: row["order_channel"] == "wechat"),
        ({"category": "茶叶"}, lambda row: any(line["category"] == "茶叶" for line in row["lines"])),
        ({"distributor_id": uuid4()}, lambda _: False),
    ]
    for asked, keep in filters:
        check_behaviour(await world.read("/v1/insights/behaviour", **SPAN, **asked), past, keep=keep)
        check_rfm(await world.read("/v1/insights/rfm", **SPAN, **asked), past, keep)
    nobody = await world.read("/v1/insights/behaviour", **SPAN, tier="core")
    assert nobody["orders"] == 0


async def test_everybody_counts_what_they_see(world: Any) -> None:
    past = Past(4, customers=40, orders=300)
    await past.write(world)
    home, owner, unit = DISTRIBUTORS[1], OWNERS[1], UNITS[0]
    askers: list[tuple[Principal, Keep]] = [
        (partner(home, "scores:read"), lambda row: row["distributor_id"] == home),
        (_staff(owner), lambda row: row["owner_id"] == owner),
        (_staff(owner, unit), lambda row: owner == row["owner_id"] or unit == row["org_unit_id"]),
        (partner(uuid4(), "scores:read"), lambda _: False),
    ]
    for who, keep in askers:
        check_behaviour(await world.read("/v1/insights/behaviour", who, **SPAN), past, keep=keep)
        check_rfm(await world.read("/v1/insights/rfm", who, **SPAN), past, keep)
        cohorts = await world.read(
            "/v1/insights/cohorts", who, since=(UNTIL - timedelta(days=600)).isoformat(), until=SPAN["until"]
        )
        assert cohorts["customers"] == len({row["keeper"] for row in sales(past.told(keep, since=None))})
        channels = await world.read("/v1/insights/channels", who, **SPAN)
        assert channels["orders"] == len(sales(past.told(keep)))
    assert (await world.ask("/v1/insights/rfm", partner(home, "customers:read"))).status_code == 403


def _staff(*holders: Any) -> Principal:
    return Principal("staff", holders[0], frozenset({"manager"}), scope=Scope(holders=frozenset(holders)))


async def test_cohorts_by_segment_add_up_to_all(world: Any) -> None:
    past = Past(5, customers=40, orders=300)
    await past.write(world)
    wide = {"since": (UNTIL - timedelta(days=600)).isoformat(), "until": SPAN["until"], "period": "quarter"}
    whole = await world.read("/v1/insights/cohorts", **wide)
    for group in ("channel", "industry", "region", "distributor", "tier"):
        told = await world.read("/v1/insights/cohorts", **wide, group_by=group)
        assert told["customers"] == whole["customers"]
        sizes = Counter()
        for each in told["cohorts"]:
            sizes[each["cohort"]] += each["customers"]
        assert sizes == {each["cohort"]: each["customers"] for each in whole["cohorts"]}
    industries = {
        each["segment"]
        for each in (await world.read("/v1/insights/cohorts", **wide, group_by="industry"))["cohorts"]
    }
    assert industries == {"retail", "hotel", None}


async def test_other_currencies_are_named_and_left_out(world: Any) -> None:
    past = Past(6, orders=200)
    await past.write(world)
    dollars = sum(
        row["currency"] == "USD" and not row["voided"] and SINCE <= row["ordered_at"] < UNTIL
        for row in past.orders
    )
    for report in ("behaviour", "rfm", "channels"):
        told = await world.read(f"/v1/insights/{report}", **SPAN)
        assert (told["currency"], told["left_out"]) == ("CNY", [{"currency": "USD", "orders": dollars}])


async def test_of_nobody_there_are_honest_empties(world: Any) -> None:
    told = await world.read("/v1/insights/behaviour")
    assert (told["customers"], told["orders"], told["return_share"], told["mean_order"]) == (0, 0, None, None)
    assert told["basket"] == {
        "orders_with_lines": 0,
        "mean_lines": None,
        "mean_quantity": None,
        "mean_amount": None,
    }
    assert told["season"] == {"known": False, "whole_years": 0, "index": None}
    assert {each["amount"] for each in told["order_amounts"]} == {None}
    rfm = await world.read("/v1/insights/rfm")
    assert (rfm["customers"], len(rfm["cells"]), rfm["recency_days"]) == (0, 25, [])
    assert (await world.read("/v1/insights/cohorts"))["cohorts"] == []
    assert (await world.read("/v1/insights/channels"))["data"] == []
    assert (await world.read("/v1/insights/tiers"))["customers"] == 0
    churn = await world.read("/v1/insights/churn")
    assert {each["mean_probability"] for each in churn["levels"]} == {None}
    assert (await world.read("/v1/insights/satisfaction"))["data"][0]["too_little"] is True
    assert (await world.read("/v1/insights/next-purchases"))["data"] == []
    assert (await world.read("/v1/recommendations"))["data"] == []


@pytest.mark.parametrize(
    "report", ["behaviour", "rfm", "cohorts", "channels", "tiers", "churn", "satisfaction"]
)
async def test_a_time_that_ends_before_it_begins_is_refused(world: Any, report: str) -> None:
    answer = await world.ask(f"/v1/insights/{report}", since=SPAN["until"], until=SPAN["since"])
    assert answer.status_code in {400, 422}
    assert (await world.ask(f"/v1/insights/{report}", colour="red")).status_code == 400


async def test_amounts_beyond_64_bits_do_not_break_a_report(world: Any) -> None:
    past = Past(7, customers=4, orders=6)
    for order in past.orders:
        order.update(amount_minor=2**63 - 1, voided=False, is_return=False, currency="CNY", ordered_at=SINCE)
    await past.write(world)
    for report in ("behaviour", "rfm", "channels"):
        assert (await world.read(f"/v1/insights/{report}", **SPAN))["amount"]["amount_minor"] == 2**63 - 1


async def test_one_customer_is_told_its_own_habits_within_sight(world: Any) -> None:
    past = Past(8, customers=6, orders=120)
    await past.write(world)
    kept = past.customers[0]
    for asked in (kept["id"], past.customers[-1]["id"]):
        told = await world.read("/v1/insights/behaviour", **SPAN, customer_id=asked)
        check_behaviour(told, past, keep=lambda row: row["keeper"] == kept["id"])
        habits = told["customer"]
        days = sorted(
            {row["ordered_at"].date() for row in sales(past.told(since=None)) if row["keeper"] == kept["id"]}
        )
        gaps = [(after - before).days for before, after in pairwise(days)]
        assert habits["customer_id"] == str(kept["id"])
        assert (habits["order_days"], habits["last_on"]) == (len(days), str(days[-1]))
        assert habits["mean_gap_days"] == pytest.approx(sum(gaps) / len(gaps))
        assert habits["longest_gap_days"] == max(gaps)
        assert habits["next_purchase"] is None
    stranger = partner(uuid4(), "scores:read")
    foreign = await world.read("/v1/insights/behaviour", stranger, **SPAN, customer_id=kept["id"])
    assert foreign == await world.read("/v1/insights/behaviour", stranger, **SPAN, customer_id=uuid4())
    assert (foreign["orders"], foreign["customer"]) == (0, None)


async def test_a_season_is_told_from_two_whole_years_on(world: Any) -> None:
    past = Past(9, customers=2, orders=0)
    for month in range(27):
        at = datetime(2023 + (11 + month) // 12, (11 + month) % 12 + 1, 15, tzinfo=UTC)
        past.orders.append(
            {
                "order_id": new_id(), "customer_id": past.customers[0]["id"], "ordered_at": at,
                "amount_minor": (month // 12 + 1) * (2400 if at.month == 12 else 1000), "currency": "CNY",
                "is_return": False, "voided": False, "channel": None,
            }
        )  # fmt: skip
    await past.write(world)
    long = await world.read("/v1/insights/behaviour", since="2023-12-01T00:00:00Z", until=SPAN["until"])
    season = long["season"]
    assert (season["known"], season["whole_years"]) == (True, 2)
    index = {each["month"]: each["index"] for each in season["index"]}
    assert max(index, key=lambda month: index[month]) == 12
    assert sum(index.values()) == pytest.approx(12)
    assert (await world.read("/v1/insights/behaviour", **SPAN))["season"]["known"] is False
