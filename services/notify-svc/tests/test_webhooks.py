"""Webhooks as their makers handle them: made, changed, disabled, with a new secret; and whose they are."""

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from notify_svc.webhooks.domain import MOST_OF_A_KEY
from shared.auth import Principal
from shared.db import Scope
from shared.testing import partner, staff

from .hooking import PLACE, hook

GOOD: Mapping[str, Any] = {
    "url": "https://erp.example.com/hooks",
    "event_types": ["order.*", "customer.registered.v1"],
    "description": "ERP",
}


async def made(world: Any, who: Principal, **given: Any) -> dict[str, Any]:
    answer = await world.post(who, "/v1/webhooks", {**GOOD, **given})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
def key() -> Principal:
    return partner(uuid4(), "webhooks:read", "webhooks:write", "orders:read", "customers:read")


async def test_a_webhook_is_made_and_its_secret_shown_once(world: Any) -> None:
    answer = await world.post(world.manager, "/v1/webhooks", GOOD)
    found = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (201, f"/v1/webhooks/{found['id']}")
    assert {name: found[name] for name in GOOD} == GOOD
    assert len(base64.b64decode(found["secret"].removeprefix("whsec_"), validate=True)) == 32
    read = await world.get(world.manager, f"/v1/webhooks/{found['id']}")
    assert read.headers["etag"] == '"v1"'
    assert read.json() == {name: value for name, value in found.items() if name != "secret"}
    (listed,) = (await world.get(world.manager, "/v1/webhooks")).json()["data"]
    assert listed == read.json()


async def test_secrets_lie_sealed(world: Any) -> None:
    found = await made(world, world.manager)
    turned = (await world.post(world.manager, f"/v1/webhooks/{found['id']}/rotate-secret")).json()
    (row,) = await world.sql("SELECT secret, previous_secret FROM webhook_endpoint")
    for secret in (found["secret"], turned["secret"]):
        plain = base64.b64decode(secret.removeprefix("whsec_"))
        for stored in row:
            assert plain not in stored
            assert secret.encode() not in stored


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://erp.example.com/", "not_https"),
        ("https://erp.example.com:444/", "port_not_allowed"),
        ("https://me:word@erp.example.com/", "userinfo_not_allowed"),
        ("https://127.0.0.1/", "address_not_public"),
        ("https://169.254.169.254/latest", "address_not_public"),
        ("https://[::ffff:10.0.0.1]/", "address_not_public"),
        ("https://2130706433/", "host_invalid"),
        ("https://0177.0.0.1/", "host_invalid"),
        ("https://localhost/", "host_invalid"),
        ("erp.example.com", "url_invalid"),
        (f"https://{PLACE}/", None),
        (f"http://{PLACE}/", None),
        ("http://127.0.0.1:18998/", "not_https"),
    ],
)
async def test_an_address_that_may_not_be_asked_is_refused_where_that_is_known(
    world: Any, url: str, code: str | None
) -> None:
    answer = await world.post(world.manager, "/v1/webhooks", {**GOOD, "url": url})
    if code is None:
        assert answer.status_code == 201
        return
    assert answer.status_code == 422
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [("/url", code)]
    assert url not in answer.text
    found = await made(world, world.manager)
    changed = await world.patch(world.manager, f"/v1/webhooks/{found['id']}", {"url": url})
    assert (changed.status_code, changed.json()["errors"][0]["code"]) == (422, code)


async def test_a_patch_changes_what_it_names_and_a_stale_one_nothing(world: Any) -> None:
    found = await made(world, world.manager)
    path = f"/v1/webhooks/{found['id']}"
    changed = await world.patch(world.manager, path, {"event_types": ["*"], "description": None})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"v2"')
    assert (changed.json()["event_types"], changed.json()["description"]) == (["*"], None)
    assert changed.json()["url"] == GOOD["url"]
    async with world.client(world.manager) as client:
        stale = await client.patch(path, json={"event_types": ["order.*"]}, headers={"If-Match": '"v1"'})
    assert stale.status_code == 412
    wrong = await world.patch(world.manager, path, {"event_types": ["order.*", "no.*"]})
    assert wrong.json()["errors"][0]["pointer"] == "/event_types/1"


async def test_deleting_takes_it_away_for_good(world: Any) -> None:
    found = await made(world, world.manager)
    path = f"/v1/webhooks/{found['id']}"
    assert (await world.delete(world.manager, path)).status_code == 204
    for answer in (
        await world.get(world.manager, path),
        await world.delete(world.manager, path),
        await world.post(world.manager, f"{path}/enable"),
        await world.post(world.manager, f"{path}/test"),
    ):
        assert answer.status_code == 404
    assert (await world.get(world.manager, "/v1/webhooks")).json()["data"] == []


async def test_disabling_and_enabling_twice_is_once(world: Any) -> None:
    found = await made(world, world.manager)
    for verb, state, reason in (("disable", "disabled", "by_hand"), ("enable", "enabled", None)):
        for _ in range(2):
            answer = await world.post(world.manager, f"/v1/webhooks/{found['id']}/{verb}")
            assert (answer.json()["state"], answer.json()["disabled_reason"]) == (state, reason)
    assert answer.json()["version"] == 3


async def test_a_rotation_says_until_when_the_old_secret_signs_and_it_can_end_early(world: Any) -> None:
    found = await made(world, world.manager)
    path = f"/v1/webhooks/{found['id']}"
    assert found["previous_secret_until"] is None
    turned = (await world.post(world.manager, f"{path}/rotate-secret")).json()
    assert turned["secret"] != found["secret"]
    (row,) = await world.sql("SELECT previous_until - updated_at AS overlap FROM webhook_endpoint")
    assert row["overlap"].total_seconds() == 24 * 3600
    retired = (await world.post(world.manager, f"{path}/retire-secret")).json()
    assert (retired["previous_secret_until"], retired["version"]) == (None, 3)
    at_once = await world.post(world.manager, f"{path}/rotate-secret", {"overlap_hours": 0})
    assert at_once.json()["previous_secret_until"] is None
    for wrong in (-1, 169, True):
        refused = await world.post(world.manager, f"{path}/rotate-secret", {"overlap_hours": wrong})
        assert refused.status_code == 422, wrong


async def test_repeating_a_request_with_its_key_makes_no_second_webhook_and_shows_the_secret_again(
    world: Any,
) -> None:
    first, second = [
        await world.post(world.manager, "/v1/webhooks", GOOD, **{"Idempotency-Key": "once"}) for _ in range(2)
    ]
    assert first.json() == second.json()
    assert len((await world.get(world.manager, "/v1/webhooks")).json()["data"]) == 1


async def test_a_key_sees_its_own_webhooks_and_staff_see_all(world: Any, key: Principal) -> None:
    theirs, ours = await made(world, key), await made(world, world.manager)
    sibling = replace(key, id=uuid4())
    assert (theirs["owner_id"], theirs["distributor_id"]) == (str(key.id), str(key.home))
    assert (ours["owner_id"], ours["distributor_id"]) == (None, None)

    async def listed(who: Principal) -> set[str]:
        return {row["id"] for row in (await world.get(who, "/v1/webhooks")).json()["data"]}

    assert await listed(key) == {theirs["id"]}
    assert await listed(sibling) == set()
    assert await listed(world.manager) == {theirs["id"], ours["id"]}
    for stranger in (sibling, partner(uuid4(), "webhooks:read", "webhooks:write")):
        for foreign in (theirs["id"], ours["id"]):
            path = f"/v1/webhooks/{foreign}"
            assert (await world.get(stranger, path)).status_code == 404
            assert (await world.patch(stranger, path, {"description": "x"})).status_code == 404
            assert (await world.delete(stranger, path)).status_code == 404
            for verb in ("rotate-secret", "retire-secret", "enable", "disable", "test"):
                assert (await world.post(stranger, f"{path}/{verb}")).status_code == 404, verb


async def test_a_key_may_not_have_events_that_it_may_not_read(world: Any, key: Principal) -> None:
    answer = await world.post(key, "/v1/webhooks", {**GOOD, "event_types": ["complaint.*"]})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "event_type_not_allowed")
    theirs = await made(world, key, event_types=["*"])
    (row,) = await world.sql("SELECT permissions FROM webhook_endpoint")
    assert row["permissions"] == ["customers:read", "orders:read", "webhooks:read"]
    path = f"/v1/webhooks/{theirs['id']}"
    by_staff = await world.patch(world.manager, path, {"event_types": ["staff.changed.v1"]})
    assert by_staff.json()["errors"][0]["code"] == "event_type_not_allowed"
    narrowed = replace(key, granted=frozenset({"webhooks:write", "orders:read"}))
    await world.patch(narrowed, path, {"description": "less"})
    (row,) = await world.sql("SELECT permissions FROM webhook_endpoint")
    assert row["permissions"] == ["orders:read"]


async def test_who_does_not_see_every_customer_makes_and_changes_no_webhook(world: Any) -> None:
    narrow = replace(world.manager, scope=Scope(holders=frozenset({world.manager.id})))
    mine, other = await made(world, world.manager), await made(world, staff("manager"))
    delivery = (await world.post(world.manager, f"/v1/webhooks/{mine['id']}/test")).json()["id"]

    async def tries(webhook: str, delivery: str) -> list[Any]:
        path = f"/v1/webhooks/{webhook}"
        return [
            await world.patch(narrow, path, {"url": "https://mine.example.com/"}),
            await world.delete(narrow, path),
            *[
                await world.post(narrow, f"{path}/{verb}")
                for verb in ("rotate-secret", "retire-secret", "enable", "disable", "test")
            ],
            await world.post(narrow, f"/v1/webhook-deliveries/{delivery}/redeliver"),
        ]

    refused = [await world.post(narrow, "/v1/webhooks", GOOD), *await tries(mine["id"], delivery)]
    assert {(each.status_code, each.json()["code"]) for each in refused} == {(403, "sight_too_narrow")}
    assert {each.status_code for each in await tries(other["id"], str(uuid4()))} == {404}
    assert (await world.get(narrow, f"/v1/webhooks/{other['id']}")).status_code == 404
    (listed,) = (await world.get(narrow, "/v1/webhooks")).json()["data"]
    assert listed["id"] == mine["id"]
    assert (await world.get(world.lin, "/v1/webhooks")).json()["code"] == "permission_missing"


async def test_an_owner_has_so_many_webhooks_and_no_more(world: Any, key: Principal) -> None:
    for _ in range(MOST_OF_A_KEY):
        last = await made(world, key)
    refused = await world.post(key, "/v1/webhooks", GOOD)
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_webhooks")
    await made(world, world.manager)
    await world.delete(key, f"/v1/webhooks/{last['id']}")
    await made(world, key)


async def test_lists_can_be_filtered(world: Any, key: Principal) -> None:
    theirs, ours = await made(world, key), await made(world, world.manager)
    await world.post(world.manager, f"/v1/webhooks/{ours['id']}/disable")

    async def listed(query: str) -> list[str]:
        return [row["id"] for row in (await world.get(world.manager, f"/v1/webhooks?{query}")).json()["data"]]

    assert await listed("state=disabled") == [ours["id"]]
    assert await listed(f"distributor_id={key.home}") == [theirs["id"]]


async def test_row_security_alone_keeps_webhooks_apart(world: Any, key: Principal) -> None:
    await hook(world, key, "https://hooks.example.com/")
    await hook(world, world.manager, "https://hooks.example.com/")
    seen = {}
    for name, scope in (
        ("all", Scope()),
        ("home", Scope(distributors=frozenset({key.home or UUID(int=0)}))),
        ("elsewhere", Scope(distributors=frozenset({uuid4()}))),
        ("narrow", Scope(holders=frozenset({uuid4()}))),
    ):
        async with world.database.begin(scope) as tx:
            seen[name] = [
                await tx.connection.fetchval(f"SELECT count(*) FROM {table}")
                for table in ("webhook_endpoint", "webhook_lane")
            ]
    assert seen == {"all": [2, 2], "home": [1, 1], "elsewhere": [0, 0], "narrow": [0, 0]}
