"""Staff accounts: who may see and change them, and what a change does to the person."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from gateway.api_keys import tables as _api_keys
from gateway.app import ensure_admin
from gateway.keys import tables as _keys
from gateway.oidc import tables as _oidc
from gateway.reach import tables as _reach
from gateway.sessions import tables as _sessions
from gateway.tables import Base
from shared.db.base import SharedBase
from shared.db.migrate import differences
from shared.references import tables as _references
from shared.testing import clean

PASSWORD = "nine lives of a tabby"
NEW = {
    "username": "Li.Wei",
    "display_name": "李伟",
    "password": PASSWORD,
    "roles": ["sales", "service", "sales"],
}
TABLES = (_api_keys, _keys, _oidc, _reach, _sessions, _references)


async def test_an_administrator_opens_an_account_and_the_person_signs_in(world: Any) -> None:
    headers = await world.bearer()
    answer = await world.client.post("/v1/staff", json=NEW, headers=headers)
    assert answer.status_code == 201
    account = answer.json()
    assert answer.headers["location"] == f"/v1/staff/{account['id']}"
    assert account["username"] == "li.wei"
    assert account["roles"] == ["sales", "service"]
    assert "password" not in answer.text
    assert PASSWORD not in answer.text
    read = await world.client.get(answer.headers["location"], headers=headers)
    assert read.headers["etag"] == '"v1"'
    assert read.json() == account
    me = await world.client.get("/v1/auth/me", headers=await world.bearer("li.wei"))
    assert me.json()["display_name"] == "李伟"


async def test_a_user_name_is_taken_once(world: Any) -> None:
    headers = await world.bearer()
    await world.client.post("/v1/staff", json=NEW, headers=headers)
    answer = await world.client.post("/v1/staff", json=NEW, headers=headers)
    assert answer.status_code == 409
    assert answer.json()["code"] == "username_taken"


async def test_the_same_order_to_open_an_account_opens_it_once(world: Any) -> None:
    headers = {**await world.bearer(), "Idempotency-Key": "open-li-wei"}
    first = await world.client.post("/v1/staff", json=NEW, headers=headers)
    second = await world.client.post("/v1/staff", json=NEW, headers=headers)
    assert second.status_code == 201
    assert second.headers["idempotent-replayed"] == "true"
    assert second.json() == first.json()


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"password": "short"}, "/password"),
        ({"password": "xx li.wei xx"}, "/password"),
        ({"password": "aaaaaaaaaaaa"}, "/password"),
        ({"username": "li wei"}, "/username"),
        ({"username": "李伟"}, "/username"),
        ({"display_name": "\u202eevil"}, "/display_name"),
        ({"roles": []}, "/roles"),
        ({"roles": ["king"]}, "/roles/0"),
        ({"email": "nothing"}, "/email"),
        ({"salary": 1}, "/salary"),
    ],
)
async def test_a_poor_account_is_refused_at_the_wrong_field(
    world: Any, change: dict[str, Any], pointer: str
) -> None:
    answer = await world.client.post("/v1/staff", json={**NEW, **change}, headers=await world.bearer())
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("role", ["sales", "service", "analyst"])
async def test_others_see_no_accounts(world: Any, role: str) -> None:
    await world.hired("somebody", role)
    headers = await world.bearer("somebody")
    assert (await world.client.get("/v1/staff", headers=headers)).status_code == 403
    assert (await world.client.post("/v1/staff", json=NEW, headers=headers)).status_code == 403


async def test_a_manager_sees_names_and_roles_only(world: Any) -> None:
    account = await world.hired("boss", "manager")
    headers = await world.bearer("boss")
    answer = await world.client.get("/v1/staff", headers=headers)
    assert answer.status_code == 200
    assert {frozenset(row) for row in answer.json()["data"]} == {frozenset({"id", "display_name", "roles"})}
    assert (await world.client.get(f"/v1/staff/{account['id']}", headers=headers)).status_code == 403


async def test_the_list_is_paged_and_filtered(world: Any) -> None:
    for name in ("anna", "bao", "chen"):
        await world.hired(name, "sales")
    headers = await world.bearer()
    names: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = (await world.client.get("/v1/staff", params=query, headers=headers)).json()
        names += [row["username"] for row in page["data"]]
        if not page["page"]["has_more"]:
            break
        query["cursor"] = page["page"]["next_cursor"]
    assert names == ["admin", "anna", "bao", "chen"]
    sales = await world.client.get("/v1/staff", params={"role": "sales", "count": "exact"}, headers=headers)
    assert sales.json()["page"]["total"] == 3


async def test_a_stale_change_is_refused(world: Any) -> None:
    account = await world.hired("anna", "sales")
    headers, path = await world.bearer(), f"/v1/staff/{account['id']}"
    fresh = {**headers, "If-Match": '"v1"'}
    changed = await world.client.patch(path, json={"data_scope": "all"}, headers=fresh)
    assert changed.json()["version"] == 2
    assert changed.headers["etag"] == '"v2"'
    assert (await world.client.patch(path, json={"data_scope": "own"}, headers=fresh)).status_code == 412


async def test_a_patch_changes_only_what_it_names(world: Any) -> None:
    account = await world.hired("anna", "sales")
    headers, path = await world.bearer(), f"/v1/staff/{account['id']}"
    same = await world.client.patch(path, json={}, headers=headers)
    assert same.json() == account
    changed = (await world.client.patch(path, json={"email": "anna@example.com"}, headers=headers)).json()
    assert {**changed, "email": None, "version": 1, "updated_at": account["updated_at"]} == account
    for bad in ({"display_name": None}, {"roles": None}, {"status": None}, {"username": "other"}):
        assert (await world.client.patch(path, json=bad, headers=headers)).status_code == 422


async def test_an_unknown_account_is_not_found(world: Any) -> None:
    answer = await world.client.get(f"/v1/staff/{uuid4()}", headers=await world.bearer())
    assert answer.status_code == 404


async def test_a_disabled_person_is_cut_off_within_five_seconds(world: Any) -> None:
    account = await world.hired("anna", "sales")
    theirs, headers = await world.signed_in("anna"), await world.bearer()
    bearer = {"Authorization": f"Bearer {theirs['access_token']}"}
    assert (await world.client.get("/v1/customers/1", headers=bearer)).status_code == 200
    path = f"/v1/staff/{account['id']}"
    assert (await world.client.post(f"{path}/disable", headers=headers)).json()["status"] == "disabled"
    await world.until("/v1/customers/1", 401, theirs["access_token"])
    refresh = {"refresh_token": theirs["refresh_token"]}
    assert (await world.client.post("/v1/auth/refresh", json=refresh)).status_code == 401
    form = {"username": "anna", "password": PASSWORD}
    assert (await world.client.post("/v1/auth/token", data=form)).status_code == 401
    assert (await world.client.post(f"{path}/enable", headers=headers)).json()["status"] == "active"
    assert (await world.client.get("/v1/customers/1", headers=bearer)).status_code == 401
    assert (await world.client.post("/v1/auth/token", data=form)).status_code == 200


async def test_a_lost_role_is_lost_without_signing_in_again(world: Any) -> None:
    account = await world.hired("anna", "manager")
    theirs, headers = (await world.signed_in("anna"))["access_token"], await world.bearer()
    await world.until("/v1/staff", 200, theirs)
    path = f"/v1/staff/{account['id']}"
    await world.client.patch(path, json={"roles": ["analyst"]}, headers=headers)
    await world.until("/v1/staff", 403, theirs)


async def test_the_last_administrator_stays(world: Any) -> None:
    headers = await world.bearer()
    own = (await world.client.get("/v1/auth/me", headers=headers)).json()["id"]
    path = f"/v1/staff/{own}"
    assert (await world.client.post(f"{path}/disable", headers=headers)).status_code == 409
    answer = await world.client.patch(path, json={"roles": ["sales"]}, headers=headers)
    assert answer.json()["code"] == "last_admin"
    second = await world.hired("second", "admin", data_scope="all")
    others = await world.bearer("second")
    leave = (
        world.client.post(f"{path}/disable", headers=others),
        world.client.post(f"/v1/staff/{second['id']}/disable", headers=headers),
    )
    first, late = sorted(answer.status_code for answer in await asyncio.gather(*leave))
    # Who comes second is refused: by the rule, or at the door when their own account had ended by then.
    assert first == 200
    assert late in {401, 409}
    async with world.gateway.database.read() as reader:
        left = await reader.connection.fetchval(
            "SELECT count(*) FROM staff WHERE status = 'active' AND 'admin' = ANY(roles)"
        )
    assert left == 1


async def test_a_change_is_announced_without_personal_data(world: Any) -> None:
    account = await world.hired("anna", "sales")
    async with world.gateway.database.read() as reader:
        kept = await reader.connection.fetchval(
            "SELECT payload::text FROM outbox WHERE aggregate_id = $1", account["id"]
        )
    assert "staff.changed.v1" in kept
    assert "anna" not in kept


async def test_the_first_administrator_is_made_once(world: Any) -> None:
    database = world.gateway.database
    assert await ensure_admin(database) is None
    await clean(database, keep=("signing_key",))
    made = await ensure_admin(database)
    assert made is not None
    assert await ensure_admin(database) is None
    assert (await world.signed_in("admin", made))["access_token"]


async def test_a_given_password_is_used_and_not_handed_back(world: Any) -> None:
    await clean(world.gateway.database, keep=("signing_key",))
    assert await ensure_admin(world.gateway.database, "given by the operator") is None
    assert await world.signed_in("admin", "given by the operator")


async def test_the_tables_in_code_are_the_migrated_ones(settings: Any) -> None:
    url = settings.database_owner_url.get_secret_value()
    found = await differences("gateway", url, [Base.metadata, SharedBase.metadata])
    assert not found
