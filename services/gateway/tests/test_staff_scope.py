"""What people see: their own records, those of their unit and all below it, or everything."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from gateway.reach.commands import keep_units
from gateway.reach.domain import Place
from shared.testing.talking import eventually

EAST, SHANGHAI, PUDONG, WEST = (UUID(int=number) for number in range(1, 5))
TREE = {EAST: None, SHANGHAI: EAST, PUDONG: SHANGHAI, WEST: None}
PASSWORD = "nine lives of a tabby"


async def grown(world: Any, tree: dict[UUID, UUID | None], version: int = 1) -> None:
    """The org units, as customer-svc told of them."""
    async with world.gateway.database.begin() as tx:
        await keep_units(tx, [Place(unit, parent, "active", version) for unit, parent in tree.items()])


async def sight(world: Any, username: str) -> tuple[set[str] | None, str | None]:
    """Whose records a service is told that this person sees, and the person's unit."""
    told = (await world.client.get("/v1/customers/1", headers=await world.bearer(username))).json()
    return (None if told["holders"] is None else set(told["holders"])), told["unit"]


def ids(*units: UUID) -> set[str]:
    return set(map(str, units))


async def test_somebody_with_the_scope_own_sees_what_they_hold(world: Any) -> None:
    await grown(world, TREE)
    anna = await world.hired("anna", "sales", org_unit_id=str(SHANGHAI))
    assert await sight(world, "anna") == ({anna["id"]}, str(SHANGHAI))


async def test_somebody_with_the_scope_unit_sees_the_unit_and_all_below_it(world: Any) -> None:
    await grown(world, TREE)
    boss = await world.hired("boss", "manager", org_unit_id=str(SHANGHAI), data_scope="unit")
    assert await sight(world, "boss") == ({boss["id"], *ids(SHANGHAI, PUDONG)}, str(SHANGHAI))


async def test_a_unit_that_moves_takes_its_people_s_sight_along(world: Any) -> None:
    await grown(world, TREE)
    boss = await world.hired("boss", "manager", org_unit_id=str(EAST), data_scope="unit")
    assert (await sight(world, "boss"))[0] == {boss["id"], *ids(EAST, SHANGHAI, PUDONG)}
    await grown(world, {SHANGHAI: WEST}, version=2)
    assert (await sight(world, "boss"))[0] == {boss["id"], *ids(EAST)}


async def test_the_scope_unit_without_a_unit_is_the_scope_own(world: Any) -> None:
    lone = await world.hired("lone", "manager", data_scope="unit")
    assert await sight(world, "lone") == ({lone["id"]}, None)


async def test_somebody_with_the_scope_all_sees_everything(world: Any) -> None:
    await grown(world, TREE)
    await world.hired("anna", "sales", org_unit_id=str(WEST), data_scope="all")
    assert await sight(world, "anna") == (None, str(WEST))


async def test_an_administrator_with_a_narrow_scope_sees_no_more_than_that(world: Any) -> None:
    narrow = await world.hired("narrow", "admin")
    assert await sight(world, "narrow") == ({narrow["id"]}, None)


async def test_a_narrowed_scope_holds_without_signing_in_again(world: Any, admin: dict[str, str]) -> None:
    account = await world.hired("anna", "sales", data_scope="all")
    headers = await world.bearer("anna")
    assert (await world.client.get("/v1/customers/1", headers=headers)).json()["holders"] is None
    path = f"/v1/staff/{account['id']}"
    await world.client.patch(path, json={"data_scope": "own"}, headers=admin)

    async def narrowed() -> bool:
        told = (await world.client.get("/v1/customers/1", headers=headers)).json()
        return bool(told["holders"] == [account["id"]])

    await eventually(narrowed, seconds=5)


async def test_me_shows_the_scope_and_the_unit(world: Any) -> None:
    await grown(world, TREE)
    await world.hired("anna", "sales", org_unit_id=str(WEST), data_scope="unit")
    me = (await world.client.get("/v1/auth/me", headers=await world.bearer("anna"))).json()
    assert (me["data_scope"], me["org_unit_id"]) == ("unit", str(WEST))


async def test_an_org_unit_must_be_there(world: Any, admin: dict[str, str]) -> None:
    account = await world.hired("anna", "sales")
    nowhere = {"org_unit_id": str(uuid4())}
    new = {"username": "bao", "display_name": "包", "password": PASSWORD, "roles": ["sales"], **nowhere}
    for answer in (
        await world.client.post("/v1/staff", json=new, headers=admin),
        await world.client.patch(f"/v1/staff/{account['id']}", json=nowhere, headers=admin),
    ):
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/org_unit_id"
        assert answer.json()["errors"][0]["code"] == "org_unit_unknown"


async def test_an_org_unit_that_no_event_told_of_yet_is_asked_for(world: Any, admin: dict[str, str]) -> None:
    fresh = uuid4()
    world.neighbours["customer-svc"].units.add(fresh)
    account = await world.hired("anna", "sales", org_unit_id=str(fresh))
    assert account["org_unit_id"] == str(fresh)
    left = await world.client.patch(f"/v1/staff/{account['id']}", json={"org_unit_id": None}, headers=admin)
    assert left.json()["org_unit_id"] is None


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"data_scope": "own"}, 201),
        ({"data_scope": "own", "org_unit_id": str(WEST)}, 201),
        ({"data_scope": "unit"}, 201),
        ({"data_scope": "unit", "org_unit_id": str(PUDONG)}, 201),
        ({"data_scope": "unit", "org_unit_id": str(EAST)}, 403),
        ({"data_scope": "all"}, 403),
    ],
)
async def test_nobody_opens_an_account_that_sees_more_than_they_do(
    world: Any, fields: dict[str, str], status: int
) -> None:
    await grown(world, TREE)
    await world.hired("chief", "admin", org_unit_id=str(SHANGHAI), data_scope="unit")
    new = {"username": "bao", "display_name": "包", "password": PASSWORD, "roles": ["sales"], **fields}
    answer = await world.client.post("/v1/staff", json=new, headers=await world.bearer("chief"))
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["code"] == "beyond_own_scope"


async def test_nobody_raises_themselves_or_touches_who_sees_more(world: Any) -> None:
    narrow = await world.hired("narrow", "admin")
    wide = await world.hired("wide", "sales", data_scope="all")
    headers = await world.bearer("narrow")
    raised = await world.client.patch(
        f"/v1/staff/{narrow['id']}", json={"data_scope": "all"}, headers=headers
    )
    assert raised.status_code == 403
    path = f"/v1/staff/{wide['id']}"
    for answer in (
        await world.client.patch(path, json={"password": "ten lives of a tiger"}, headers=headers),
        await world.client.patch(path, json={"data_scope": "own"}, headers=headers),
        await world.client.post(f"{path}/disable", headers=headers),
        await world.client.post(f"{path}/sign-out", headers=headers),
    ):
        assert answer.status_code == 403, answer.request.url


@pytest.mark.parametrize("role", ["manager", "sales", "service", "analyst"])
async def test_only_administrators_change_accounts(world: Any, role: str) -> None:
    account = await world.hired("anna", role, data_scope="all")
    headers, path = await world.bearer("anna"), f"/v1/staff/{account['id']}"
    new = {"username": "bao", "display_name": "包", "password": PASSWORD, "roles": ["admin"]}
    for answer in (
        await world.client.post("/v1/staff", json=new, headers=headers),
        await world.client.patch(path, json={"roles": ["admin"]}, headers=headers),
        await world.client.get(path, headers=headers),
        await world.client.post(f"{path}/disable", headers=headers),
        await world.client.post(f"{path}/enable", headers=headers),
        await world.client.post(f"{path}/sign-out", headers=headers),
    ):
        assert answer.status_code == 403


async def test_the_list_is_filtered_by_unit_scope_and_name(world: Any, admin: dict[str, str]) -> None:
    await grown(world, TREE)
    await world.hired("anna", "sales", org_unit_id=str(EAST), display_name="安娜 100%")
    await world.hired("bao", "sales", org_unit_id=str(WEST), data_scope="unit")
    await world.hired("chen", "sales", data_scope="unit")

    async def found(**query: str) -> list[str]:
        answer = await world.client.get("/v1/staff", params=query, headers=admin)
        return [row["username"] for row in answer.json()["data"]]

    assert await found(org_unit_id=str(EAST)) == ["anna"]
    assert await found(data_scope="unit") == ["bao", "chen"]
    assert await found(data_scope="unit", org_unit_id=str(WEST)) == ["bao"]
    assert await found(q="娜") == ["anna"]
    assert await found(q="0%") == ["anna"]
    assert await found(q="_") == []
    assert await found(status="disabled") == []


async def test_a_manager_filters_by_nothing_that_is_not_shown(world: Any) -> None:
    await world.hired("boss", "manager", data_scope="all")
    headers = await world.bearer("boss")
    for query, status in (
        ({"username": "admin"}, 403),
        ({"data_scope": "all"}, 403),
        ({"q": "boss"}, 200),
        ({"role": "admin"}, 200),
    ):
        answer = await world.client.get("/v1/staff", params=query, headers=headers)
        assert answer.status_code == status, query


async def test_an_administrator_signs_somebody_out_everywhere(world: Any, admin: dict[str, str]) -> None:
    account = await world.hired("anna", "sales")
    here, there = await world.signed_in("anna"), await world.signed_in("anna")
    answer = await world.client.post(f"/v1/staff/{account['id']}/sign-out", headers=admin)
    assert answer.status_code == 204
    for each in (here, there):
        await world.until("/v1/auth/me", 401, each["access_token"])
        again = {"refresh_token": each["refresh_token"]}
        assert (await world.client.post("/v1/auth/refresh", json=again)).status_code == 401
    assert await world.signed_in("anna")
    assert (await world.client.post(f"/v1/staff/{uuid4()}/sign-out", headers=admin)).status_code == 404


async def test_the_last_administrator_who_sees_everything_keeps_that_scope(
    world: Any, admin: dict[str, str]
) -> None:
    await world.hired("narrow", "admin")
    own = (await world.client.get("/v1/auth/me", headers=admin)).json()["id"]
    answer = await world.client.patch(f"/v1/staff/{own}", json={"data_scope": "own"}, headers=admin)
    assert answer.json()["code"] == "last_admin"


async def test_an_account_tells_its_unit_when_it_changes(world: Any, admin: dict[str, str]) -> None:
    await grown(world, TREE)
    account = await world.hired("anna", "sales", org_unit_id=str(EAST), data_scope="unit")
    await world.client.patch(f"/v1/staff/{account['id']}", json={"org_unit_id": str(WEST)}, headers=admin)
    async with world.gateway.database.read() as reader:
        told = await reader.connection.fetch(
            "SELECT payload->'data'->>'org_unit_id' AS unit FROM outbox WHERE aggregate_id = $1 ORDER BY seq",
            account["id"],
        )
    assert [row["unit"] for row in told] == [str(EAST), str(WEST)]
