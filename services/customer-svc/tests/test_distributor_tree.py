"""The tree of distributors: shown in parts, moved by many at once, and closed to the top for a partner."""

import asyncio
from uuid import UUID, uuid4

import pytest

from shared.auth import Principal
from shared.db import Scope


@pytest.fixture
async def tree(distributor):
    """Five distributors: top, and below it left with a leaf, and right; and one that stands alone."""
    top = await distributor("TOP")
    left = await distributor("LEFT", parent_id=top["id"])
    leaf = await distributor("LEAF", parent_id=left["id"])
    right = await distributor("RIGHT", parent_id=top["id"])
    return {"top": top, "left": left, "leaf": leaf, "right": right, "alone": await distributor("ALONE")}


@pytest.fixture
def reaching(signed_in):
    """A client with the key of some distributors."""

    def sign(*places):
        mine = frozenset(UUID(place["id"]) for place in places)
        granted = frozenset({"distributors:read", "customers:read"})
        return signed_in(Principal("partner", uuid4(), granted=granted, scope=Scope(mine)))

    return sign


async def test_a_tree_is_shown_level_by_level_and_says_what_it_leaves_out(client, tree):
    url = f"/v1/distributors/{tree['top']['id']}/tree"
    whole = (await client.get(url)).json()
    assert [(n["code"], n["depth"], n["children"]) for n in whole["nodes"]] == [
        ("TOP", 0, 2),
        ("LEFT", 1, 1),
        ("RIGHT", 1, 0),
        ("LEAF", 2, 0),
    ]
    assert (whole["path"], whole["complete"]) == ([], True)
    flat = (await client.get(url, params={"depth": 1})).json()
    assert (len(flat["nodes"]), flat["complete"]) == (3, False)
    lower = (await client.get(f"/v1/distributors/{tree['leaf']['id']}/tree")).json()
    assert [place["code"] for place in lower["path"]] == ["TOP", "LEFT"]
    assert lower["nodes"][0]["parent_id"] == tree["left"]["id"]


async def test_a_partner_sees_its_subtree_and_nothing_above(reaching, tree):
    top, left, leaf = (tree[name] for name in ("top", "left", "leaf"))
    async with reaching(left, leaf) as partner:
        own = (await partner.get(f"/v1/distributors/{left['id']}")).json()
        assert own["parent_id"] is None
        below = (await partner.get(f"/v1/distributors/{leaf['id']}")).json()
        assert below["parent_id"] == left["id"]
        shown = (await partner.get(f"/v1/distributors/{leaf['id']}/tree")).json()
        assert [place["code"] for place in shown["path"]] == ["LEFT"]
        assert shown["path"][0]["parent_id"] is None
        listed = await partner.get("/v1/distributors")
        everything = [own, below, shown, listed.json()]
        assert top["id"] not in str(everything)
        assert {one["code"] for one in listed.json()["data"]} == {"LEFT", "LEAF"}
        for other in ("top", "right", "alone"):
            for part in ("", "/tree", "/history"):
                gone = await partner.get(f"/v1/distributors/{tree[other]['id']}{part}")
                ghost = await partner.get(f"/v1/distributors/{uuid4()}{part}")
                assert gone.status_code == ghost.status_code == 404
                assert gone.json()["code"] == ghost.json()["code"]


@pytest.mark.parametrize("name", ["parent_id", "ancestor_id"])
async def test_a_partner_cannot_guess_who_stands_above(reaching, tree, name):
    async with reaching(tree["left"], tree["leaf"]) as partner:
        for place in (tree["top"]["id"], str(uuid4())):
            page = (await partner.get("/v1/distributors", params={name: place, "count": "exact"})).json()
            assert page == {"data": [], "page": {"next_cursor": None, "has_more": False, "total": 0}}
        own = await partner.get("/v1/distributors", params={name: tree["left"]["id"]})
        assert [one["code"] for one in own.json()["data"]] == ["LEAF"]


async def test_the_way_up_ends_at_the_first_one_out_of_sight(reaching, tree):
    async with reaching(tree["top"], tree["leaf"]) as partner:
        shown = (await partner.get(f"/v1/distributors/{tree['leaf']['id']}/tree")).json()
        assert shown["path"] == []
        below = (await partner.get(f"/v1/distributors/{tree['top']['id']}/tree")).json()
        assert [(n["code"], n["children"]) for n in below["nodes"]] == [("TOP", 0)]


async def test_a_partners_history_tells_neither_moves_nor_notes(client, reaching, tree):
    url = f"/v1/distributors/{tree['left']['id']}"
    await client.patch(url, json={"level": "B", "parent_id": tree["alone"]["id"]})
    await client.patch(url, json={"parent_id": None, "status": "suspended"})
    async with reaching(tree["left"]) as partner:
        history = (await partner.get(f"{url}/history")).json()
        assert [change["field"] for change in history["data"]] == ["status", "level"]
        asked = await partner.get(f"{url}/history", params={"field": "parent_id"})
        assert asked.json()["data"] == []
        assert {change["note"] for change in history["data"]} == {None}


async def test_a_note_of_the_onboarding_stays_in_the_company(client, reaching, distributor):
    one = await distributor("NEW", status="prospect")
    url = f"/v1/distributors/{one['id']}"
    await client.post(f"{url}/onboarding", json={"verb": "reject", "note": "资金不足"})
    async with reaching(one) as partner:
        [step] = (await partner.get(f"{url}/history", params={"field": "onboarding_stage"})).json()["data"]
    assert (step["new"], step["note"]) == ("rejected", None)
    [step] = (await client.get(f"{url}/history", params={"field": "onboarding_stage"})).json()["data"]
    assert step["note"] == "资金不足"


async def test_a_key_that_may_only_read_moves_nobody(reaching, tree):
    url = f"/v1/distributors/{tree['leaf']['id']}"
    async with reaching(tree["left"], tree["leaf"]) as partner:
        refused = [
            await partner.patch(url, json={"parent_id": None}),
            await partner.post(f"{url}/onboarding", json={"verb": "withdraw"}),
            await partner.delete(url),
        ]
    assert [answer.status_code for answer in refused] == [403] * 3


async def test_two_moves_at_once_close_no_ring(client, distributor):
    places = [await distributor(f"D-{number}") for number in range(8)]
    pairs = list(zip(places[::2], places[1::2], strict=True))
    moves = [
        client.patch(f"/v1/distributors/{child['id']}", json={"parent_id": parent["id"]})
        for one, other in pairs
        for child, parent in ((one, other), (other, one))
    ]
    answers = await asyncio.gather(*moves)
    for one, other in zip(answers[::2], answers[1::2], strict=True):
        assert sorted((one.status_code, other.status_code)) == [200, 422]


async def test_a_long_ring_is_not_closed_by_many_at_once(client, distributor):
    places = [await distributor(f"D-{number}") for number in range(6)]
    moves = [
        client.patch(f"/v1/distributors/{child['id']}", json={"parent_id": parent["id"]})
        for child, parent in zip(places, [*places[1:], places[0]], strict=True)
    ]
    answers = await asyncio.gather(*moves)
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [422]


async def test_a_parent_is_not_deleted_while_somebody_moves_below_it(client, distributor):
    parent, child = await distributor("D-1"), await distributor("D-2")
    moved, gone = await asyncio.gather(
        client.patch(f"/v1/distributors/{child['id']}", json={"parent_id": parent["id"]}),
        client.delete(f"/v1/distributors/{parent['id']}"),
    )
    assert (moved.status_code, gone.status_code) in {(200, 409), (422, 204)}
