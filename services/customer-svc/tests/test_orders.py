"""Sales and returns: recorded once, summed up, never changed."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from customer_svc.orders import bulk
from customer_svc.orders.commands import record_judged, record_many
from customer_svc.orders.judging import judge_orders
from customer_svc.orders.queries import stored as stored_orders
from customer_svc.orders.schemas import OrderCreate


def order(customer_id=None, number="SO-1", **fields):
    named = {"customer_id": customer_id} if customer_id else {}
    return {
        **named,
        "order_no": number,
        "ordered_at": "2026-03-01T17:30:00+08:00",
        "channel": "store",
        "amount": {"amount_minor": 12900, "currency": "CNY"},
        **fields,
    }


LINES = [
    {"sku": "TEA", "name": "龙井", "category": "茶叶", "quantity": 2, "amount": {"amount_minor": 12000}},
    {"name": "运费", "quantity": 0.5},
]


async def test_a_recorded_order_can_be_read_with_its_lines(client, customer, told):
    one = await customer()
    made = await client.post("/v1/orders", json=order(one["id"], lines=LINES))
    assert made.status_code == 201, made.text
    read = (await client.get(made.headers["location"])).json()
    assert read == made.json()
    assert read["ordered_at"] == "2026-03-01T09:30:00Z"
    assert read["amount"] == {"amount_minor": 12900, "currency": "CNY"}
    assert [(line["sku"], line["quantity"]) for line in read["lines"]] == [("TEA", 2), (None, 0.5)]
    assert read["lines"][0]["amount"] == {"amount_minor": 12000, "currency": "CNY"}
    event = (await told())[-1]
    assert event["type"] == "order.recorded.v1"
    assert event["data"]["customer_id"] == one["id"]
    assert event["data"]["amount_minor"] == 12900
    assert "order_no" not in event["data"]


async def test_the_same_order_sent_twice_counts_once(client, customer, told):
    one = await customer()
    body = order(one["id"], lines=LINES)
    first = await client.post("/v1/orders", json=body)
    again = await client.post("/v1/orders", json={**body, "ordered_at": "2026-03-01T09:30:00Z"})
    assert again.status_code == 200
    assert again.json() == first.json()
    assert len([event for event in await told() if event["type"] == "order.recorded.v1"]) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"amount": {"amount_minor": 12901}},
        {"ordered_at": "2026-03-01T09:30:01Z"},
        {"lines": LINES[:1]},
        {"kind": "return"},
    ],
)
async def test_another_order_under_the_same_number_is_refused(client, customer, change):
    one = await customer()
    await client.post("/v1/orders", json=order(one["id"], lines=LINES))
    other = await client.post("/v1/orders", json=order(one["id"], lines=LINES) | change)
    assert other.status_code == 409
    assert other.json()["code"] == "order_exists"


async def test_the_same_order_for_another_customer_is_refused(client, customer):
    one, two = await customer(), await customer()
    await client.post("/v1/orders", json=order(one["id"]))
    assert (await client.post("/v1/orders", json=order(two["id"]))).status_code == 409


@pytest.fixture
async def mover(client, customer, distributor):
    """A customer behind a distributor, and a way to move it to another one."""
    homes = [(await distributor(code))["id"] for code in ("D-1", "D-2")]
    one = await customer(distributor_id=homes[0])

    async def move() -> None:
        moved = await client.patch(
            f"/v1/customers/{one['id']}", json={"distributor_id": homes[1]}, headers={"If-Match": "*"}
        )
        assert moved.status_code == 200, moved.text

    return one, homes, move


async def test_an_order_sent_again_after_its_customer_moved_counts_once(client, mover, told):
    one, homes, move = mover
    first = await client.post("/v1/orders", json=order(one["id"], lines=LINES))
    await move()
    again = await client.post("/v1/orders", json=order(one["id"], lines=LINES))
    assert (again.status_code, again.json()) == (200, first.json())
    batch = await client.post("/v1/orders/batch", json={"items": [order(one["id"], lines=LINES)] * 2})
    assert [result["status"] for result in batch.json()["results"]] == [200, 200]
    other = await client.post("/v1/orders", json=order(one["id"]))
    assert (other.status_code, other.json()["code"]) == (409, "order_exists")
    new = await client.post("/v1/orders", json=order(one["id"], "SO-2"))
    assert [first.json()["distributor_id"], new.json()["distributor_id"]] == homes
    back = order(one["id"], "R-1", kind="return", return_of="SO-1", amount={"amount_minor": 2900})
    assert (await client.post("/v1/orders", json=back)).status_code == 201
    assert len([event for event in await told() if event["type"] == "order.recorded.v1"]) == 2


async def test_an_order_sent_again_while_its_customer_moves_counts_once(client, mover):
    one, _, move = mover
    sent = [client.post("/v1/orders", json=order(one["id"])) for _ in range(10)]
    *answers, _ = await asyncio.gather(*sent, move())
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [201]
    assert len((await client.get("/v1/orders")).json()["data"]) == 1


async def test_orders_are_sold_by_whom_their_customer_stands_behind_when_they_are_written(mover, service):
    """Else the same order, judged before the move and after it, would be one of each distributor."""
    one, homes, move = mover
    wanted = [OrderCreate.model_validate(order(one["id"]))]
    async with service.database.begin() as early:
        judged = await judge_orders(early, wanted)
        await move()
        async with service.database.begin() as late:
            first = await record_many(late, wanted)
            waiting = asyncio.create_task(record_judged(early, judged, import_id=uuid4(), chunk=1))
            await asyncio.wait([waiting], timeout=0.2)
        again = await waiting
        (stored,) = await stored_orders(early, [("store", "SO-1")])
    assert [outcome.status for outcome in first + again] == ["created", "unchanged"]
    assert str(stored["distributor_id"]) == homes[1]


async def test_the_same_order_of_a_customer_counts_once_whoever_is_said_to_have_sold_it(client, mover):
    one, homes, _ = mover
    items = [order(one["id"], distributor_id=home) for home in (*homes, None)]
    batch = await client.post("/v1/orders/batch", json={"items": items})
    assert [result["status"] for result in batch.json()["results"]] == [201, 409, 200]
    again = await client.post("/v1/orders", json=items[1])
    assert (again.status_code, again.json()["code"]) == (409, "order_exists")


async def test_two_distributors_number_their_orders_alike(client, mover, customer):
    one, homes, _ = mover
    two = await customer(distributor_id=homes[1])
    batch = await client.post("/v1/orders/batch", json={"items": [order(one["id"]), order(two["id"])]})
    assert [result["status"] for result in batch.json()["results"]] == [201, 201]
    found = (await client.get("/v1/orders", params={"order_no": "SO-1"})).json()["data"]
    assert {each["customer_id"] for each in found} == {one["id"], two["id"]}
    back = order(two["id"], "R-1", kind="return", return_of="SO-1", amount={"amount_minor": 2900})
    assert (await client.post("/v1/orders", json=back)).status_code == 201


async def test_ten_concurrent_reports_of_one_order_record_it_once(client, customer, told):
    one = await customer()
    answers = await asyncio.gather(
        *(client.post("/v1/orders", json=order(one["id"], lines=LINES)) for _ in range(10))
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len([event for event in await told() if event["type"] == "order.recorded.v1"]) == 1


async def test_overlapping_batches_at_once_record_each_order_once(client, customer):
    one = await customer()
    items = [order(one["id"], f"SO-{n}") for n in range(60)]
    batches = [items, items[::-1], items[20:] + items[:20]]
    answers = await asyncio.gather(
        *(client.post("/v1/orders/batch", json={"items": batch}) for batch in batches)
    )
    statuses = [result["status"] for answer in answers for result in answer.json()["results"]]
    assert sorted(statuses) == [200] * 120 + [201] * 60


async def test_a_customer_can_be_named_by_code_or_identity(client, customer):
    one = await customer(code="C-7")
    await client.post(
        f"/v1/customers/{one['id']}/identities", json={"channel": "wechat", "external_id": "abc"}
    )
    by_code = await client.post("/v1/orders", json=order(customer_code="C-7", number="A"))
    by_identity = await client.post(
        "/v1/orders", json=order(identity={"channel": "wechat", "external_id": "abc"}, number="B")
    )
    assert by_code.json()["customer_id"] == by_identity.json()["customer_id"] == one["id"]


@pytest.mark.parametrize(
    ("named", "pointer"),
    [
        ({"customer_id": str(uuid4())}, "/customer_id"),
        ({"customer_code": "nobody"}, "/customer_code"),
        ({"identity": {"channel": "wechat", "external_id": "nobody"}}, "/identity"),
    ],
)
async def test_an_order_of_an_unknown_customer_is_refused(client, named, pointer):
    refused = await client.post("/v1/orders", json=order(**named))
    assert refused.status_code == 422
    assert refused.json()["code"] == "customer_unknown"
    assert refused.json()["errors"][0]["pointer"] == pointer


async def test_an_order_of_next_week_is_refused_and_of_tonight_is_not(client, customer):
    one = await customer()
    week, hours = (datetime.now(UTC) + timedelta(hours=h) for h in (25, 23))
    late = await client.post("/v1/orders", json=order(one["id"], ordered_at=week.isoformat()))
    assert late.status_code == 422
    assert late.json()["errors"][0]["pointer"] == "/ordered_at"
    assert (
        await client.post("/v1/orders", json=order(one["id"], ordered_at=hours.isoformat()))
    ).status_code == 201


async def test_a_return_stands_beside_its_sale(client, customer, told):
    one = await customer()
    await client.post("/v1/orders", json=order(one["id"], "SO-1"))
    back = order(one["id"], "R-1", kind="return", return_of="SO-1", amount={"amount_minor": 2900})
    assert (await client.post("/v1/orders", json=back)).status_code == 201
    assert (await told())[-1]["type"] == "order.returned.v1"
    await client.post("/v1/orders", json=order(one["id"], "X", amount={"amount_minor": 7, "currency": "GBP"}))
    summary = (await client.get(f"/v1/customers/{one['id']}/orders/summary")).json()
    assert summary["sale_count"] == 2
    assert summary["return_count"] == 1
    assert summary["totals"] == [
        {
            "currency": "CNY",
            "sale_count": 1,
            "return_count": 1,
            "sales_minor": 12900,
            "returns_minor": 2900,
            "net_minor": 10000,
        },
        {
            "currency": "GBP",
            "sale_count": 1,
            "return_count": 0,
            "sales_minor": 7,
            "returns_minor": 0,
            "net_minor": 7,
        },
    ]


async def test_a_return_of_somebody_elses_sale_is_refused(client, customer):
    one, two = await customer(), await customer()
    await client.post("/v1/orders", json=order(one["id"], "SO-1"))
    back = order(two["id"], "R-1", kind="return", return_of="SO-1")
    refused = await client.post("/v1/orders", json=back)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/return_of"


async def test_a_batch_answers_each_order_by_itself_and_tells_once(client, customer, told):
    one = await customer()
    await client.post("/v1/orders", json=order(one["id"], "there"))
    batch = await client.post(
        "/v1/orders/batch",
        json={
            "items": [
                order(one["id"], "new", lines=LINES),
                order(one["id"], "there"),
                order(one["id"], "there", channel="store", amount={"amount_minor": 1}),
                order(str(uuid4()), "ghost"),
                order(one["id"], "bad", amount={"amount_minor": -1}),
                order(one["id"], "back", kind="return", return_of="new"),
                order(one["id"], "new", lines=LINES),
            ]
        },
        headers={"Accept-Language": "zh-CN"},
    )
    assert batch.status_code == 207
    results = batch.json()["results"]
    assert [r["status"] for r in results] == [201, 200, 409, 422, 422, 201, 200]
    assert results[4]["problem"]["errors"][0]["pointer"] == "/amount/amount_minor"
    assert results[3]["problem"]["detail"] == "没有这个客户。"
    event = (await told())[-1]
    assert event["type"] == "orders.imported.v1"
    assert {fact["order_id"] for fact in event["data"]["orders"]} == {results[0]["id"], results[5]["id"]}
    assert len((await client.get(f"/v1/orders/{results[0]['id']}")).json()["lines"]) == 2


async def test_orders_are_listed_with_filters_page_by_page(client, customer):
    one, two = await customer(), await customer()
    items = [order(one["id"], f"A-{n}", ordered_at=f"2026-02-{n:02}T00:00:00Z") for n in range(1, 8)]
    await client.post("/v1/orders/batch", json={"items": [*items, order(two["id"], "B", channel="jd")]})
    seen, cursor = [], None
    while True:
        params = {"customer_id": one["id"], "limit": 3, "count": "exact"} | (
            {"cursor": cursor} if cursor else {}
        )
        page = (await client.get("/v1/orders", params=params)).json()
        assert page["page"]["total"] == 7
        seen += [found["order_no"] for found in page["data"]]
        cursor = page["page"]["next_cursor"]
        if not cursor:
            break
    assert seen == [f"A-{n}" for n in range(7, 0, -1)]
    some = await client.get(
        f"/v1/customers/{one['id']}/orders",
        params={"ordered_at[gte]": "2026-02-03T00:00:00Z", "ordered_at[lt]": "2026-02-05T00:00:00Z"},
    )
    assert [found["order_no"] for found in some.json()["data"]] == ["A-4", "A-3"]
    assert [
        o["order_no"] for o in (await client.get("/v1/orders", params={"channel": "jd"})).json()["data"]
    ] == ["B"]


async def voided(client, order_id, **headers):
    return await client.post(f"/v1/orders/{order_id}/void", headers=headers)


async def test_a_voided_order_can_be_read_counts_nowhere_and_is_told(client, customer, told):
    one = await customer()
    stays = (await client.post("/v1/orders", json=order(one["id"], "SO-1"))).json()
    made = (await client.post("/v1/orders", json=order(one["id"], "SO-2", lines=LINES))).json()
    assert (made["status"], made["voided_at"], made["voided_by"]) == ("recorded", None, None)
    answer = await voided(client, made["id"])
    assert answer.status_code == 200, answer.text
    gone = answer.json()
    assert gone == {**made, **{name: gone[name] for name in ("status", "voided_at", "voided_by")}}
    assert gone["status"] == "voided"
    assert (await client.get(f"/v1/orders/{made['id']}")).json() == gone
    for place in ("/v1/orders", f"/v1/customers/{one['id']}/orders"):
        for status, expected in (
            (None, [stays["id"]]),
            ("voided", [made["id"]]),
            ("all", [stays["id"], made["id"]]),
        ):
            page = await client.get(place, params={"status": status} if status else {})
            assert sorted(each["id"] for each in page.json()["data"]) == expected
    summary = (await client.get(f"/v1/customers/{one['id']}/orders/summary")).json()
    assert (summary["sale_count"], summary["totals"][0]["sales_minor"]) == (1, 12900)
    event = (await told())[-1]
    assert (event["type"], event["subject"]) == ("order.voided.v1", made["id"])
    assert {name: event["data"][name] for name in ("order_id", "customer_id", "amount_minor")} == {
        "order_id": made["id"],
        "customer_id": one["id"],
        "amount_minor": 12900,
    }


async def test_a_voided_order_is_not_voided_again_but_its_number_may_be_sent_again(client, customer, told):
    one, two = await customer(), await customer()
    made = (await client.post("/v1/orders", json=order(one["id"]))).json()
    key = {"Idempotency-Key": "void-1"}
    first = await voided(client, made["id"], **key)
    assert (await voided(client, made["id"], **key)).json() == first.json()
    again = await voided(client, made["id"])
    assert (again.status_code, again.json()["code"]) == (409, "order_voided")
    assert (await voided(client, uuid4())).status_code == 404
    new = await client.post("/v1/orders", json=order(two["id"]))
    assert new.status_code == 201
    assert (await client.post("/v1/orders", json=order(two["id"]))).status_code == 200
    assert (await client.post("/v1/orders", json=order(one["id"]))).status_code == 409
    assert (await voided(client, new.json()["id"])).status_code == 200
    assert (await client.post("/v1/orders", json=order(one["id"]))).status_code == 201
    types = [event["type"] for event in await told() if event["type"].startswith("order.")]
    assert types == ["order.recorded.v1", "order.voided.v1"] * 2 + ["order.recorded.v1"]


async def test_a_sale_is_voided_after_its_return(client, customer):
    one = await customer()
    sale = (await client.post("/v1/orders", json=order(one["id"]))).json()
    wanted = order(one["id"], "R-1", kind="return", return_of="SO-1")
    back = (await client.post("/v1/orders", json=wanted)).json()
    answer = await voided(client, sale["id"])
    assert (answer.status_code, answer.json()["code"]) == (409, "order_returned")
    assert (await voided(client, back["id"])).status_code == 200
    assert (await voided(client, sale["id"])).status_code == 200
    answer = await client.post("/v1/orders", json=wanted)
    assert (answer.status_code, answer.json()["code"]) == (422, "sale_unknown")


async def test_of_a_sale_that_is_voided_and_returned_at_once_only_one_happens(client, customer):
    one = await customer()
    for number in range(8):
        sale = (await client.post("/v1/orders", json=order(one["id"], f"S-{number}"))).json()
        back = order(one["id"], f"R-{number}", kind="return", return_of=f"S-{number}")
        answers = await asyncio.gather(voided(client, sale["id"]), client.post("/v1/orders", json=back))
        assert sorted(answer.status_code for answer in answers) in ([200, 422], [201, 409])


async def test_a_partner_voids_only_orders_of_its_own_customers(client, distributor, customer, partner_of):
    mine, other = await distributor("D-1"), await distributor("D-2")
    one = await customer(distributor_id=mine["id"])
    made = (await client.post("/v1/orders", json=order(one["id"]))).json()
    async with partner_of(other["id"]) as stranger, partner_of(mine["id"]) as own:
        assert (await voided(stranger, made["id"])).status_code == 404
        assert (await voided(own, made["id"])).status_code == 200


async def test_orders_that_are_stored_never_read_all_that_are_there(service):
    """Looked up one by one, and an index can answer: no join reads the table, whatever it holds by now."""
    insert = bulk._INSERT.sql
    async with service.database.begin() as tx:
        await tx.connection.execute("SET LOCAL enable_seqscan = off")  # else a table of one page is read
        await tx.connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        await tx.connection.execute(f"PREPARE inserting AS {insert}")
        given = ", ".join(["NULL"] * len(set(re.findall(r"\$[0-9]+", insert))))
        plan = await tx.connection.fetch(f"EXPLAIN (FORMAT text) EXECUTE inserting ({given})")
        await tx.connection.execute("DEALLOCATE inserting")
    lines = "\n".join(row[0] for row in plan)
    assert re.search(r"Index (Only )?Scan using \w+ on sales_order same", lines), lines
    assert "Join" not in lines, lines
