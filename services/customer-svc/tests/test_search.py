"""One box that finds customers by whatever somebody remembers."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from customer_svc.customers.indexing import JOB, catch_up
from customer_svc.customers.pieces import RULES, pieces_key, pieces_of
from shared.auth import Principal
from shared.db import Scope
from shared.jobs import JobContext, enqueue, leases
from shared.operations import OperationFollower
from shared.testing import service_client

NAMES = (
    {"name": "上海海纳百货有限公司", "kind": "organisation", "code": "C-1024", "phone": "021-62881234"},
    {"name": "海纳餐饮管理有限公司", "kind": "organisation", "code": "C-2048"},
    {"name": "重庆长安汽车股份有限公司", "kind": "organisation"},
    {"name": "Harbour Lights Ltd", "kind": "organisation", "phone": "+44 20 7946 0018"},
    {"name": "单田芳", "kind": "person", "phone": "138 0013 8000"},
    {"name": "王小明", "kind": "person"},
)


@pytest.fixture
async def archive(customer):
    return [await customer(**fields) for fields in NAMES]


@pytest.mark.parametrize(
    ("q", "first", "matched"),
    [
        ("海纳", "海纳餐饮管理有限公司", "name"),
        ("海纳百", "上海海纳百货有限公司", "name"),
        ("百货", "上海海纳百货有限公司", "name"),
        ("海納百貨", "上海海纳百货有限公司", "name"),
        ("海 百货", "上海海纳百货有限公司", "name"),
        ("明", "王小明", "name"),
        ("王小明", "王小明", "name"),
        ("shhn", "上海海纳百货有限公司", "initials"),
        ("hnbh", "上海海纳百货有限公司", "initials"),
        ("HNBH", "上海海纳百货有限公司", "initials"),
        ("hainab", "上海海纳百货有限公司", "pinyin"),
        ("haina baihuo", "上海海纳百货有限公司", "pinyin"),
        ("chongqingchangan", "重庆长安汽车股份有限公司", "pinyin"),
        ("caqc", "重庆长安汽车股份有限公司", "initials"),
        ("stf", "单田芳", "initials"),
        ("shantian", "单田芳", "pinyin"),
        ("harbour", "Harbour Lights Ltd", "name"),
        ("ha", "Harbour Lights Ltd", "name"),
        ("lights harb", "Harbour Lights Ltd", "name"),
        ("harbuor", "Harbour Lights Ltd", "similar"),
        ("Harbor Light", "Harbour Lights Ltd", "similar"),
        ("1234", "上海海纳百货有限公司", "phone"),
        ("021-6288 1234", "上海海纳百货有限公司", "phone"),
        ("13800138000", "单田芳", "phone"),
        ("+44 20 7946 0018", "Harbour Lights Ltd", "phone"),
        ("c-10", "上海海纳百货有限公司", "code"),
        ("C-2048", "海纳餐饮管理有限公司", "code"),
    ],
)
async def test_a_customer_is_found_by_what_is_remembered(client, archive, q, first, matched):
    found = (await client.get("/v1/customers/search", params={"q": q})).json()
    assert (found["data"][0]["name"], found["data"][0]["matched"]) == (first, matched)
    assert not found["has_more"]


@pytest.mark.parametrize("q", ["不存在", "zzzz", "9999", "harbinger", "X-1", "纳海", "hnbhx", "百 货物"])
async def test_what_nobody_is_called_finds_nobody(client, archive, q):
    assert (await client.get("/v1/customers/search", params={"q": q})).json()["data"] == []


@pytest.mark.parametrize(
    "params", [{}, {"q": ""}, {"q": " "}, {"q": "x" * 101}, {"q": "x", "limit": 51}, {"q": "x", "z": 1}]
)
async def test_a_search_that_is_none_is_refused(client, params):
    assert (await client.get("/v1/customers/search", params=params)).status_code in (400, 422)


async def test_the_best_come_first_and_each_once(client, customer):
    for name in ("新海纳超市", "海纳百货", "海纳", "海纳百货有限公司", "上海海纳"):
        await customer(name=name)
    found = (await client.get("/v1/customers/search", params={"q": "海纳"})).json()["data"]
    assert [one["name"] for one in found] == [
        "海纳",
        "海纳百货",
        "上海海纳",
        "海纳百货有限公司",
        "新海纳超市",
    ]
    few = (await client.get("/v1/customers/search", params={"q": "海纳", "limit": 2})).json()
    assert (len(few["data"]), few["has_more"]) == (2, True)


async def test_what_is_meant_exactly_is_found_however_many_begin_like_it(client, customer):
    items = [
        {"name": f"海纳百货{number}店", "kind": "organisation", "code": f"C-10{number}"}
        for number in range(500)
    ]
    made = await client.post("/v1/customers/batch", json={"items": items})
    assert {each["status"] for each in made.json()["results"]} == {201}
    exact = await customer(name="海纳百货", code="C-10")
    for q in ("海纳百货", "c-10"):
        found = (await client.get("/v1/customers/search", params={"q": q})).json()
        assert (found["data"][0]["id"], found["has_more"]) == (exact["id"], True)


async def test_a_renamed_customer_is_found_by_its_new_name_and_number(client, archive):
    url = f"/v1/customers/{archive[0]['id']}"
    change = {"name": "苏州绿杨百货有限公司", "phone": "0512-65221234", "code": "Z-9"}
    await client.patch(url, json=change, headers={"If-Match": '"v1"'})
    for q in ("绿杨", "lybh", "65221234", "z-9"):
        (one,) = (await client.get("/v1/customers/search", params={"q": q})).json()["data"]
        assert one["id"] == archive[0]["id"]
    for q in ("hnbh", "62881234", "c-1024"):
        assert (await client.get("/v1/customers/search", params={"q": q})).json()["data"] == []


async def test_archived_customers_and_kinds_are_found_when_asked_for(client, archive):
    await client.delete(f"/v1/customers/{archive[0]['id']}", headers={"If-Match": '"v1"'})

    async def found(**params: str) -> list[str]:
        answer = await client.get("/v1/customers/search", params={"q": "海纳", **params})
        return [one["code"] for one in answer.json()["data"]]

    assert await found() == ["C-2048"]
    assert await found(status="archived") == ["C-1024"]
    assert await found(status="all") == ["C-2048", "C-1024"]
    assert await found(kind="person") == []


async def test_customers_of_a_batch_are_found(client):
    await client.post("/v1/customers/batch", json={"items": list(NAMES)})
    assert len((await client.get("/v1/customers/search", params={"q": "海纳"})).json()["data"]) == 2


async def test_only_what_is_in_sight_is_found(*, client, service, archive, customer, distributor, partner_of):
    mine, seller = (await distributor("D-1"))["id"], UUID(int=7)
    own = await customer(name="海纳便利店", distributor_id=mine)
    held = await customer(name="海纳烟酒", owner_id=str(seller))
    narrowed = Principal("staff", seller, frozenset({"sales"}), scope=Scope(holders=frozenset({seller})))
    async with partner_of(mine) as partner, service_client(service, narrowed) as sales:
        for asker, theirs in ((partner, own), (sales, held)):
            for q in ("海纳", "hn"):
                found = (await asker.get("/v1/customers/search", params={"q": q})).json()["data"]
                assert [one["id"] for one in found] == [theirs["id"]]
            listed = (await asker.get("/v1/customers", params={"q": "海纳"})).json()["data"]
            assert [one["id"] for one in listed] == [theirs["id"]]


async def test_lists_find_by_parts_of_names_and_sort_as_names_are_read(client, archive):
    names = [
        one["name"] for one in (await client.get("/v1/customers", params={"sort": "name"})).json()["data"]
    ]
    assert names == [
        "重庆长安汽车股份有限公司",
        "海纳餐饮管理有限公司",
        "Harbour Lights Ltd",
        "单田芳",
        "上海海纳百货有限公司",
        "王小明",
    ]
    for q in ("海納", "纳", "海纳 有限"):
        found = (await client.get("/v1/customers", params={"q": q, "sort": "name"})).json()["data"]
        assert [one["code"] for one in found] == ["C-2048", "C-1024"]


async def test_customers_of_older_rules_are_caught_up_with(client, service, archive):
    database = service.database
    async with database.begin() as tx:
        await tx.connection.execute("DELETE FROM customer_piece WHERE rules = $1", RULES)
        await tx.connection.execute("UPDATE customer SET name_pinyin = name_key")
    assert (await client.get("/v1/customers/search", params={"q": "hnbh"})).json()["data"] == []
    await caught_up(service)
    assert len((await client.get("/v1/customers/search", params={"q": "hnbh"})).json()["data"]) == 1
    listed = (await client.get("/v1/customers", params={"sort": "name"})).json()["data"]
    assert listed[0]["name"] == "重庆长安汽车股份有限公司"


async def test_who_is_being_judged_meanwhile_is_caught_up_with_too(client, service, archive):
    """Judging holds a customer as a change would, but makes nothing that they are found by."""
    async with service.database.begin() as tx:
        await tx.connection.execute("DELETE FROM customer_piece WHERE rules = $1", RULES)
    async with service.database.begin() as judging:
        await judging.connection.execute("SELECT id FROM customer FOR NO KEY UPDATE")
        catching_up = asyncio.create_task(caught_up(service))
        done, _ = await asyncio.wait({catching_up}, timeout=0.5)
        assert not done
    await catching_up
    assert len((await client.get("/v1/customers/search", params={"q": "hnbh"})).json()["data"]) == 1


async def caught_up(service):
    """What a worker does for the job."""
    async with service.database.begin() as tx:
        await enqueue(tx, JOB, {})
        (claimed,) = await leases.claim(tx, [JOB], most=1, lease=timedelta(minutes=1))
    minute, follower = timedelta(minutes=1), OperationFollower()
    await catch_up(JobContext(service.database, claimed, lease=minute, follower=follower), {})


async def test_what_is_kept_to_find_by_tells_nothing_by_itself(service, archive):
    async with service.database.read() as db:
        kept = await db.connection.fetch("SELECT pieces FROM customer_piece")
    key, other = pieces_key(service.sealer), b"x" * 32
    made = {tuple(sorted(pieces_of(one, key))) for one in archive}
    assert {tuple(sorted(row["pieces"])) for row in kept} == made
    assert made.isdisjoint({tuple(sorted(pieces_of(one, other))) for one in archive})
