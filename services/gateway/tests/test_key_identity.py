"""The check of a key: who is let in, from where, and that all who are not get the same answer."""

import asyncio
import base64
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import structlog

from gateway.api_keys import text
from gateway.api_keys.hashing import Hashing
from gateway.api_keys.uses import Uses
from gateway.app import build, front
from gateway.edge.partners import KeyIdentity
from gateway.reach.domain import Place
from shared.db import Database
from shared.http.client import make_client
from shared.messaging.local import LocalBus
from shared.problems import Unauthenticated
from shared.sealing import Sealer

from .keys import SCOPES, distributor, made, shown, status, told

Headers = dict[str, str]


def told_of(answer: httpx.Response) -> dict[str, Any]:
    """All that an answer tells but which request it was, and what is left to its address."""
    body = {name: value for name, value in answer.json().items() if name not in {"request_id", "instance"}}
    headers = {
        name: value for name, value in answer.headers.items() if name not in {"x-request-id", "ratelimit"}
    }
    return {"status": answer.status_code, "headers": headers, **body}


async def test_a_mistyped_key_is_refused_without_a_look_at_the_database() -> None:
    nowhere = Database("postgresql://nobody@127.0.0.1:1/none")
    hashing = Hashing(Sealer(base64.b64encode(bytes(32)).decode()))
    identity = KeyIdentity(nowhere, hashing, Uses(nowhere), test_keys=False)
    key = text.new_key("live", text.new_key_id())
    for wrong in (key[:-1] + "x", key[:20] + key[21:], "tl_live_1", "", text.new_key("test", "abcdefghijkl")):
        with pytest.raises(Unauthenticated):
            await identity.principal(wrong, None)
    with pytest.raises(RuntimeError, match="the database is not open"):
        await identity.principal(key, None)


async def test_every_key_that_is_not_good_gets_the_same_answer(world: Any, admin: Headers) -> None:
    good, revoked, expired = [await made(world, admin) for _ in range(3)]
    suspended_home = await distributor(world)
    suspended = await made(world, admin, suspended_home)
    ends = await made(world, admin, expires_at=(world.clock() + timedelta(seconds=30)).isoformat())
    await world.client.delete(f"/v1/api-keys/{revoked['id']}", headers=admin)
    past = {"expires_at": (world.clock() + timedelta(seconds=5)).isoformat()}
    await world.client.patch(f"/v1/api-keys/{expired['id']}", json=past, headers=admin)
    await told(world, Place(suspended_home, None, "suspended", 2))
    world.clock.ahead = timedelta(seconds=60)
    other = text.new_key("live", good["prefix"].removeprefix("tl_live_"))
    refused = {
        "mistyped": good["key"][:-1] + ("0" if good["key"][-1] != "0" else "1"),
        "unknown": text.new_key("live", text.new_key_id()),
        "wrong secret": other,
        "revoked": revoked["key"],
        "expired": expired["key"],
        "ended": ends["key"],
        "suspended": suspended["key"],
        "nonsense": "tl_live_'; DROP TABLE api_key; --",
    }
    assert await status(world, good["key"]) == 200
    answers = {name: told_of(await shown(world, key)) for name, key in refused.items()}
    assert answers["unknown"]["status"] == 401
    assert answers["unknown"]["code"] == "key_invalid"
    assert answers["unknown"]["headers"]["www-authenticate"]
    assert answers == dict.fromkeys(refused, answers["unknown"])


async def test_a_revoked_key_is_dead_within_seconds_everywhere(world: Any, admin: Headers) -> None:
    key = await made(world, admin)
    assert await status(world, key["key"]) == 200
    await world.client.delete(f"/v1/api-keys/{key['id']}", headers=admin)
    async with asyncio.timeout(4):  # nginx may keep its last answer for one more
        while await status(world, key["key"]) != 401:  # noqa: ASYNC110 - only asking can tell
            await asyncio.sleep(0.1)
    found = await check(world, "/v1/orders", **{"X-API-Key": key["key"]})
    assert (found.status_code, found.headers["x-edge-status"]) == (403, "401")


async def test_a_key_also_comes_as_a_bearer_token(world: Any, admin: Headers) -> None:
    key = await made(world, admin)
    for scheme in ("Bearer", "bearer", "BEARER "):
        answer = await world.client.get(
            "/v1/customers/7", headers={"Authorization": f"{scheme} {key['key']}"}
        )
        assert answer.json()["id"] == key["id"]
        assert "authorization" not in answer.json()["headers"]
    assert "x-api-key" not in (await shown(world, key["key"])).json()["headers"]


async def test_one_credential_at_a_time(world: Any, admin: Headers) -> None:
    key = await made(world, admin)
    for headers in (admin, {"Authorization": f"Bearer {key['key']}"}, {"Authorization": "Basic x"}):
        answer = await shown(world, key["key"], **headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "two_credentials")
    assert (await world.client.get("/v1/customers/7", headers={**admin, "X-API-Key": ""})).status_code == 200


async def test_a_key_is_no_access_token_and_an_access_token_no_key(world: Any, admin: Headers) -> None:
    token = admin["Authorization"].removeprefix("Bearer ")
    assert (await shown(world, token)).json()["code"] == "key_invalid"


async def check(world: Any, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    """What nginx asks."""
    asked = {"X-Original-Method": method, "X-Original-URI": path, **headers}
    transport = httpx.ASGITransport(app=world.gateway.asgi)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as direct:
        return await direct.get("/auth/check", headers=asked)


class TestNetworks:
    """From where a key may come."""

    async def come(self, world: Any, key: str, address: str, **headers: str) -> httpx.Response:
        transport = httpx.ASGITransport(app=world.edge, client=(address, 7))
        async with httpx.AsyncClient(transport=transport, base_url="http://edge") as client:
            return await client.get("/v1/customers/7", headers={"X-API-Key": key, **headers})

    async def test_a_key_is_good_in_its_networks_only(self, world: Any, admin: Headers) -> None:
        key = (await made(world, admin, networks=["10.2.0.0/16", "2001:db8::/32"]))["key"]
        for address in ("10.2.3.4", "2001:db8::7", "::ffff:10.2.3.4"):
            assert (await self.come(world, key, address)).status_code == 200, address
        for address in ("10.3.0.1", "2001:db9::7", "testclient", "127.0.0.1"):
            answer = await self.come(world, key, address)
            assert (answer.status_code, answer.json()["code"]) == (403, "network_not_allowed"), address

    async def test_what_the_caller_says_of_itself_has_no_effect(self, world: Any, admin: Headers) -> None:
        key = (await made(world, admin, networks=["10.2.0.0/16"]))["key"]
        inside = {"X-Forwarded-For": "10.2.3.4", "X-Real-IP": "10.2.3.4", "Forwarded": "for=10.2.3.4"}
        assert (await self.come(world, key, "10.3.0.1", **inside)).status_code == 403
        outside = {"X-Forwarded-For": "10.3.0.1", "X-Real-IP": "10.3.0.1", "Forwarded": "for=10.3.0.1"}
        assert (await self.come(world, key, "10.2.3.4", **outside)).status_code == 200

    async def test_nginx_says_whose_connection_it_has(self, world: Any, admin: Headers) -> None:
        key = (await made(world, admin, networks=["10.2.0.0/16"]))["key"]
        for address, expected in (("10.2.3.4", 200), ("10.3.0.1", 403), ("10.3.0.1, 10.2.3.4", 403)):
            answer = await check(world, "/v1/customers/7", **{"X-API-Key": key, "X-Forwarded-For": address})
            assert answer.status_code == expected, address
        assert (await check(world, "/v1/customers/7", **{"X-API-Key": key})).status_code == 403


class TestTestKeys:
    """Keys for trying out."""

    async def test_one_works_like_any_other_where_they_are_accepted(self, world: Any, admin: Headers) -> None:
        key = await made(world, admin, environment="test")
        assert key["key"].startswith("tl_test_")
        answer = await shown(world, key["key"])
        assert answer.json()["granted"] == sorted(SCOPES)

    async def test_elsewhere_there_is_none(self, world: Any, admin: Headers, settings: Any) -> None:
        key = await made(world, admin, environment="test")
        strict = settings.model_copy(update={"allow_test_keys": False})
        clients = {
            name: make_client(f"http://{name}", app=each.asgi) for name, each in world.neighbours.items()
        }
        documents = {name: each.app.openapi for name, each in world.neighbours.items()}
        gateway = build(strict, LocalBus(), clients=clients, documents=documents)
        edge = front(gateway, {name: each.asgi for name, each in world.neighbours.items()})
        await gateway.database.open()
        try:
            transport = httpx.ASGITransport(app=edge)
            async with httpx.AsyncClient(transport=transport, base_url="http://edge") as client:
                used = await client.get("/v1/customers/7", headers={"X-API-Key": key["key"]})
                body = {
                    "name": "x",
                    "environment": "test",
                    "scopes": SCOPES,
                    "distributor_id": key["distributor_id"],
                }
                asked = await client.post("/v1/api-keys", json=body, headers=admin)
        finally:
            await gateway.database.close()
        assert (used.status_code, used.json()["code"]) == (401, "key_invalid")
        assert (asked.status_code, asked.json()["code"]) == (422, "test_keys_off")


async def test_a_key_may_what_its_scopes_say_and_no_more(world: Any, admin: Headers) -> None:
    key = await made(world, admin, scopes=["orders:write"])
    ours = f"{str(uuid4())[:-1]}5"  # the gateway's digit: what stands for the others here refuses nobody
    for path in ("/v1/staff", "/v1/auth/me", "/v1/gateway/dead-letters", f"/v1/operations/{ours}"):
        answer = await shown(world, key["key"], path)
        assert answer.status_code in {403, 404}, path
    assert (await shown(world, key["key"], "/v1/staff")).json()["code"] == "permission_missing"


async def test_the_service_is_told_what_is_hidden_from_a_key(world: Any, admin: Headers) -> None:
    key = await made(world, admin, masked_fields=["phone", "email"])
    seen = (await shown(world, key["key"])).json()
    assert seen["masked"] == ["email", "phone"]
    assert UUID(seen["id"]) == UUID(key["id"])


async def test_the_service_is_told_whose_key_it_is_beside_all_that_it_reaches(
    world: Any, admin: Headers
) -> None:
    home, below = await distributor(world), uuid4()
    key = await made(world, admin, home)
    await told(world, Place(below, home, "active", 1))
    seen = (await shown(world, key["key"])).json()
    assert (seen["home"], seen["distributors"]) == (str(home), sorted(map(str, (home, below))))


async def test_a_tree_too_large_for_a_token_is_told_so(world: Any, admin: Headers) -> None:
    home = await distributor(world)
    key = await made(world, admin, home)
    await told(world, *(Place(uuid4(), home, "active", 1) for _ in range(250)))
    answer = await shown(world, key["key"])
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_too_wide")


async def test_no_log_holds_a_key(world: Any, admin: Headers) -> None:
    with structlog.testing.capture_logs() as logs:
        key = await made(world, admin)
        await shown(world, key["key"])
        await shown(world, key["key"][:-1] + "x")
        await shown(world, text.new_key("live", text.new_key_id()))
    assert {entry["event"] for entry in logs} >= {"request", "refused"}
    assert key["key"].split("_")[3] not in str(logs)
    assert "tl_live" not in str(logs)
