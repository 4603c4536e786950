"""The search box finds what a look at every single customer finds, in the same order."""

from random import Random
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import pytest

from customer_svc.cleansing import pinyin
from customer_svc.customers import pieces
from customer_svc.search import domain, queries
from customer_svc.search.domain import Search
from shared.auth import Principal
from shared.db import EVERYTHING, Scope, sight
from shared.searching.characters import IDEOGRAPHS, plain
from shared.testing import service_client

PLACES = ("上海", "北京", "重庆", "")
SIGNS = "海纳长乐永辉"
TRADES = ("百货", "贸易", "餐饮")
FORMS = ("有限公司", "股份有限公司", "商行", "")
SURNAMES = "单王曾海"
WORDS = ("harbour", "lights", "north", "golden", "a&b")
SELLER = UUID(int=7)
SURE = 60
"""So many fits of a way are looked at for a page of twenty; up to here the answer is exact."""
MANY = """
INSERT INTO customer (id, name, name_key, name_pinyin, kind, status, tags, preferences, attributes, version,
    created_at, updated_at)
SELECT gen_random_uuid(), 'x', 'x', 'x', 'person', 'active', '{}', '{}', '{}', 1, now(), now()
FROM generate_series(1, 1000)
"""


class World(NamedTuple):
    """The ids of the distributors, and all customers as their rows are."""

    distributors: list[str]
    rows: list[dict[str, Any]]


def made(chance, distributors):
    """A customer of a world that is small enough for many to fit."""
    kind = chance.choice(("firm", "firm", "person", "abroad"))
    fields = {"kind": "organisation", "phone": f"138001{chance.randrange(30):05}"}
    sign = "".join(chance.choices(SIGNS, k=chance.choice((1, 2, 3))))
    if kind == "firm":
        fields["name"] = f"{chance.choice(PLACES)}{sign}{chance.choice(TRADES)}{chance.choice(FORMS)}"
    elif kind == "person":
        fields |= {"name": f"{chance.choice(SURNAMES)}{sign}", "kind": "person"}
    else:
        fields["name"] = f"{' '.join(chance.choices(WORDS, k=2)).title()} {chance.choice(('Ltd', 'Inc'))}"
    if chance.random() < 0.3:
        fields["distributor_id"] = chance.choice(distributors)
    if chance.random() < 0.3:
        fields["owner_id"] = str(SELLER)
    return fields


def wished(chance, records):
    """What somebody may remember of one of them."""
    one = chance.choice(records)
    name, person = one["name_key"], one["kind"] == "person"
    start, length = chance.randrange(len(name)), chance.randint(1, 5)
    word = chance.choice(name.split())
    slip = chance.randrange(len(word))
    read = chance.choice((pinyin.full, pinyin.initials))
    return chance.choice(
        (
            name[start : start + length].strip() or name,
            name[: length + 1].strip(),
            pieces.core(name)[:length].strip(),
            read(name, person=person)[: length + 2],
            read(pieces.core(name), person=person)[: length + 2],
            one["phone"][-4:],
            one["phone"],
            one["code"][: length + 1],
            f"{word[:slip]}{word[slip + 1 :]}" if len(word) > 1 else word,
            " ".join(chance.sample(name.split(), k=min(2, len(name.split())))),
        )
    )


def ranks(q, row):
    """How good this customer is for the search in each way, without looking any piece up."""
    wanted = Search.of(q)
    together, chinese = wanted.text.replace(" ", ""), IDEOGRAPHS.search(wanted.text)
    ways = {
        "code": len(wanted.text) >= 2 or plain(row["code"]) == wanted.text,
        "phone": len(wanted.digits) >= 4,
        "name": True,
        "initials": not chinese and len(together) >= 2 and IDEOGRAPHS.search(row["name_key"]),
        "pinyin": not chinese and len(together) >= 3 and IDEOGRAPHS.search(row["name_key"]),
        "similar": not chinese and any(pieces.words_of(wanted.text)),
    }
    for way, said in ways.items():
        rank = domain.rank(wanted, way, row) if said else None
        if rank is not None and (way != "name" or rank < 3 or is_looked_up(wanted.text, row)):
            yield rank, way


def is_looked_up(text, row):
    """Whether a name that contains the search is led to: words of one or two letters lead nowhere alone."""
    head = text[: max(length for length in (1, 2, 4) if length <= len(text))]
    begins = any(name.startswith(head) for name in (row["name_key"], pieces.core(row["name_key"])))
    return bool(pieces.parts_of_name(text, b"k")) or begins


def reference(q, rows):
    """The order of all that fit: `(rank, length, ...)`, and by which ways each may have been found so."""
    fits = []
    for row in rows:
        if found := sorted(ranks(q, row)):
            best = found[0][0]
            order = (best, len(row["name_key"]), row["name_pinyin"], row["id"])
            fits.append((order, {way for rank, way in found if rank == best}))
    return sorted(fits, key=lambda fit: fit[0])


@pytest.fixture
async def world(client, service, distributor):
    """Seven hundred customers."""
    chance = Random(5)
    distributors = [(await distributor(f"D-{place}"))["id"] for place in range(2)]
    items = [made(chance, distributors) for _ in range(700)]
    for place, item in enumerate(items):
        item["code"] = f"K{chance.choice('-_.:')}{place}"
    made_ = await client.post("/v1/customers/batch", json={"items": items})
    assert {each["status"] for each in made_.json()["results"]} == {201}
    async with service.database.read() as db:
        rows = [dict(row) for row in await db.connection.fetch("SELECT * FROM customer")]
    return World(distributors, rows)


def _length(order):
    return order[0], pieces.length_class("x" * order[1], person=True)


async def found_as_in_reference(http, chance, rows, *, kind=None):
    """Compare sixty searches; how many they are of which all that fit was looked at."""
    exact, rows = 0, [row for row in rows if kind in (None, row["kind"])]
    for _ in range(60):
        q = wished(chance, rows)
        params = {"q": q} if kind is None else {"q": q, "kind": kind}
        answer = (await http.get("/v1/customers/search", params=params)).json()
        fits = reference(q, rows)
        by_id = {str(order[3]): (order, ways) for order, ways in fits}
        page = [by_id[each["id"]][0] for each in answer["data"]]
        assert all(each["matched"] in by_id[each["id"]][1] for each in answer["data"]), q
        assert answer["has_more"] == (len(fits) > 20), q
        if len(fits) <= SURE:
            exact += 1
            assert page == [order for order, _ in fits[:20]], q
        else:
            assert page == sorted(page), q
            assert [_length(one) for one in page] == [_length(order) for order, _ in fits[:20]], q
    return exact


@pytest.mark.parametrize("kind", [None, "person", "organisation"])
async def test_finds_are_those_of_a_look_at_every_customer(client, world, kind):
    exact = await found_as_in_reference(client, Random(1), world.rows, kind=kind)
    assert 10 < exact < 60


async def test_finds_of_a_distributor_are_those_of_a_look_at_all_of_its_own(world, partner_of):
    mine = world.distributors[0]
    async with partner_of(mine) as partner:
        own = [row for row in world.rows if str(row["distributor_id"]) == mine]
        await found_as_in_reference(partner, Random(3), own)


async def test_finds_of_a_seller_are_those_of_a_look_at_all_that_it_holds(service, world):
    sales = Principal("staff", SELLER, frozenset({"sales"}), scope=Scope(holders=frozenset({SELLER})))
    async with service_client(service, sales) as seller:
        held = [row for row in world.rows if row["owner_id"] == SELLER]
        await found_as_in_reference(seller, Random(4), held)


async def test_the_shortest_of_many_names_are_found_whenever_they_came(client, customer):
    long = [{"name": f"重庆海纳{number:04}百货有限公司", "kind": "organisation"} for number in range(400)]
    people = [{"name": f"王百{chr(0x4E00 + number)}", "kind": "person"} for number in range(400)]
    for items in (long, people):
        made_ = await client.post("/v1/customers/batch", json={"items": items})
        assert {each["status"] for each in made_.json()["results"]} == {201}
    short = await customer(name="东海纳百货")
    for q in ("百货", "东海", "dhnb"):
        found = (await client.get("/v1/customers/search", params={"q": q})).json()
        assert found["data"][0]["id"] == short["id"], q
    found = (await client.get("/v1/customers/search", params={"q": "百", "kind": "organisation"})).json()
    assert (found["data"][0]["id"], len(found["data"]), found["has_more"]) == (short["id"], 20, True)


async def test_a_name_that_begins_so_comes_first_though_hundreds_nearly_do(client, customer):
    items = [{"name": f"海纳{chr(0x4E00 + number)}", "kind": "organisation"} for number in range(150)]
    await client.post("/v1/customers/batch", json={"items": items})
    names = ["重庆海纳百货商行", "新海纳百货"]
    for name in reversed(names):
        await customer(name=name)
    found = (await client.get("/v1/customers/search", params={"q": "海纳百"})).json()["data"]
    assert [one["name"] for one in found] == names


async def test_an_archived_customer_is_found_among_many_that_are_not(client, customer):
    items = [{"name": f"海纳{number:03}店", "kind": "organisation"} for number in range(200)]
    await client.post("/v1/customers/batch", json={"items": items})
    gone = await customer(name="海纳百货店甲")
    await client.delete(f"/v1/customers/{gone['id']}", headers={"If-Match": '"v1"'})
    found = await client.get("/v1/customers/search", params={"q": "海纳", "status": "archived"})
    assert [one["id"] for one in found.json()["data"]] == [gone["id"]]


@pytest.mark.parametrize(
    "scope",
    [EVERYTHING, Scope(frozenset({UUID(int=1)})), Scope(frozenset({UUID(int=1)}), frozenset({SELLER}))],
)
@pytest.mark.parametrize("words", [0, 2])
async def test_looking_up_needs_no_look_at_every_row(service, urls, scope, words):
    async with service.database.begin() as tx:
        await tx.connection.execute(MANY)
    owner = await asyncpg.connect(urls.owner_url)
    await owner.execute("ANALYZE customer")  # what other tests left there decides about a plan, too
    await owner.close()
    seen = {f"seen_{place}": [1] for place in range(len(list(pieces.seen_by(scope, b"k"))))}
    statement = queries._statement(words, len(seen))
    given = {f"asked_{place}": ["{1};{2}"] for place in range(words or 1)}
    arguments = statement.arguments(
        {
            "places": [0],
            "most": [60],
            "statuses": ["active"],
            "kinds": ["person"],
            **given,
            **seen,
            **sight(scope),
        }
    )
    async with service.database.begin(scope) as tx:
        await tx.connection.execute("SET LOCAL enable_seqscan = off")
        plan = [row[0] for row in await tx.connection.fetch(f"EXPLAIN {statement.sql}", *arguments)]
    assert not [line for line in plan if "Seq Scan" in line]
    assert [line for line in plan if "customer_piece_pieces" in line]
    assert [line for line in plan if "customer_pkey" in line]
