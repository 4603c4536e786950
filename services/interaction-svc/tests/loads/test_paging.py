"""Pages for exports: large, and undisturbed by what comes meanwhile."""

from typing import Any
from uuid import uuid4

from .steps import loaded, row

PAGES = "/internal/interactions"


async def test_all_are_met_once_whatever_comes_meanwhile(world: Any) -> None:
    customer, other = await world.customer(), await world.customer()
    made = [
        *await loaded(world, [row(world, customer, summary=f"{number}") for number in range(7)]),
        *await loaded(world, [row(world, other, summary=f"{number}") for number in range(6)]),
    ]
    seen, cursor = [], ""
    while cursor is not None:
        page = (await world.get(f"{PAGES}?limit=5{cursor}")).json()
        seen += [one["id"] for one in page["data"]]
        await world.interaction(customer, occurred_at=world.when(days=len(seen)))
        following = page["page"]["next_cursor"]
        cursor = following and f"&cursor={following}"
    assert sorted(seen) == sorted(one["id"] for one in made)


async def test_a_page_holds_up_to_two_thousand(world: Any) -> None:
    customer = await world.customer()
    for step in range(2):
        rows = [row(world, customer, summary=f"{step} {number}") for number in range(1000)]
        await loaded(world, rows, uuid4(), step)
    page = (await world.get(f"{PAGES}?customer_id={customer}")).json()
    assert len(page["data"]) == 2000
    assert not page["page"]["has_more"]
    assert (await world.get(f"{PAGES}?limit=2000&channel=email")).json()["data"] == []
    larger = await world.get(f"{PAGES}?limit=2001")
    assert larger.status_code == 422
    assert [error["pointer"] for error in larger.json()["errors"]] == ["?limit"]


async def test_a_page_is_what_the_list_answers(world: Any) -> None:
    ours, theirs = uuid4(), uuid4()
    rows = [row(world, await world.customer(distributor)) for distributor in (ours, theirs)]
    mine, _ = await loaded(world, rows)
    one = world.partner(ours)
    listed, paged = [(await world.get(path, who=one)).json() for path in ("/v1/interactions", PAGES)]
    assert paged["data"] == listed["data"]
    assert [found["id"] for found in paged["data"]] == [mine["id"]]
    async with world.client() as client:
        client.headers.clear()
        assert (await client.get(PAGES)).status_code == 401
