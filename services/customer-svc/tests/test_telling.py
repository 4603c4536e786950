"""What other services are told of customers and orders: codes and labels, bounded, and anew when asked."""

from collections import Counter
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_svc.labels import label, region_code, sku
from customer_svc.orders.telling import MOST_LINES, parts
from customer_svc.retellings.jobs import next_chunk
from shared.events.customer import CustomersImported, OrderLineFact
from shared.testing import staff

TEA = {"sku": "TEA-250", "name": "龙井茶 250g", "category": "茶叶", "quantity": "1.5"}
CUP = {"name": "A cup", "amount": {"amount_minor": 900, "currency": "CNY"}}


def order(number, customer, **fields):
    return {
        "order_no": number,
        "customer_id": customer["id"],
        "ordered_at": "2026-03-01T09:30:00Z",
        "channel": "shop",
        "amount": {"amount_minor": 12900, "currency": "CNY"},
        **fields,
    }


def of_type(events, kind):
    return [event for event in events if event["type"] == kind]


@given(st.text(max_size=120))
def test_whatever_people_wrote_can_be_told(text):
    OrderLineFact(sku=sku(text), category=label(text), quantity=1.0, amount_minor=None)


@pytest.mark.parametrize(
    "text",
    [
        "li.lei@example.com",
        "call 13912345678",
        "139 1234 5678",
        "+44 20 7946 0018",
        "two\nlines",
        "\u202eedis",
        "",
        "x" * 101,
        None,
    ],
)
def test_what_looks_like_an_address_or_a_number_is_not_told(text):
    assert label(text) is None


def test_words_codes_and_sizes_are_told():
    for text in ("零售", "50-200人", "10000-49999", "retail & wholesale", "B2B/工业"):
        assert label(text) == text
    assert sku("6901234567892") == "6901234567892"
    assert sku("13912345678") == "13912345678"  # a barcode may look so
    assert region_code("310115") == "310115"
    assert region_code("12 Harbour Street") is None
    assert region_code(None) is None


async def test_a_customer_is_told_with_what_it_is(client, customer, told):
    await customer(industry="零售", region="310115", size="50-200", business_scope="日用百货")
    await customer(industry="王经理 13912345678", region="South West England")
    first, second = [event["data"] for event in await told()]
    shown = ("kind", "industry", "region", "size")
    assert [first[name] for name in shown] == ["organisation", "零售", "310115", "50-200"]
    assert [second[name] for name in shown] == ["organisation", None, None, None]


async def test_an_order_is_told_with_its_lines_and_without_names(client, customer, told):
    one = await customer()
    answer = await client.post("/v1/orders", json=order("S-1", one, lines=[TEA, CUP]))
    assert answer.status_code == 201, answer.text
    await client.post("/v1/orders", json=order("S-2", one, kind="return"))
    voided = await client.post(f"/v1/orders/{answer.json()['id']}/void")
    assert voided.status_code == 200, voided.text
    _, recorded, returned, gone = await told()
    assert recorded["data"]["lines"] == [
        {"sku": "TEA-250", "category": "茶叶", "quantity": 1.5, "amount_minor": None},
        {"sku": None, "category": None, "quantity": 1.0, "amount_minor": 900},
    ]
    assert returned["data"]["lines"] == gone["data"]["lines"] == []


async def test_a_batch_with_many_lines_is_told_in_parts_that_hold_each_order_once(client, customer, told):
    one = await customer()
    items = [order(f"S-{place}", one, lines=[{"sku": "T"}] * 150) for place in range(30)]
    answer = await client.post("/v1/orders/batch", json={"items": items})
    assert answer.status_code == 207, answer.text
    events = of_type(await told(), "orders.imported.v1")
    assert len(events) == 3
    assert len({event["subject"] for event in events}) == 3
    lines = [sum(len(each["lines"]) for each in event["data"]["orders"]) for event in events]
    assert max(lines) <= MOST_LINES
    assert sum(lines) == 30 * 150
    told_ids = Counter(each["order_id"] for event in events for each in event["data"]["orders"])
    assert set(told_ids.values()) == {1}
    assert told_ids.keys() == {result["id"] for result in answer.json()["results"]}


@given(st.lists(st.integers(0, 200), max_size=1000))
def test_parts_are_bounded_complete_and_in_order(counts):
    orders = [{"place": place, "lines": [None] * count} for place, count in enumerate(counts)]
    found = list(parts(orders))
    assert [one for part in found for one in part] == orders
    assert all(part for part in found)
    assert all(sum(len(one["lines"]) for one in part) <= MOST_LINES for part in found)


@pytest.fixture
async def admin(service, signed_in):
    async with signed_in(staff("admin")) as http:
        yield http


async def worked(service, retelling, most=2):
    entity = "customers"
    while entity is not None:
        async with service.database.begin() as tx:
            entity = await next_chunk(tx, retelling, most=most)


async def test_everything_is_told_anew_in_chunks(service, admin, client, customer, told):
    people = [await customer(name=f"N {place}", industry="tea") for place in range(3)]
    await client.post(f"/v1/customers/{people[0]['id']}/merge", json={"absorbed_id": people[1]["id"]})
    for place in range(3):
        sold = order(f"S-{place}", people[0], lines=[TEA] * place)
        assert (await client.post("/v1/orders", json=sold)).status_code == 201
    listed = (await client.get("/v1/orders")).json()["data"]
    await client.post(f"/v1/orders/{listed[0]['id']}/void")
    before = len(await told())

    operation = await admin.post("/v1/customer-svc/retellings")
    assert operation.status_code == 202, operation.text
    await worked(service, UUID(operation.json()["id"]))
    ended = (await admin.get(operation.headers["location"])).json()
    assert (ended["done"], ended["total"]) == (4, 4)
    assert ended["result"] == {"customers": 2, "orders": 2}
    again = (await told())[before:]
    customers = [
        row for event in of_type(again, "customers.imported.v1") for row in event["data"]["customers"]
    ]
    assert {row["customer_id"] for row in customers} == {people[0]["id"], people[2]["id"]}
    assert {row["industry"] for row in customers} == {"tea"}
    orders = [row for event in of_type(again, "orders.imported.v1") for row in event["data"]["orders"]]
    assert len({row["order_id"] for row in orders}) == len(orders) == 2
    assert sum(len(row["lines"]) for row in orders) in (1, 2, 3)


async def test_only_an_admin_has_everything_told_anew(client, distributor, partner_of):
    assert (await client.post("/v1/customer-svc/retellings")).status_code == 403
    home = await distributor("HZ")
    async with partner_of(home["id"]) as partner:
        assert (await partner.post("/v1/customer-svc/retellings")).status_code == 403


async def test_a_retelling_goes_on_where_the_last_worker_stopped(customer, service, told):
    for place in range(3):
        await customer(name=f"N {place}")
    before = len(await told())
    retelling = uuid4()
    async with service.database.begin() as tx:
        await tx.connection.execute(
            "INSERT INTO operation (id, kind, status, done, cancel_requested, version, created_by,"
            " created_at) VALUES ($1, 'test', 'running', 0, false, 1, $1, now())",
            retelling,
        )
    for _ in range(2):
        async with service.database.begin() as tx:
            assert await next_chunk(tx, retelling, most=1) == "customers"
    with pytest.raises(TimeoutError):
        await _killed(service, retelling)
    await worked(service, retelling, most=1)
    events = (await told())[before:]
    assert [event["type"] for event in events] == [CustomersImported.type] * 3
    assert [event["aggregateversion"] for event in events] == [1, 2, 3]
    assert len({event["data"]["customers"][0]["customer_id"] for event in events}) == 3


async def _killed(service, retelling):
    """A worker that does not come to its commit."""
    async with service.database.begin() as tx:
        await next_chunk(tx, retelling, most=1)
        raise TimeoutError
