"""Keys of partners: who may give which, and what becomes of them."""

import asyncio
import json
import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text as sql

from gateway.api_keys import text
from gateway.api_keys.hashing import Hashing
from gateway.api_keys.uses import Uses
from gateway.edge.partners import KeyIdentity
from gateway.reach.domain import Place
from shared.auth.permissions import GRANTABLE
from shared.db import Scope

from .conftest import PASSWORD
from .keys import SCOPES, distributor, made, shown, status, told

NEW = {"name": "ERP", "scopes": SCOPES}


async def hired(
    world: Any, admin: dict[str, str], username: str, role: str, data_scope: str = "all"
) -> dict[str, str]:
    """A colleague, and how they are signed in."""
    body = {
        "username": username,
        "display_name": username,
        "password": PASSWORD,
        "roles": [role],
        "data_scope": data_scope,
    }
    answer = await world.client.post("/v1/staff", json=body, headers=admin)
    assert answer.status_code == 201, answer.text
    return {"id": answer.json()["id"], **await world.bearer(username)}


async def test_a_key_is_shown_once_and_never_again(world: Any, admin: dict[str, str]) -> None:
    home = await distributor(world)
    body = {**NEW, "distributor_id": str(home), "networks": ["10.0.0.0/8", "::1"], "masked_fields": ["phone"]}
    answer = await world.client.post("/v1/api-keys", json=body, headers=admin)
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    key = answer.json()
    assert re.fullmatch(r"tl_live_[0-9A-Za-z]{12}_[0-9A-Za-z]{43}_[0-9a-f]{8}", key["key"])
    assert key["key"].startswith(key["prefix"] + "_")
    assert (key["status"], key["networks"], key["plan"]) == ("active", ["10.0.0.0/8", "::1/128"], "partner")
    read = await world.client.get(answer.headers["location"], headers=admin)
    assert read.headers["etag"] == '"v1"'
    assert read.json() == {name: value for name, value in key.items() if name != "key"}
    listed = await world.client.get("/v1/api-keys", headers=admin)
    secret = key["key"].split("_")[3]
    assert listed.json()["data"] == [read.json()]
    assert secret not in read.text + listed.text
    async with world.gateway.database.read() as reader:
        assert secret not in str(await reader.rows(sql("SELECT api_key::text FROM api_key")))
        told_of = await reader.rows(sql("SELECT outbox::text FROM outbox WHERE type = 'key.created.v1'"))
    assert len(told_of) == 1
    assert secret not in str(told_of)


async def test_others_are_told_what_a_key_may_and_when_that_changes(
    world: Any, admin: dict[str, str]
) -> None:
    home = await distributor(world)
    body = {**NEW, "distributor_id": str(home), "scopes": ["orders:read", "customers:read"]}
    key = (await world.client.post("/v1/api-keys", json=body, headers=admin)).json()
    path = f"/v1/api-keys/{key['id']}"
    for patch in (
        {"name": "ERP of the south"},
        {"scopes": ["orders:read"]},
        {"expires_at": "2090-01-01T00:00:00Z"},
    ):
        assert (await world.client.patch(path, json=patch, headers=admin)).status_code == 200
    await world.client.post(f"{path}/rotate", json={}, headers=admin)
    async with world.gateway.database.read() as reader:
        rows = await reader.rows(sql("SELECT type, payload::text AS told FROM outbox ORDER BY seq"))
    told_of = [
        (row["type"], json.loads(row["told"])["data"]) for row in rows if row["type"].startswith("key.")
    ]
    assert [(kind, told["scopes"], told["expires_at"]) for kind, told in told_of] == [
        ("key.created.v1", ["customers:read", "orders:read"], None),
        ("key.changed.v1", ["orders:read"], None),
        ("key.changed.v1", ["orders:read"], "2090-01-01T00:00:00Z"),
    ]


async def test_the_same_order_makes_one_key_and_its_secret_is_not_kept_readable(
    world: Any, admin: dict[str, str]
) -> None:
    home = await distributor(world)
    headers = {**admin, "Idempotency-Key": "first-key"}
    body = {**NEW, "distributor_id": str(home)}
    first = await world.client.post("/v1/api-keys", json=body, headers=headers)
    second = await world.client.post("/v1/api-keys", json=body, headers=headers)
    assert second.headers["idempotent-replayed"] == "true"
    assert second.json() == first.json()
    assert await status(world, first.json()["key"]) == 200
    async with world.gateway.database.read() as reader:
        kept = await reader.value(sql("SELECT answer FROM idempotency"))
        assert await reader.value(sql("SELECT count(*) FROM api_key")) == 1
    assert first.json()["key"].encode() not in kept


POOR_KEYS: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "/name"),
    ({"name": "\u202eevil"}, "/name"),
    ({"scopes": []}, "/scopes"),
    ({"scopes": ["staff:read"]}, "/scopes/0"),
    ({"scopes": ["orders:read", "api_keys:write"]}, "/scopes/1"),
    ({"scopes": ["*"]}, "/scopes/0"),
    ({"scopes": "orders:read"}, "/scopes"),
    ({"distributor_id": "7"}, "/distributor_id"),
    ({"distributor_id": str(uuid4())}, "/distributor_id"),
    ({"environment": "prod"}, "/environment"),
    ({"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
    ({"expires_at": "tomorrow"}, "/expires_at"),
    ({"networks": ["10.0.0.0/33"]}, "/networks/0"),
    ({"networks": ["::1", "10.0.0.7/8"]}, "/networks/1"),
    ({"networks": ["example.com"]}, "/networks/0"),
    ({"networks": ["10.0.0.0/8"] * 51}, "/networks"),
    ({"masked_fields": ["name"]}, "/masked_fields/0"),
    ({"plan": "a plan"}, "/plan"),
    ({"key": "tl_live_mine"}, "/key"),
    ({"created_by": str(uuid4())}, "/created_by"),
]
POOR_CHANGES: list[tuple[dict[str, Any], str]] = [
    ({"scopes": ["staff:write"]}, "/scopes/0"),
    ({"scopes": []}, "/scopes"),
    ({"name": None}, "/name"),
    ({"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
    ({"distributor_id": str(uuid4())}, "/distributor_id"),
    ({"environment": "live"}, "/environment"),
    ({"networks": None}, "/networks"),
]


async def test_a_poor_key_is_refused_at_the_wrong_field(world: Any, admin: dict[str, str]) -> None:
    home = await distributor(world)
    for change, pointer in POOR_KEYS:
        body = {**NEW, "distributor_id": str(home), **change}
        answer = await world.client.post("/v1/api-keys", json=body, headers=admin)
        assert answer.status_code == 422, change
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer], change


async def test_a_distributor_that_has_ended_gets_no_key(world: Any, admin: dict[str, str]) -> None:
    home = await distributor(world, status="ended")
    body = {**NEW, "distributor_id": str(home)}
    answer = await world.client.post("/v1/api-keys", json=body, headers=admin)
    assert (answer.status_code, answer.json()["code"]) == (422, "distributor_not_open")


@pytest.mark.parametrize("role", ["sales", "service", "analyst"])
async def test_who_may_not_give_keys_cannot_even_see_them(
    world: Any, admin: dict[str, str], role: str
) -> None:
    key = await made(world, admin)
    headers = await hired(world, admin, "anna", role)
    del headers["id"]
    for method, path in _operations(key["id"]):
        answer = await world.client.request(method, path, json={}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing"), (method, path)


async def test_who_does_not_see_every_customer_gives_no_key_and_renews_none(
    world: Any, admin: dict[str, str]
) -> None:
    key = await made(world, admin)
    manager = await hired(world, admin, "max", "manager", "own")
    bearer = {"Authorization": manager["Authorization"]}
    body = {**NEW, "distributor_id": key["distributor_id"]}
    one = f"/v1/api-keys/{key['id']}"
    for method, path, sent in (
        ("POST", "/v1/api-keys", body),
        ("PATCH", one, {"masked_fields": []}),
        ("POST", f"{one}/rotate", {}),
    ):
        answer = await world.client.request(method, path, json=sent, headers=bearer)
        assert (answer.status_code, answer.json()["code"]) == (403, "sight_too_narrow"), path
    assert (await world.client.delete(one, headers=bearer)).status_code == 204


async def test_a_key_can_do_nothing_with_keys(world: Any, admin: dict[str, str]) -> None:
    key = await made(world, admin, scopes=sorted(GRANTABLE))
    for method, path in _operations(key["id"]):
        answer = await world.client.request(method, path, json={}, headers={"X-API-Key": key["key"]})
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing"), (method, path)


def _operations(key_id: str) -> list[tuple[str, str]]:
    one = f"/v1/api-keys/{key_id}"
    return [
        ("POST", "/v1/api-keys"),
        ("GET", "/v1/api-keys"),
        ("GET", one),
        ("PATCH", one),
        ("POST", f"{one}/rotate"),
        ("DELETE", one),
    ]


async def test_a_changed_key_is_another_within_seconds(world: Any, admin: dict[str, str]) -> None:
    key = await made(world, admin, masked_fields=["email"])
    one = f"/v1/api-keys/{key['id']}"
    assert (await shown(world, key["key"])).json()["masked"] == ["email"]
    changes = {"name": "New", "scopes": ["customers:read"], "masked_fields": [], "expires_at": None}
    headers = {**admin, "If-Match": '"v1"'}
    answer = await world.client.patch(one, json=changes, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["etag"] == '"v2"'
    assert {name: answer.json()[name] for name in changes} == changes
    async with asyncio.timeout(5):
        while (await shown(world, key["key"])).json()["granted"] != ["customers:read"]:  # noqa: ASYNC110 - only asking can tell
            await asyncio.sleep(0.1)
    assert (await shown(world, key["key"])).json()["masked"] == []
    stale = await world.client.patch(one, json={"name": "Other"}, headers=headers)
    assert stale.status_code == 412
    same = await world.client.patch(one, json={"name": "New"}, headers=admin)
    assert same.headers["etag"] == '"v2"'


async def test_a_poor_change_is_refused_at_the_wrong_field(world: Any, admin: dict[str, str]) -> None:
    key = await made(world, admin)
    for change, pointer in POOR_CHANGES:
        answer = await world.client.patch(f"/v1/api-keys/{key['id']}", json=change, headers=admin)
        assert answer.status_code == 422, change
        assert answer.json()["errors"][0]["pointer"] == pointer, change


async def test_who_sets_the_scopes_answers_for_them(world: Any, admin: dict[str, str]) -> None:
    manager = await hired(world, admin, "mia", "manager")
    home = await distributor(world)
    body = {**NEW, "distributor_id": str(home)}
    bearer = {"Authorization": manager["Authorization"]}
    answer = await world.client.post("/v1/api-keys", json=body, headers=bearer)
    key = answer.json()
    assert key["created_by"] == key["granted_by"] == manager["id"]
    assert (await shown(world, key["key"])).json()["granted"] == sorted(SCOPES)

    demoted = {"roles": ["analyst"]}
    await world.client.patch(f"/v1/staff/{manager['id']}", json=demoted, headers=admin)
    async with asyncio.timeout(5):
        while (await shown(world, key["key"])).json().get("granted") != ["customers:read"]:  # noqa: ASYNC110 - only asking can tell
            await asyncio.sleep(0.1)

    one = f"/v1/api-keys/{key['id']}"
    again = await world.client.patch(one, json={"scopes": SCOPES}, headers=admin)
    assert again.json()["created_by"] == manager["id"]
    assert again.json()["granted_by"] != manager["id"]
    async with asyncio.timeout(5):
        while (await shown(world, key["key"])).json()["granted"] != sorted(SCOPES):  # noqa: ASYNC110 - only asking can tell
            await asyncio.sleep(0.1)


async def test_a_giver_who_left_takes_nothing_along(world: Any, admin: dict[str, str]) -> None:
    manager = await hired(world, admin, "mia", "manager")
    body = {**NEW, "distributor_id": str(await distributor(world))}
    bearer = {"Authorization": manager["Authorization"]}
    key = (await world.client.post("/v1/api-keys", json=body, headers=bearer)).json()
    await world.client.post(f"/v1/staff/{manager['id']}/disable", headers=admin)
    assert (await shown(world, key["key"])).json()["granted"] == sorted(SCOPES)
    theirs = await world.client.get("/v1/api-keys", params={"granted_by": manager["id"]}, headers=admin)
    assert [each["id"] for each in theirs.json()["data"]] == [key["id"]]


class TestRotation:
    """A new secret, and for how long the one before stays good."""

    async def rotated(
        self, world: Any, admin: dict[str, str], key: dict[str, Any], **body: int
    ) -> dict[str, Any]:
        answer = await world.client.post(f"/v1/api-keys/{key['id']}/rotate", json=body, headers=admin)
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        found: dict[str, Any] = answer.json()
        return found

    async def test_both_are_good_until_the_overlap_ends(self, world: Any, admin: dict[str, str]) -> None:
        old = await made(world, admin)
        new = await self.rotated(world, admin, old, overlap_seconds=60)
        assert (new["id"], new["prefix"]) == (old["id"], old["prefix"])
        assert new["key"] != old["key"]
        assert new["previous_until"] > new["rotated_at"]
        assert [await status(world, each["key"]) for each in (old, new)] == [200, 200]
        world.clock.ahead = timedelta(seconds=61)
        async with asyncio.timeout(5):
            while await status(world, old["key"]) != 401:  # noqa: ASYNC110 - only asking can tell
                await asyncio.sleep(0.1)
        assert await status(world, new["key"]) == 200
        read = await world.client.get(f"/v1/api-keys/{old['id']}", headers=admin)
        assert read.json()["previous_until"] is None

    async def test_two_at_most_are_good(self, world: Any, admin: dict[str, str]) -> None:
        first = await made(world, admin)
        second = await self.rotated(world, admin, first)
        third = await self.rotated(world, admin, second)
        assert [await status(world, each["key"]) for each in (first, second, third)] == [401, 200, 200]

    async def test_without_overlap_the_old_one_ends_at_once(self, world: Any, admin: dict[str, str]) -> None:
        old = await made(world, admin)
        new = await self.rotated(world, admin, old, overlap_seconds=0)
        assert [await status(world, each["key"]) for each in (old, new)] == [401, 200]

    async def test_an_overlap_has_bounds(self, world: Any, admin: dict[str, str]) -> None:
        key = await made(world, admin)
        for overlap in (-1, 2592001, "1 day", None):
            body = {"overlap_seconds": overlap}
            answer = await world.client.post(f"/v1/api-keys/{key['id']}/rotate", json=body, headers=admin)
            assert answer.status_code == 422, overlap

    async def test_what_has_ended_gets_no_new_secret(self, world: Any, admin: dict[str, str]) -> None:
        key = await made(world, admin, expires_at="2999-01-01T00:00:00Z")
        one = f"/v1/api-keys/{key['id']}"
        async with world.gateway.database.begin() as tx:
            await tx.run(sql("UPDATE api_key SET expires_at = now() - interval '1 second'"))
        expired = await world.client.post(f"{one}/rotate", headers=admin)
        assert (expired.status_code, expired.json()["code"]) == (409, "key_expired")
        await world.client.delete(one, headers=admin)
        for method, path, body in (("POST", f"{one}/rotate", None), ("PATCH", one, {"name": "x"})):
            answer = await world.client.request(method, path, json=body, headers=admin)
            assert (answer.status_code, answer.json()["code"]) == (409, "key_revoked")


async def test_a_revoked_key_stays_on_record_and_is_told_of_once(world: Any, admin: dict[str, str]) -> None:
    key = await made(world, admin)
    one = f"/v1/api-keys/{key['id']}"
    for _ in range(2):
        assert (await world.client.delete(one, headers=admin)).status_code == 204
    read = (await world.client.get(one, headers=admin)).json()
    assert (read["status"], read["version"]) == ("revoked", 2)
    assert read["revoked_by"] == key["created_by"]
    async with world.gateway.database.read() as reader:
        assert await reader.value(sql("SELECT count(*) FROM outbox WHERE type = 'key.revoked.v1'")) == 1
    ghost = await world.client.delete(f"/v1/api-keys/{uuid4()}", headers=admin)
    assert ghost.status_code == 404


async def test_keys_are_listed_page_by_page_and_filtered(world: Any, admin: dict[str, str]) -> None:
    home, other = await distributor(world), await distributor(world)
    keys = [await made(world, admin, each) for each in (home, home, other)]
    await world.client.delete(f"/v1/api-keys/{keys[0]['id']}", headers=admin)
    async with world.gateway.database.begin() as tx:
        ended = sql("UPDATE api_key SET expires_at = now() WHERE id = :id").bindparams(id=UUID(keys[1]["id"]))
        await tx.run(ended)

    async def found(**query: Any) -> list[str]:
        answer = await world.client.get("/v1/api-keys", params=query, headers=admin)
        assert answer.status_code == 200, answer.text
        return [each["id"] for each in answer.json()["data"]]

    assert await found(sort="created_at") == [key["id"] for key in keys]
    assert await found(status="revoked") == [keys[0]["id"]]
    assert await found(status="expired") == [keys[1]["id"]]
    assert await found(status="active") == [keys[2]["id"]]
    assert await found(distributor_id=str(other)) == [keys[2]["id"]]
    assert await found(environment="test") == []
    first = await world.client.get("/v1/api-keys", params={"limit": 2}, headers=admin)
    cursor = first.json()["page"]["next_cursor"]
    assert await found(limit=2, cursor=cursor) == [keys[0]["id"]]
    for wrong in ({"status": "good"}, {"sort": "secret_hash"}, {"secret_hash": "1"}):
        answer = await world.client.get("/v1/api-keys", params=wrong, headers=admin)
        assert answer.status_code in {400, 422}


async def test_row_security_keeps_keys_apart_by_distributor(world: Any, admin: dict[str, str]) -> None:
    home = await distributor(world)
    await made(world, admin, home)
    for seen, count in ((home, 1), (uuid4(), 0)):
        async with world.gateway.database.read(Scope(frozenset({seen}))) as reader:
            assert await reader.value(sql("SELECT count(*) FROM api_key")) == count


class TestLastUse:
    """When a key was last used, to the minute."""

    async def last(self, world: Any, admin: dict[str, str], key: dict[str, Any]) -> str | None:
        read = await world.client.get(f"/v1/api-keys/{key['id']}", headers=admin)
        found: str | None = read.json()["last_used_at"]
        return found

    async def test_it_is_written_once_a_minute_at_most(self, world: Any, admin: dict[str, str]) -> None:
        key = await made(world, admin)
        uses, now, seen = Uses(world.gateway.database), world.clock(), []
        for seconds in (0, 59, 61):
            uses.note(UUID(key["id"]), now + timedelta(seconds=seconds))
            await uses.write()
            seen.append(await self.last(world, admin, key))
        assert seen[0] == seen[1] == now.isoformat().replace("+00:00", "Z")
        assert seen[2] == (now + timedelta(seconds=61)).isoformat().replace("+00:00", "Z")

    async def test_what_was_noted_is_written_when_the_loop_ends(
        self, world: Any, admin: dict[str, str]
    ) -> None:
        key = await made(world, admin)
        uses = Uses(world.gateway.database)
        loop = asyncio.create_task(uses.run())
        await asyncio.sleep(0)
        uses.note(UUID(key["id"]), world.clock())
        loop.cancel()
        with pytest.raises(asyncio.CancelledError):
            await loop
        assert await self.last(world, admin, key) is not None

    async def test_what_could_not_be_written_is_noted_still(self, world: Any, admin: dict[str, str]) -> None:
        key = await made(world, admin)
        uses = Uses(world.gateway.database)
        uses.note(UUID(key["id"]), world.clock())
        async with world.gateway.database.begin() as tx:
            await tx.run(sql("SELECT 1 FROM api_key FOR UPDATE"))
            waiting = asyncio.create_task(uses.write())
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        await uses.write()
        assert await self.last(world, admin, key) is not None

    async def test_the_check_notes_a_use(self, world: Any, admin: dict[str, str]) -> None:
        key = await made(world, admin)
        uses = Uses(world.gateway.database)
        identity = KeyIdentity(world.gateway.database, Hashing(world.gateway.sealer), uses, test_keys=False)
        await uses.write()
        assert await self.last(world, admin, key) is None
        await identity.principal(key["key"], "10.0.0.1")
        await uses.write()
        assert await self.last(world, admin, key) is not None


async def test_a_key_reaches_as_far_as_its_distributors_tree_now(world: Any, admin: dict[str, str]) -> None:
    home = await distributor(world)
    below = await distributor(world, parent=home)
    elsewhere = await distributor(world)
    key = await made(world, admin, home)
    seen = (await shown(world, key["key"])).json()
    assert (seen["kind"], seen["id"], seen["granted"]) == ("partner", key["id"], sorted(SCOPES))
    assert set(seen["distributors"]) == {str(home), str(below)}
    await told(world, Place(below, elsewhere, "active", 2))
    async with asyncio.timeout(5):
        while (await shown(world, key["key"])).json()["distributors"] != [str(home)]:  # noqa: ASYNC110 - only asking can tell
            await asyncio.sleep(0.1)


def test_a_prefix_is_no_key() -> None:
    assert text.read(text.prefix("live", text.new_key_id())) is None
