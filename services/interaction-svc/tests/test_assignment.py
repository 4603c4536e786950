"""New complaints find their owner by rules."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interaction_svc.assignment.domain import METHODS, Candidate, Matter, choose
from interaction_svc.staff.commands import keep
from shared.clock import new_id
from shared.events.gateway import StaffChanged
from shared.references import CustomerRef, apply
from shared.testing import staff

MANAGER = staff("manager")


async def team(world: Any, *members: Any) -> str:
    body = {
        "name": f"组 {uuid4()}",
        "members": [{"staff_id": str(each["id"]), **each["as"]} for each in members],
    }
    answer = await world.post("/v1/teams", body, MANAGER)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def member(**known: Any) -> dict[str, Any]:
    return {"id": uuid4(), "as": known}


async def rule(world: Any, team_id: str, method: str, **fields: Any) -> dict[str, Any]:
    body = {"name": method, "team_id": team_id, "method": method, **fields}
    answer = await world.post("/v1/assignment-rules", body, MANAGER)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def owner(world: Any, customer: str | None = None, **fields: Any) -> str | None:
    complaint = await world.complaint(customer or await world.customer(), **fields)
    found: str | None = complaint["owner_id"]
    return found


async def leaves(world: Any, who: UUID) -> None:
    gone = StaffChanged(
        subject=who,
        version=2,
        distributor_id=None,
        roles=(),
        active=False,
        org_unit_id=None,
        data_scope="own",
    )
    async with world.database.begin() as tx:
        await keep(tx, gone)


async def test_without_rules_nobody_owns_a_new_complaint(world: Any) -> None:
    assert await owner(world) is None


async def test_members_take_turns_and_who_left_is_passed_over(world: Any) -> None:
    people = [member() for _ in range(3)]
    await rule(world, await team(world, *people), "round_robin")
    ids = [str(each["id"]) for each in people]
    assert [await owner(world) for _ in range(4)] == [*ids, ids[0]]
    await leaves(world, people[1]["id"])
    assert [await owner(world) for _ in range(2)] == [ids[2], ids[0]]


async def test_ten_complaints_at_once_are_shared_out_evenly(world: Any) -> None:
    people = [member() for _ in range(5)]
    await rule(world, await team(world, *people), "round_robin")
    customer = await world.customer()
    owners = await asyncio.gather(*(owner(world, customer) for _ in range(10)))
    assert set(Counter(owners).values()) == {2}


async def test_whoever_owns_the_fewest_open_ones_gets_it(world: Any) -> None:
    busy, free = member(), member()
    await rule(world, await team(world, busy, free), "least_open")
    assert await owner(world) == str(busy["id"])
    customer = await world.customer()
    complaint = await world.complaint(customer)
    assert complaint["owner_id"] == str(free["id"])
    await world.do(complaint, "resolve", result="换货")
    assert await owner(world) == str(free["id"])


async def test_a_skill_or_a_territory_that_nobody_has_leaves_it_to_the_next_rule(world: Any) -> None:
    unit = uuid4()
    able, local, other = member(skills=["quality"]), member(territories=[str(unit)]), member()
    await rule(world, await team(world, able), "skill", position=1)
    await rule(world, await team(world, local), "territory", position=2)
    await rule(world, await team(world, other), "least_open", position=3)
    ref = CustomerRef(new_id(), None, None, unit, "active", None, None, 1)
    async with world.database.begin() as tx:
        await apply(tx, [ref])
    assert await owner(world, category="quality") == str(able["id"])
    assert await owner(world, str(ref.id), category="billing") == str(local["id"])
    assert await owner(world, category="billing") == str(other["id"])


@pytest.mark.parametrize(
    ("condition", "fitting", "other"),
    [
        ({"categories": ["delivery"]}, {"category": "delivery"}, {"category": "quality"}),
        ({"severities": ["critical"]}, {"severity": "critical"}, {"severity": "low"}),
        ({"channels": ["email"]}, {"channel": "email"}, {"channel": "call"}),
    ],
)
async def test_a_rule_is_for_what_fits_it(world: Any, condition: Any, fitting: Any, other: Any) -> None:
    somebody = member()
    await rule(world, await team(world, somebody), "least_open", **condition)
    assert await owner(world, **fitting) == str(somebody["id"])
    assert await owner(world, **other) is None


async def test_trying_rules_out_changes_nothing(world: Any) -> None:
    able, other = member(skills=["quality"]), member()
    skill = await rule(world, await team(world, able, other), "skill", position=1, categories=["quality"])
    turns = await rule(world, await team(world, member(), member()), "round_robin", position=2)
    tried = (await world.post("/v1/assignment-rules/dry-run", {"category": "quality"}, MANAGER)).json()
    assert (tried["rule_id"], tried["staff_id"]) == (skill["id"], str(able["id"]))
    assert [each["why"] for each in tried["rules"][0]["considered"]] == ["chosen", "skill_missing"]
    body = {"category": "billing", "severity": "low", "channel": "sms"}
    first, again = [
        (await world.post("/v1/assignment-rules/dry-run", body, MANAGER)).json() for _ in range(2)
    ]
    assert first == again
    assert [each["rule_id"] for each in first["rules"]] == [turns["id"]]
    assert (await world.get(f"/v1/assignment-rules/{turns['id']}", MANAGER)).json() == turns
    assert await world.sql("SELECT FROM complaint") == []
    await leaves(world, able["id"])
    nobody = (await world.post("/v1/assignment-rules/dry-run", {"category": "quality"}, MANAGER)).json()
    assert [each["why"] for each in nobody["rules"][0]["considered"]] == ["inactive", "skill_missing"]


async def test_a_rule_is_changed_and_removed(world: Any) -> None:
    team_id = await team(world, member())
    made = await rule(world, team_id, "least_open")
    path = f"/v1/assignment-rules/{made['id']}"
    changed = (await world.patch(path, {"active": False}, MANAGER)).json()
    assert (changed["active"], changed["version"]) == (False, 2)
    assert await owner(world) is None
    unknown = await world.patch(path, {"team_id": str(uuid4())}, MANAGER)
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/team_id")
    assert (await world.patch(path, {"method": "lottery"}, MANAGER)).status_code == 422
    async with world.client(MANAGER) as client:
        assert (await client.delete(path)).status_code == 204
        await rule(world, team_id, "least_open")
        assert (await client.delete(f"/v1/teams/{team_id}")).status_code == 204
    assert (await world.get("/v1/assignment-rules", MANAGER)).json()["data"] == []


async def test_a_partners_complaint_finds_an_owner_whom_it_does_not_see(world: Any) -> None:
    shop = uuid4()
    somebody = member()
    await rule(world, await team(world, somebody), "round_robin")
    body = {"customer_id": await world.customer(shop), "channel": "call", "category": "quality"}
    answer = await world.post("/v1/complaints", {**body, "subject": "裂纹"}, world.partner(shop))
    assert (answer.status_code, answer.json()["owner_id"]) == (201, str(somebody["id"]))


UNIT = new_id()
candidates = st.builds(
    Candidate,
    staff_id=st.uuids(),
    skills=st.sampled_from([frozenset(), frozenset({"quality"})]),
    territories=st.sampled_from([frozenset(), frozenset({UNIT})]),
    active=st.booleans(),
    open=st.integers(0, 5),
)


@given(
    st.sampled_from(METHODS),
    st.lists(candidates, max_size=6, unique_by=lambda each: each.staff_id),
    st.integers(0, 6),
)
def test_somebody_able_is_chosen_if_there_is_anybody(method: Any, people: list[Candidate], last: int) -> None:
    matter = Matter("quality", "high", "call", None, None, UNIT)
    before = people[last].staff_id if last < len(people) else None
    choice = choose(method, people, matter, last=before)
    able = [
        each
        for each in people
        if each.active and (method != "skill" or each.skills) and (method != "territory" or each.territories)
    ]
    assert (choice.staff_id is None) == (not able)
    assert set(choice.considered) == {each.staff_id for each in people}
    if able:
        chosen = next(each for each in able if each.staff_id == choice.staff_id)
        assert choice.considered[chosen.staff_id] == "chosen"
        if method != "round_robin":
            assert chosen.open == min(each.open for each in able)
        elif len(able) > 1:
            assert chosen.staff_id != before
