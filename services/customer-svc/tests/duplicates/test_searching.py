"""The whole archive is searched for pairs, people decide them, and what they decided stays."""

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from customer_svc.app import build
from customer_svc.customers.commands import register_many
from customer_svc.customers.schemas import CustomerCreate
from customer_svc.settings import Settings
from shared.auth import Principal
from shared.db import Scope
from shared.testing import running, service_client, staff

from .conftest import ended

HAINA = {"name": "上海海纳百货有限公司", "kind": "organisation", "phone": "021-62881234", "region": "310115"}
SAME = {"name": "海納百貨", "kind": "organisation", "phone": "021-62881234"}
LIKE = {"name": "海纳百货", "kind": "organisation"}


async def registered(client, *records, **more):
    """Register these whether they are there or not; their ids."""
    made = []
    for record in records:
        answer = await client.post(
            "/v1/customers", params={"allow_duplicates": True}, json={**record, **more}
        )
        assert answer.status_code == 201, answer.text
        made.append(answer.json()["id"])
    return made


def ids_of(pair):
    return {pair["first"]["id"], pair["second"]["id"]}


async def test_pairs_are_found_with_what_speaks_for_them(client, searched, listed):
    one, other, third = await registered(client, HAINA, SAME, LIKE)
    await registered(client, {"name": "永辉超市", "kind": "organisation"})
    assert await searched() == {
        "likely": 3,
        "possible": 0,
        "no_longer": 0,
        "blocks": 2,
        "blocks_skipped": 0,
    }
    first, *rest = await listed()
    assert (ids_of(first), first["level"], first["status"]) == ({one, other}, "likely", "open")
    assert all(each["score"] < first["score"] for each in rest)
    assert all(third in ids_of(each) for each in rest)
    answer = await client.get(f"/v1/duplicates/{first['id']}")
    whole = answer.json()
    assert {whole[which]["phone"] for which in ("first", "second")} == {"+862162881234"}
    assert {each["feature"] for each in whole["features"]} >= {"name", "phone"}
    assert answer.headers["etag"] == '"v1"'


async def test_customers_of_different_distributors_are_no_pair(client, distributor, searched, listed):
    east = await distributor("EAST")
    await registered(client, HAINA)
    await registered(client, SAME, distributor_id=east["id"])
    await searched()
    assert await listed() == []


async def test_a_decision_is_remembered(client, searched, listed):
    one, other, third = await registered(client, HAINA, SAME, LIKE)
    await searched()
    pair = next(each for each in await listed() if ids_of(each) == {one, other})
    answer = await client.post(f"/v1/duplicates/{pair['id']}/distinct")
    assert (answer.status_code, answer.json()["status"]) == (200, "distinct")
    assert answer.json()["decided_by"]
    await searched()
    assert {one, other} not in [ids_of(each) for each in await listed()]
    (decided,) = await listed(status="distinct")
    assert (decided["id"], decided["version"]) == (pair["id"], 2)
    assert len(await listed(customer_id=third)) == 2
    assert {one, other} not in [ids_of(each) for each in await listed(status="open", level="likely")]
    assert await listed(status="open", level="possible") == []
    assert len(await listed(status="all")) == 3


async def test_what_is_put_off_comes_back_when_its_time_has_come(client, service, searched, listed):
    await registered(client, HAINA, SAME)
    await searched()
    (pair,) = await listed()
    answer = await client.post(f"/v1/duplicates/{pair['id']}/later", json={})
    after = datetime.fromisoformat(answer.json()["review_at"]) - datetime.now(UTC)
    assert timedelta(days=29) < after <= timedelta(days=30)
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    await client.post(f"/v1/duplicates/{pair['id']}/later", json={"review_at": tomorrow})
    await searched()
    assert await listed() == []
    assert [each["id"] for each in await listed(status="later")] == [pair["id"]]
    async with service.database.begin() as tx:
        await tx.connection.execute("UPDATE duplicate_candidate SET review_at = now()")
    assert [(each["id"], each["status"]) for each in await listed()] == [(pair["id"], "open")]
    assert await listed(status="later") == []


@pytest.mark.parametrize("body", [{"review_at": "2020-01-01T00:00:00Z"}, {"review_at": "soon"}, {"x": 1}])
async def test_one_cannot_put_off_until_the_past(client, searched, listed, body):
    await registered(client, HAINA, SAME)
    await searched()
    (pair,) = await listed()
    assert (await client.post(f"/v1/duplicates/{pair['id']}/later", json=body)).status_code == 422


async def test_a_pair_that_is_none_any_more_goes_unless_it_is_decided(client, searched, listed):
    one, other, third = await registered(client, HAINA, SAME, {**SAME, "name": "海纳百货集团"})
    await searched()
    pair = next(each for each in await listed() if ids_of(each) == {one, other})
    await client.post(f"/v1/duplicates/{pair['id']}/distinct")
    for each in (other, third):
        patch = {"name": f"永辉超市{each[-4:]}", "phone": None}
        await client.patch(f"/v1/customers/{each}", json=patch, headers={"If-Match": "*"})
    assert (await searched())["no_longer"] == 2
    assert [ids_of(each) for each in await listed(status="all")] == [{one, other}]


async def test_archived_customers_are_no_longer_to_be_decided(client, searched, listed):
    one, other = await registered(client, HAINA, SAME)
    await searched()
    await client.delete(f"/v1/customers/{other}", headers={"If-Match": "*"})
    assert await listed() == []
    assert (await client.get("/v1/duplicates", params={"count": "exact"})).json()["page"]["total"] == 0
    await client.post(f"/v1/customers/{other}/restore")
    assert [ids_of(each) for each in await listed()] == [{one, other}]


async def test_a_stale_decision_is_refused(client, searched, listed):
    await registered(client, HAINA, SAME)
    await searched()
    (pair,) = await listed()
    stale = {"If-Match": '"v9"'}
    for verb, body in (("distinct", None), ("later", {})):
        answer = await client.post(f"/v1/duplicates/{pair['id']}/{verb}", json=body, headers=stale)
        assert answer.status_code == 412
    assert (await client.post(f"/v1/duplicates/{uuid4()}/distinct")).status_code == 404


async def test_only_who_sees_both_sees_the_pair(client, service, signed_in, searched, listed):
    me = uuid4()
    (mine,) = await registered(client, HAINA, owner_id=str(me))
    (theirs,) = await registered(client, SAME, owner_id=str(uuid4()))
    await searched()
    (pair,) = await listed()
    narrowed = Principal("staff", me, frozenset({"sales"}), scope=Scope(holders=frozenset({me})))
    async with signed_in(narrowed) as seller:
        assert (await seller.get("/v1/duplicates")).json()["data"] == []
        assert (await seller.get(f"/v1/duplicates/{pair['id']}")).status_code == 404
        assert (await seller.post(f"/v1/duplicates/{pair['id']}/distinct")).status_code == 404
        assert (await seller.post("/v1/duplicates/search")).status_code == 403
        await client.post(f"/v1/customers/{theirs}/assign", json={"owner_id": str(me)})
        assert [ids_of(each) for each in (await seller.get("/v1/duplicates")).json()["data"]] == [
            {mine, theirs}
        ]
        assert (await seller.post(f"/v1/duplicates/{pair['id']}/distinct")).status_code == 200


async def test_two_accounts_that_one_customer_hardly_has_speak_against(client, searched, listed):
    one, other, third = await registered(client, HAINA, SAME, {**SAME, "name": "海纳百货集团"})
    for customer, account in ((one, "ox-1"), (other, "ox-2")):
        body = {"channel": "wechat", "external_id": account, "kind": "unionid"}
        assert (await client.post(f"/v1/customers/{customer}/identities", json=body)).status_code == 201
    body = {"channel": "online_shop", "external_id": "ox-1", "kind": "unionid"}
    assert (await client.post(f"/v1/customers/{third}/identities", json=body)).status_code == 201
    await searched()
    found = {frozenset(ids_of(each)): each["level"] for each in await listed()}
    assert found[frozenset((one, third))] == "likely"
    assert found.get(frozenset((one, other))) != "likely"


async def test_a_name_that_too_many_have_is_no_reason_to_compare_them_all(service, client, searched):
    rows = [CustomerCreate(name="王伟", kind="person") for _ in range(51)]
    async with service.database.begin() as tx:
        await register_many(tx, rows, by=uuid4())
    assert await searched() == {
        "likely": 0,
        "possible": 0,
        "no_longer": 0,
        "blocks": 0,
        "blocks_skipped": 1,
    }


VICTIM = """
import asyncio, sys
from types import SimpleNamespace
from customer_svc.app import build
from customer_svc.settings import Settings
from shared.messaging.local import LocalBus
from shared.testing.services import settings_for

async def main():
    urls = SimpleNamespace(app_url=sys.argv[1], owner_url=sys.argv[1])
    async with build(settings_for(Settings, urls), LocalBus()).running(api=False):
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def _many_pairs(service, pairs):
    for start in range(0, pairs, 500):
        rows = [
            CustomerCreate(name=f"海纳{number}号店", kind="organisation", phone=f"138{number:08}")
            for number in range(start, start + 500)
            for _ in range(2)
        ]
        async with service.database.begin() as tx:
            await register_many(tx, rows, by=uuid4())


@pytest.mark.parametrize("way", ["killed", "cancelled"])
async def test_a_search_that_was_interrupted_leaves_no_half_truth(service_database, way):
    urls = service_database(f"customer_search_{way}")
    me, pairs = staff("manager"), 1500
    async with running(build, Settings, urls, worker=False) as service, service_client(service, me) as client:
        await _many_pairs(service, pairs)
        started = (await client.post("/v1/duplicates/search")).json()["id"]

        async def found():
            async with service.database.read() as db:
                return await db.connection.fetchval("SELECT count(*) FROM duplicate_candidate")

        victim = await asyncio.create_subprocess_exec(
            sys.executable, "-c", VICTIM, urls.app_url, stdout=asyncio.subprocess.DEVNULL
        )
        async with asyncio.timeout(60):
            while not await found():  # noqa: ASYNC110 - another process does it
                await asyncio.sleep(0.002)
        if way == "cancelled":
            await client.post(f"/v1/operations/{started}/cancel")
            done = await ended(client, started)
        os.kill(victim.pid, signal.SIGKILL)
        await victim.wait()
        left = await found()
    if way == "cancelled":
        assert done["status"] in ("cancelled", "succeeded")
        assert left <= pairs
        return
    async with running(build, Settings, urls) as service, service_client(service, me) as client:
        done = await ended(client, started)
        assert (done["status"], done["result"]["likely"]) == ("succeeded", pairs)
        async with service.database.read() as db:
            likely = "SELECT count(*) FROM duplicate_candidate WHERE level = 'likely'"
            assert await db.connection.fetchval(likely) == pairs


async def test_decisions_are_audited(client, service, searched, listed):
    await registered(client, HAINA, SAME)
    await searched()
    (pair,) = await listed()
    await client.post(f"/v1/duplicates/{pair['id']}/distinct")
    async with service.database.read() as db:
        rows = await db.connection.fetch(
            "SELECT subjects FROM audit_entry WHERE action = 'callDistinct' AND $1 = ANY (subjects)",
            pair["id"],
        )
    assert len(rows) == 1


async def test_a_pair_is_merged_and_is_open_again_when_that_is_undone(client, searched, listed):
    one, other = await registered(client, HAINA, SAME)
    await searched()
    (pair,) = await listed()
    path = f"/v1/duplicates/{pair['id']}/merge"
    stranger = await client.post(path, json={"kept_id": str(uuid4())})
    assert (stranger.status_code, stranger.json()["errors"][0]["pointer"]) == (422, "/kept_id")
    stale = await client.post(path, json={"kept_id": one}, headers={"If-Match": '"v9"'})
    assert stale.status_code == 412
    merge = await client.post(path, json={"kept_id": other, "fields": {"name": "absorbed"}})
    assert merge.status_code == 201, merge.text
    assert (await client.get(f"/v1/customers/{other}")).json()["name"] == HAINA["name"]
    assert await listed() == []
    assert [each["status"] for each in await listed(status="merged")] == ["merged"]
    await searched()
    assert await listed() == []
    distinct = await client.post(f"/v1/duplicates/{pair['id']}/distinct")
    assert (distinct.status_code, distinct.json()["code"]) == (409, "already_merged")
    await client.post(f"/v1/merges/{merge.json()['id']}/undo")
    assert [each["status"] for each in await listed()] == ["open"]


async def test_a_merge_of_the_customers_themselves_decides_their_pair(client, searched, listed):
    one, other = await registered(client, HAINA, SAME)
    await searched()
    await client.post(f"/v1/customers/{one}/merge", json={"absorbed_id": other})
    assert await listed() == []
    assert [ids_of(each) for each in await listed(status="merged")] == [{one, other}]
