"""The archive of distributors: what one serves, how one becomes one, and what changed."""

import asyncpg
import pytest

from customer_svc.distributors.domain import STAGES, STATUSES, STATUSES_OF, TRANSITIONS, VERBS
from customer_svc.regions import enclosing

_STEPS = {(each.source, each.verb): each.target for each in TRANSITIONS}
_WAY = {
    "applied": (),
    "reviewing": ("review",),
    "contract": ("review", "approve"),
    "training": ("review", "approve", "sign"),
    "active": ("review", "approve", "sign", "activate"),
    "rejected": ("reject",),
    "withdrawn": ("withdraw",),
}


@pytest.fixture
def standing(client, distributor):
    """A distributor at a stage, and its address."""

    async def make(stage, code="D-1"):
        url = f"/v1/distributors/{(await distributor(code, status='prospect'))['id']}"
        for verb in _WAY[stage]:
            moved = await client.post(f"{url}/onboarding", json={"verb": verb})
            assert moved.status_code == 200, moved.text
        return url

    return make


@pytest.mark.parametrize("stage", STAGES)
async def test_every_verb_moves_on_or_is_refused_at_every_stage(client, standing, stage):
    for number, verb in enumerate(VERBS):
        url = await standing(stage, code=f"D-{number}")
        before = (await client.get(url)).json()
        assert before["onboarding_stage"] == stage
        answer = await client.post(f"{url}/onboarding", json={"verb": verb})
        target = _STEPS.get((stage, verb))
        if target is None:
            assert answer.status_code == 409
            problem = answer.json()
            assert (problem["code"], problem["onboarding_stage"]) == ("transition_not_allowed", stage)
            assert problem["allowed"] == [known for source, known in _STEPS if source == stage]
            assert (await client.get(url)).json() == before
        else:
            found = answer.json()
            assert (found["onboarding_stage"], found["status"]) == (target, STATUSES_OF[target][0])
            assert answer.headers["etag"] == f'"v{before["version"] + 1}"'


async def test_the_database_knows_the_same_steps_and_states(service, standing, client):
    steps = {(each.source, each.target) for each in TRANSITIONS}
    for number, source in enumerate(STAGES):
        url = await standing(source, code=f"D-{number}")
        for target in STAGES:
            for status in STATUSES:
                fits = (source == target or (source, target) in steps) and status in STATUSES_OF[target]
                assert await _takes(service, url.rpartition("/")[2], target, status) is fits


async def _takes(service, distributor_id, stage, status):
    """Whether the table takes the change, which is undone."""
    sql = "UPDATE distributor SET onboarding_stage = $2, status = $3 WHERE id = $1"
    async with service.database.read() as db:
        transaction = db.connection.transaction()
        await transaction.start()
        try:
            await db.connection.execute(sql, distributor_id, stage, status)
        except asyncpg.CheckViolationError:
            return False
        finally:
            await transaction.rollback()
    return True


@pytest.mark.parametrize("stage", STAGES)
async def test_a_status_is_only_set_by_hand_where_it_fits_the_stage(client, standing, stage):
    url = await standing(stage)
    for status in STATUSES:
        answer = await client.patch(url, json={"status": status})
        if status in STATUSES_OF[stage]:
            assert answer.json()["status"] == status
        else:
            assert (answer.status_code, answer.json()["code"]) == (409, "status_not_allowed")
            assert answer.json()["allowed"] == list(STATUSES_OF[stage])


@pytest.mark.parametrize(
    ("status", "stage"),
    [
        ("prospect", "applied"),
        ("onboarding", "reviewing"),
        ("active", "active"),
        ("suspended", "active"),
        ("ended", "active"),
    ],
)
async def test_who_is_entered_stands_where_the_status_says(distributor, status, stage):
    assert (await distributor("D-1", status=status))["onboarding_stage"] == stage


async def test_the_course_is_kept_with_who_said_what(client, standing, told):
    url = await standing("reviewing")
    moved = await client.post(
        f"{url}/onboarding", json={"verb": "approve", "note": "资料齐全"}, headers={"If-Match": '"v2"'}
    )
    assert moved.status_code == 200
    stale = await client.post(f"{url}/onboarding", json={"verb": "sign"}, headers={"If-Match": '"v2"'})
    assert stale.status_code == 412
    steps = (await client.get(f"{url}/history", params={"field": "onboarding_stage"})).json()["data"]
    assert [(step["old"], step["new"], step["note"], step["version"]) for step in steps] == [
        ("reviewing", "contract", "资料齐全", 3),
        ("applied", "reviewing", None, 2),
    ]
    everything = (await client.get(f"{url}/history")).json()["data"]
    assert [(c["field"], c["note"]) for c in everything if c["field"] == "status"] == [("status", None)]
    assert [event["data"]["status"] for event in await told()] == ["prospect", "onboarding", "onboarding"]


@pytest.mark.parametrize("body", [{}, {"verb": "promote"}, {"verb": "review", "note": "x" * 501}])
async def test_a_step_that_is_none_is_refused(client, standing, body):
    url = await standing("applied")
    assert (await client.post(f"{url}/onboarding", json=body)).status_code == 422


async def test_what_changed_is_kept_by_field_and_nothing_for_nothing(client, distributor):
    top, one = await distributor("D-1"), await distributor("D-2", level="A", territory=["310000"])
    url = f"/v1/distributors/{one['id']}"
    change = {"level": "B", "territory": ["330100", "310000", "310000"], "parent_id": top["id"]}
    changed = (await client.patch(url, json=change)).json()
    assert changed["territory"] == ["310000", "330100"]
    again = await client.patch(url, json=change)
    assert again.json()["version"] == changed["version"] == 2
    history = (await client.get(f"{url}/history")).json()["data"]
    assert {change["field"]: (change["old"], change["new"]) for change in history} == {
        "level": ("A", "B"),
        "territory": (["310000"], ["310000", "330100"]),
        "parent_id": (None, top["id"]),
    }
    assert (await client.delete(url)).status_code == 204
    assert (await client.get(f"{url}/history")).status_code == 404


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"territory": ["999999"]}, "/territory/0"),
        ({"territory": ["310000", "31"]}, "/territory/1"),
        ({"territory": ["310001"]}, "/territory/0"),
        ({"territory": ["161000"]}, "/territory/0"),
        ({"territory": ["31000０"]}, "/territory/0"),
        ({"territory": "310000"}, "/territory"),
        ({"territory": ["310000"] * 501}, "/territory"),
        ({"territory": None}, "/territory"),
        ({"product_lines": ["has space"]}, "/product_lines/0"),
        ({"product_lines": [f"L-{number}" for number in range(101)]}, "/product_lines"),
        ({"onboarding_stage": "active"}, "/onboarding_stage"),
    ],
)
async def test_a_wrong_field_is_named(client, distributor, body, pointer):
    made = await client.post("/v1/distributors", json={"code": "D-9", "name": "x", **body})
    one = await distributor("D-1")
    changed = await client.patch(f"/v1/distributors/{one['id']}", json=body)
    for answer in (made, changed):
        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_every_filter_narrows_the_archive(client, distributor):
    top = await distributor("A", territory=["310000"], product_lines=["TEA", "RICE"])
    mid = await distributor("B", parent_id=top["id"], territory=["330100"], product_lines=["RICE"])
    leaf = await distributor("C", parent_id=mid["id"], territory=["330106", "440300"])
    await distributor("D", status="prospect")

    async def codes(**params):
        page = (
            await client.get("/v1/distributors", params={**params, "sort": "name", "count": "exact"})
        ).json()
        assert page["page"]["total"] == len(page["data"])
        return [one["code"] for one in page["data"]]

    assert await codes() == ["A", "B", "C", "D"]
    assert await codes(territory="310101") == ["A"]
    assert await codes(territory="310000") == ["A"]
    assert await codes(territory="330106") == ["B", "C"]
    assert await codes(territory="330000") == []
    assert await codes(product_line="RICE") == ["A", "B"]
    assert await codes(onboarding_stage="applied") == ["D"]
    assert await codes(ancestor_id=top["id"]) == ["B", "C"]
    assert await codes(ancestor_id=top["id"], territory="440300") == ["C"]
    assert await codes(ancestor_id=leaf["id"]) == []
    assert (await client.get("/v1/distributors", params={"territory": "shanghai"})).status_code == 422


async def test_a_filtered_list_is_walked_page_by_page(client, distributor):
    top = await distributor("D-0", territory=["310000"])
    for number in range(1, 6):
        await distributor(f"D-{number}", parent_id=top["id"], territory=["310000"])
    filters = {"ancestor_id": top["id"], "territory": "310101", "limit": 2}
    found, cursor = [], None
    for _ in range(3):
        params = filters | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/v1/distributors", params=params)).json()
        found += [one["code"] for one in page["data"]]
        cursor = page["page"]["next_cursor"]
    assert cursor is None
    assert found == [f"D-{number}" for number in (5, 4, 3, 2, 1)]


@pytest.mark.parametrize(
    ("code", "around"),
    [
        ("310101", ["310101", "310100", "310000"]),
        ("310100", ["310100", "310000"]),
        ("310000", ["310000"]),
    ],
)
def test_a_region_lies_in_its_prefecture_and_province(code, around):
    assert enclosing(code) == around
