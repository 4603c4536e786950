"""Org units: the register, its tree, and which unit a customer belongs to."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customer_svc.staff.consumers import on_staff_changed
from shared.events.gateway import StaffChanged
from shared.testing import staff


@pytest.fixture
def unit(client):
    async def make(code: str, **fields: Any) -> dict[str, Any]:
        body = {"code": code, "name": code, "kind": "team", **fields}
        answer = await client.post("/v1/org-units", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return make


def working(staff_id: UUID, unit_id: str | None, *, version: int = 1, active: bool = True) -> StaffChanged:
    return StaffChanged(
        subject=staff_id,
        version=version,
        distributor_id=None,
        roles=("sales",),
        active=active,
        org_unit_id=unit_id and UUID(unit_id),
        data_scope="own",
    )


@pytest.fixture
def hear(service):
    async def handle(*events: StaffChanged) -> None:
        async with service.database.begin() as tx:
            for event in events:
                await on_staff_changed(tx, event)

    return handle


async def test_a_unit_is_entered_changed_closed_and_told(client, unit, told):
    top = await unit("EAST", kind="region", name="华东大区")
    team = await unit("EAST-1", parent_id=top["id"], manager_id=str(uuid4()))
    assert (team["status"], team["version"]) == ("active", 1)
    url = f"/v1/org-units/{team['id']}"
    read = await client.get(url)
    assert read.json() == team
    assert read.headers["etag"] == '"v1"'
    changed = await client.patch(url, json={"name": "一组"}, headers={"If-Match": '"v1"'})
    assert changed.json()["name"] == "一组"
    assert (await client.patch(url, json={"name": "x"}, headers={"If-Match": '"v1"'})).status_code == 412
    assert (await client.patch(url, json={"status": "closed"})).json()["status"] == "closed"
    events = [event for event in await told() if event["type"] == "org_unit.changed.v1"]
    assert [event["aggregateversion"] for event in events] == [1, 1, 2, 3]
    assert events[-1]["subject"] == team["id"]
    assert events[-1]["data"] == {"parent_id": top["id"], "status": "closed"}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"kind": "tribe"}, "/kind"),
        ({"code": "has space"}, "/code"),
        ({"name": ""}, "/name"),
        ({"name": "a\x00b"}, "/name"),
        ({"status": "closed"}, "/status"),
        ({"parent_id": str(uuid4())}, "/parent_id"),
        ({"manager_id": "me"}, "/manager_id"),
    ],
)
async def test_a_wrong_field_is_named(client, body, pointer):
    answer = await client.post("/v1/org-units", json={"code": "A", "name": "A", "kind": "team", **body})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert (await client.get("/v1/org-units")).json()["data"] == []


async def test_a_code_is_used_once_and_stays(client, unit):
    one = await unit("A")
    again = await client.post("/v1/org-units", json={"code": "A", "name": "x", "kind": "mixed"})
    assert (again.status_code, again.json()["code"]) == (409, "code_taken")
    assert (await client.patch(f"/v1/org-units/{one['id']}", json={"code": "B"})).status_code == 422
    assert (await client.patch(f"/v1/org-units/{one['id']}", json={"name": None})).status_code == 422


async def test_every_filter_narrows_the_register(client, unit):
    leader = str(uuid4())
    top = await unit("A", kind="region", name="1")
    left = await unit("B", parent_id=top["id"], name="2", manager_id=leader)
    leaf = await unit("C", parent_id=left["id"], kind="product_line", name="3")
    await unit("D", kind="mixed", name="4")
    await client.patch(f"/v1/org-units/{leaf['id']}", json={"status": "closed"})

    async def codes(**params: str) -> list[str]:
        page = await client.get("/v1/org-units", params={**params, "count": "exact"})
        found = page.json()
        assert found["page"]["total"] == len(found["data"])
        return [one["code"] for one in found["data"]]

    assert await codes() == ["A", "B", "C", "D"]
    assert await codes(code="B") == ["B"]
    assert await codes(kind="product_line") == ["C"]
    assert await codes(status="closed") == ["C"]
    assert await codes(parent_id=top["id"]) == ["B"]
    assert await codes(ancestor_id=top["id"]) == ["B", "C"]
    assert await codes(ancestor_id=leaf["id"]) == []
    assert await codes(manager_id=leader) == ["B"]
    first = (await client.get("/v1/org-units", params={"ancestor_id": top["id"], "limit": 1})).json()
    cursor = first["page"]["next_cursor"]
    rest = await client.get("/v1/org-units", params={"ancestor_id": top["id"], "limit": 1, "cursor": cursor})
    assert [one["code"] for one in rest.json()["data"]] == ["C"]
    assert (await client.get("/v1/org-units", params={"cursor": cursor})).status_code == 400


async def test_a_tree_is_shown_level_by_level_and_says_what_it_leaves_out(client, unit):
    top = await unit("A")
    left, right = await unit("B", parent_id=top["id"]), await unit("C", parent_id=top["id"])
    leaf = await unit("D", parent_id=left["id"])
    whole = (await client.get(f"/v1/org-units/{top['id']}/tree")).json()
    assert [(n["code"], n["depth"], n["children"]) for n in whole["nodes"]] == [
        ("A", 0, 2),
        ("B", 1, 1),
        ("C", 1, 0),
        ("D", 2, 0),
    ]
    assert (whole["path"], whole["complete"]) == ([], True)
    flat = (await client.get(f"/v1/org-units/{top['id']}/tree", params={"depth": 1})).json()
    assert ([n["code"] for n in flat["nodes"]], flat["complete"]) == (["A", "B", "C"], False)
    short = (await client.get(f"/v1/org-units/{top['id']}/tree", params={"limit": 2})).json()
    assert ([n["code"] for n in short["nodes"]], short["complete"]) == (["A", "B"], False)
    lower = (await client.get(f"/v1/org-units/{leaf['id']}/tree", params={"depth": 1})).json()
    assert [place["code"] for place in lower["path"]] == ["A", "B"]
    assert lower["complete"]
    assert [n["id"] for n in lower["nodes"]] == [leaf["id"]]
    assert right["id"] in [n["id"] for n in whole["nodes"]]
    assert (await client.get(f"/v1/org-units/{uuid4()}/tree")).status_code == 404
    for params in ({"depth": 0}, {"depth": 11}, {"limit": 1001}):
        assert (await client.get(f"/v1/org-units/{top['id']}/tree", params=params)).status_code == 422


async def test_the_tree_never_closes_to_a_ring(client, unit):
    top = await unit("A")
    below = await unit("B", parent_id=top["id"])
    leaf = await unit("C", parent_id=below["id"])
    for parent in (top, below, leaf):
        refused = await client.patch(f"/v1/org-units/{top['id']}", json={"parent_id": parent["id"]})
        assert refused.json()["errors"][0]["code"] == "parent_below"
    moved = await client.patch(f"/v1/org-units/{leaf['id']}", json={"parent_id": None})
    assert moved.json()["parent_id"] is None
    assert (
        await client.patch(f"/v1/org-units/{top['id']}", json={"parent_id": leaf["id"]})
    ).status_code == 200


async def test_two_moves_at_once_close_no_ring(client, unit):
    units = [await unit(f"U-{number}") for number in range(6)]
    pairs = [(units[n], units[n + 1]) for n in range(0, 6, 2)]
    moves = [
        client.patch(f"/v1/org-units/{child['id']}", json={"parent_id": parent["id"]})
        for one, other in pairs
        for child, parent in ((one, other), (other, one))
    ]
    answers = await asyncio.gather(*moves)
    assert [
        sorted((a.status_code, b.status_code)) for a, b in zip(answers[::2], answers[1::2], strict=True)
    ] == [[200, 422]] * 3


async def test_a_unit_in_use_is_not_deleted_and_an_unused_one_is(client, unit, customer, hear, told):
    top = await unit("A")
    below = await unit("B", parent_id=top["id"])
    somebody = uuid4()
    await hear(working(somebody, below["id"]))
    gone = f"/v1/org-units/{below['id']}"
    for url in (f"/v1/org-units/{top['id']}", gone):
        refused = await client.delete(url)
        assert (refused.status_code, refused.json()["code"]) == (409, "org_unit_in_use")
    await hear(working(somebody, below["id"], version=2, active=False))
    kept = await customer(org_unit_id=below["id"])
    assert (await client.delete(gone)).status_code == 409
    await client.post(f"/v1/customers/{kept['id']}/assign", json={"owner_id": None, "org_unit_id": None})
    assert (await client.delete(gone, headers={"If-Match": '"v9"'})).status_code == 412
    assert (await client.delete(gone)).status_code == 204
    assert (await client.get(gone)).status_code == 404
    last = [event for event in await told() if event["type"] == "org_unit.changed.v1"][-1]
    assert (last["subject"], last["aggregateversion"], last["data"]["status"]) == (below["id"], 2, "closed")


async def test_a_unit_is_not_deleted_while_a_customer_is_put_into_it(client, unit):
    one = await unit("A")
    body = {"name": "x", "kind": "person", "org_unit_id": one["id"]}
    made, gone = await asyncio.gather(
        client.post("/v1/customers", json=body), client.delete(f"/v1/org-units/{one['id']}")
    )
    assert (made.status_code, gone.status_code) in {(201, 409), (422, 204)}


async def test_who_may_read_and_who_may_write(signed_in, partner_of, client, unit, distributor):
    one = await unit("A")
    url = f"/v1/org-units/{one['id']}"
    for role in ("sales", "service", "analyst"):
        async with signed_in(staff(role)) as person:
            assert (await person.get(url)).status_code == 200
            assert (await person.get(f"{url}/tree")).status_code == 200
            assert (await person.patch(url, json={"name": "x"})).status_code == 403
            assert (await person.delete(url)).status_code == 403
            body = {"code": "B", "name": "B", "kind": "team"}
            assert (await person.post("/v1/org-units", json=body)).status_code == 403
    async with partner_of((await distributor("D"))["id"]) as partner:
        for path in ("/v1/org-units", url, f"{url}/tree"):
            assert (await partner.get(path)).status_code == 403


@pytest.mark.parametrize("status", ["absent", "closed"])
async def test_a_customer_is_not_put_into_a_unit_that_is(client, unit, customer, status):
    target = str(uuid4())
    if status == "closed":
        target = (await unit("A"))["id"]
        await client.patch(f"/v1/org-units/{target}", json={"status": "closed"})
    code = "org_unit_unknown" if status == "absent" else "org_unit_closed"
    one, body = await customer(), {"name": "x", "kind": "person", "org_unit_id": target}
    refusals = [
        await client.post("/v1/customers", json=body),
        await client.post(
            f"/v1/customers/{one['id']}/assign", json={"owner_id": None, "org_unit_id": target}
        ),
        await client.put("/v1/customers/by-identity/wechat/w-1", json=body),
    ]
    for refused in refusals:
        assert refused.status_code == 422
        assert refused.json()["errors"] == [
            {**refused.json()["errors"][0], "pointer": "/org_unit_id", "code": code}
        ]
    batch = await client.post("/v1/customers/batch", json={"items": [body, {"name": "y", "kind": "person"}]})
    assert [result["status"] for result in batch.json()["results"]] == [422, 201]
    assert batch.json()["results"][0]["problem"]["code"] == code


async def test_a_partner_does_not_learn_which_units_there_are(client, unit, distributor, partner_of):
    one, mine = await unit("A"), await distributor("D")
    async with partner_of(mine["id"]) as partner:
        answers = [
            await partner.post("/v1/customers", json={"name": "x", "kind": "person", "org_unit_id": unit_id})
            for unit_id in (one["id"], str(uuid4()))
        ]
    assert [answer.json()["code"] for answer in answers] == ["org_unit_unknown"] * 2


async def test_a_partner_does_not_learn_who_works_where(client, unit, distributor, partner_of, hear):
    one, mine, seller = await unit("A"), await distributor("D"), uuid4()
    await hear(working(seller, one["id"]))
    async with partner_of(mine["id"]) as partner:
        for owner in (seller, uuid4()):
            body = {"name": "x", "kind": "person", "owner_id": str(owner)}
            assert (await partner.post("/v1/customers", json=body)).json()["org_unit_id"] is None


async def test_a_customer_goes_to_the_unit_of_its_owner_unless_one_is_named(
    client, unit, customer, hear, told
):
    mine, other = await unit("A"), await unit("B")
    seller, free, stranger = uuid4(), uuid4(), uuid4()
    await hear(working(seller, mine["id"]), working(free, None), working(stranger, str(uuid4())))

    async def placed(**fields: Any) -> str | None:
        found: str | None = (await customer(**fields))["org_unit_id"]
        return found

    assert await placed(owner_id=str(seller)) == mine["id"]
    assert await placed(owner_id=str(seller), org_unit_id=other["id"]) == other["id"]
    assert await placed(owner_id=str(seller), org_unit_id=None) is None
    assert await placed(owner_id=str(free)) is None
    assert await placed(owner_id=str(stranger)) is None
    assert await placed(owner_id=str(uuid4())) is None
    items = [{"name": "x", "kind": "person", "owner_id": str(seller)}]
    batch = await client.post("/v1/customers/batch", json={"items": items})
    made = (await client.get(f"/v1/customers/{batch.json()['results'][0]['id']}")).json()
    assert made["org_unit_id"] == mine["id"]
    known = await client.put("/v1/customers/by-identity/wechat/w-1", json=items[0])
    assert known.json()["org_unit_id"] == mine["id"]
    events = [event for event in await told() if event["type"].startswith("customer")]
    assert events[-1]["data"]["org_unit_id"] == mine["id"]


async def test_an_assigned_customer_goes_along_and_its_history_says_so(client, unit, customer, hear):
    mine, other = await unit("A"), await unit("B")
    seller, free = uuid4(), uuid4()
    await hear(working(seller, mine["id"]), working(free, None))
    one = await customer()
    url = f"/v1/customers/{one['id']}"

    async def assigned(**body: Any) -> str | None:
        answer = await client.post(f"{url}/assign", json=body)
        assert answer.status_code == 200, answer.text
        found: str | None = answer.json()["org_unit_id"]
        return found

    assert await assigned(owner_id=str(seller)) == mine["id"]
    assert await assigned(owner_id=str(free)) == mine["id"]
    assert await assigned(owner_id=str(free), org_unit_id=other["id"]) == other["id"]
    assert await assigned(owner_id=None) == other["id"]
    assert await assigned(owner_id=str(seller), org_unit_id=None) is None
    assert await assigned(owner_id=str(seller)) is None
    history = await client.get(f"{url}/history", params={"field": "org_unit_id"})
    assert [(change["old"], change["new"]) for change in reversed(history.json()["data"])] == [
        (None, mine["id"]),
        (mine["id"], other["id"]),
        (other["id"], None),
    ]
    listed = await client.get("/v1/customers", params={"org_unit_id": mine["id"]})
    assert listed.json()["data"] == []


SOMEBODY = UUID(int=7)


@given(versions=st.lists(st.integers(1, 5), min_size=1, max_size=8))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_the_order_of_events_the_newest_unit_of_a_person_stays(service, versions):
    async with service.database.begin() as tx:
        await tx.connection.execute("DELETE FROM staff_ref")
        for version in versions:
            await on_staff_changed(tx, working(SOMEBODY, str(UUID(int=version)), version=version))
        row = await tx.connection.fetchrow("SELECT org_unit_id, version FROM staff_ref")
        assert tuple(row) == (UUID(int=max(versions)), max(versions))
