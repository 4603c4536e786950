"""Service teams: who is in them and who is above whom."""

from typing import Any
from uuid import uuid4

import pytest

from interaction_svc.teams.queries import above
from shared.clock import new_id
from shared.testing import staff

MANAGER = staff("manager")


async def created(world: Any, name: str, *members: Any, **fields: Any) -> dict[str, Any]:
    people = [{"staff_id": str(one)} if not isinstance(one, dict) else one for one in members]
    answer = await world.post("/v1/teams", {"name": name, "members": people, **fields}, MANAGER)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_team_is_created_read_changed_and_removed(world: Any) -> None:
    one, two = str(uuid4()), str(uuid4())
    made = await created(
        world, "华东客服组", {"staff_id": two, "skills": ["quality"], "territories": [one]}, one
    )
    assert [member["staff_id"] for member in made["members"]] == [two, one]
    path = f"/v1/teams/{made['id']}"
    assert (await world.get(path, MANAGER)).json() == made
    changed = await world.patch(path, {"members": [{"staff_id": one}], "lead_id": two}, MANAGER)
    assert changed.json()["members"] == [{"staff_id": one, "skills": [], "territories": []}]
    assert (await world.patch(path, {"name": "x"}, MANAGER, **{"If-Match": '"v1"'})).status_code == 412
    renamed = (await world.patch(path, {"name": "客服一组"}, MANAGER, **{"If-Match": '"v2"'})).json()
    assert renamed["members"] == changed.json()["members"]
    found = (await world.get(f"/v1/teams?member_id={one}", MANAGER)).json()["data"]
    assert [team["id"] for team in found] == [made["id"]]
    assert (await world.get(f"/v1/teams?member_id={two}", MANAGER)).json()["data"] == []
    async with world.client(MANAGER) as client:
        assert (await client.delete(path)).status_code == 204
    assert (await world.get(path, MANAGER)).status_code == 404
    await created(world, "客服一组", one)


async def test_nobody_is_in_two_teams_and_no_name_is_used_twice(world: Any) -> None:
    one = uuid4()
    await created(world, "一组", one)
    taken = await world.post("/v1/teams", {"name": "一组"}, MANAGER)
    assert (taken.status_code, taken.json()["code"]) == (409, "team_exists")
    elsewhere = await world.post("/v1/teams", {"name": "二组", "members": [{"staff_id": str(one)}]}, MANAGER)
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (409, "member_elsewhere")
    second = await created(world, "二组")
    for wrong, code in (
        ({"name": "一组"}, "team_exists"),
        ({"members": [{"staff_id": str(one)}]}, "member_elsewhere"),
    ):
        answer = await world.patch(f"/v1/teams/{second['id']}", wrong, MANAGER)
        assert (answer.status_code, answer.json()["code"]) == (409, code)


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"members": [{"staff_id": str(new_id())}] * 2}, "/members"),
        ({"members": [{"staff_id": str(new_id()), "territories": ["Shanghai"]}]}, "/members/0/territories/0"),
        ({"name": ""}, "/name"),
    ],
)
async def test_a_wrong_team_is_refused(world: Any, wrong: dict[str, Any], pointer: str) -> None:
    answer = await world.post("/v1/teams", {"name": "一组", **wrong}, MANAGER)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_only_managers_change_teams(world: Any) -> None:
    assert (await world.post("/v1/teams", {"name": "一组"}, world.wang)).status_code == 403
    assert (await world.get("/v1/teams", world.wang)).status_code == 200


async def test_who_is_above_somebody(world: Any) -> None:
    one, lead, manager = new_id(), new_id(), new_id()
    await created(world, "一组", one, lead_id=str(lead), manager_id=str(manager))
    async with world.database.read() as reader:
        assert await above(reader, [one, lead]) == {one: (lead, manager)}
