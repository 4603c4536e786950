"""Customers are filtered and sorted by indexed fields, within what the caller sees."""

import asyncio
import os
import signal
import sys
from uuid import UUID, uuid4

import pytest

from customer_svc.app import build
from customer_svc.custom_fields import queries
from customer_svc.settings import Settings
from shared.auth import Principal
from shared.db import Scope
from shared.testing import running, service_client, staff

from .conftest import options, settled

VICTIM = """
import asyncio, sys
from types import SimpleNamespace
from customer_svc.app import build
from customer_svc.custom_fields import queries
from customer_svc.settings import Settings
from shared.messaging.local import LocalBus
from shared.testing.services import settings_for

async def main():
    urls = SimpleNamespace(app_url=sys.argv[1], owner_url=sys.argv[1])
    async with build(settings_for(Settings, urls), LocalBus()).running(api=False):
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture
async def three(customer, define):
    """Three customers with values, one of them entered before the fields, and one without."""
    made = [await customer(name="甲", attributes={"shops": 3, "since": "2020-01-01", "motto": "a", "odd": 1})]
    await define("shops", "number", indexed=True)
    await define("since", "date", indexed=True)
    await define("motto", "text", indexed=True)
    await define("lines", "multi_choice", options=options("tea", "toys"), indexed=True)
    await define("odd", "text", indexed=True)
    made.append(
        await customer(
            name="乙", attributes={"shops": 0.5, "since": "2021-06-01", "motto": "b", "lines": ["tea"]}
        )
    )
    made.append(
        await customer(
            name="丙", attributes={"shops": 20, "since": "2019-01-01", "motto": "b", "lines": ["tea", "toys"]}
        )
    )
    await customer(name="丁")
    return made


async def names(client, **params):
    answer = await client.get("/v1/customers", params={"sort": "name", **params})
    assert answer.status_code == 200, answer.text
    return "".join(sorted(one["name"] for one in answer.json()["data"]))


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"attributes[shops]": "3"}, "甲"),
        ({"attributes[shops]": "3.0"}, "甲"),
        ({"attributes[shops][gte]": "3"}, "丙甲"),
        ({"attributes[shops][lt]": "3"}, "乙"),
        ({"attributes[shops][gte]": "1", "attributes[shops][lt]": "20"}, "甲"),
        ({"attributes[since][gte]": "2020-01-01"}, "乙甲"),
        ({"attributes[motto]": "b"}, "丙乙"),
        ({"attributes[motto]": "b", "attributes[shops][gte]": "1"}, "丙"),
        ({"attributes[lines]": "tea"}, "丙乙"),
        ({"attributes[lines]": ["tea", "toys"]}, "丙"),
        ({"attributes[motto]": "c"}, ""),
        ({"attributes[odd]": "1"}, ""),
        ({"attributes[motto]": "b", "q": "乙"}, "乙"),
    ],
)
async def test_filters_by_fields_find_what_fits_all_of_them(client, three, params, found):
    assert await names(client, **params) == "".join(sorted(found))


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("attributes.shops", "乙甲丙"),
        ("-attributes.shops", "丙甲乙"),
        ("attributes.since", "丙甲乙"),
        ("-attributes.since", "乙甲丙"),
    ],
)
async def test_a_list_by_a_field_is_paged_without_gap_or_repetition(client, three, sort, order):
    found, cursor = [], None
    while True:
        params = {"sort": sort, "limit": 1, "count": "exact"} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/v1/customers", params=params)).json()
        assert page["page"]["total"] == 3
        found += [one["name"] for one in page["data"]]
        cursor = page["page"]["next_cursor"]
        if cursor is None:
            break
    assert "".join(found) == order


async def test_equal_values_are_paged_by_their_customers(client, three):
    first = (await client.get("/v1/customers", params={"sort": "attributes.motto", "limit": 2})).json()
    rest = await client.get(
        "/v1/customers",
        params={"sort": "attributes.motto", "limit": 2, "cursor": first["page"]["next_cursor"]},
    )
    assert [one["name"] for one in (*first["data"], *rest.json()["data"])] == ["甲", "乙", "丙"]


async def test_a_cursor_belongs_to_its_filters(client, three):
    first = (await client.get("/v1/customers", params={"attributes[motto]": "b", "limit": 1})).json()
    cursor = first["page"]["next_cursor"]
    for other in ({"attributes[motto]": "a"}, {}, {"attributes[motto][gte]": "b"}):
        refused = await client.get("/v1/customers", params={**other, "limit": 1, "cursor": cursor})
        assert refused.status_code == 400
    assert (
        await client.get("/v1/customers", params={"attributes[motto]": "b", "cursor": cursor})
    ).status_code == 200


@pytest.mark.parametrize(
    ("params", "status", "pointer", "code"),
    [
        ({"attributes[nothing]": "1"}, 400, "?attributes[nothing]", "field_not_indexed"),
        ({"attributes[plain]": "1"}, 400, "?attributes[plain]", "field_not_indexed"),
        ({"attributes[shops]": "many"}, 422, "?attributes[shops]", "wrong_value"),
        ({"attributes[shops]": "NaN"}, 422, "?attributes[shops]", "wrong_value"),
        ({"attributes[since]": "2021-02-29"}, 422, "?attributes[since]", "wrong_value"),
        ({"attributes[lines]": "Zq9Secret"}, 422, "?attributes[lines]", "wrong_value"),
        ({"attributes[motto][gte]": "a"}, 400, "?attributes[motto][gte]", "no_range"),
        ({"attributes[shops][max]": "a"}, 422, "?attributes[shops][max]", "unknown_field"),
        ({"attributes": "a"}, 400, "?attributes", "unknown_parameter"),
        ({"sort": "attributes.lines"}, 400, "?sort", "unknown_sort"),
        ({"sort": "attributes.nothing"}, 400, "?sort", "field_not_indexed"),
    ],
)
async def test_a_question_that_no_index_answers_is_refused(  # noqa: PLR0917 - a fixture each
    client, three, define, params, status, pointer, code
):
    await define("plain", "text")
    refused = await client.get("/v1/customers", params=params)
    assert refused.status_code == status
    assert [(e["pointer"], e["code"]) for e in refused.json()["errors"]] == [(pointer, code)]
    assert "Zq9Secret" not in refused.text


async def test_eleven_filters_are_too_many(client, three):
    params = {"attributes[shops][gte]": [str(n) for n in range(11)]}
    refused = await client.get("/v1/customers", params=params)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "too_many_filters")


async def test_partners_and_narrowed_staff_find_only_their_own(  # noqa: PLR0917 - a fixture each
    client, customer, define, distributor, partner_of, service
):
    await define("shops", "number", indexed=True)
    homes = [(await distributor(code))["id"] for code in ("D-1", "D-2")]
    me = uuid4()
    for home in homes:
        await customer(name=home, distributor_id=home, attributes={"shops": 1})
    await customer(name="mine", owner_id=str(me), attributes={"shops": 1})
    seller = Principal("staff", me, frozenset({"sales"}), scope=Scope(holders=frozenset({me})))
    for params in ({"attributes[shops]": "1"}, {"sort": "attributes.shops"}):
        async with partner_of(homes[0]) as partner:
            assert await names(partner, **params) == homes[0]
        async with service_client(service, seller) as narrowed:
            assert await names(narrowed, **params) == "mine"
        assert len((await client.get("/v1/customers", params=params)).json()["data"]) == 3


async def test_a_customer_keeps_up_with_its_list(client, three):
    one = three[0]
    url = f"/v1/customers/{one['id']}"
    await client.patch(url, json={"attributes": {"shops": 99}}, headers={"If-Match": '"v1"'})
    assert await names(client, **{"attributes[shops]": "99"}) == "甲"
    assert await names(client, **{"attributes[shops]": "3"}) == ""
    assert await names(client, **{"attributes[motto]": "a"}) == ""


async def test_a_field_that_is_not_indexed_any_more_leaves_nothing_behind(client, three, service):
    shops = next(one for one in (await client.get("/v1/fields")).json()["data"] if one["key"] == "shops")
    changed = await client.patch(f"/v1/fields/{shops['id']}", json={"indexed": False})
    done = await settled(client, changed.json())
    assert (done["operation"]["status"], done["ready"]) == ("succeeded", True)
    async with service.database.read() as db:
        left = await db.connection.fetchval(
            "SELECT count(*) FROM custom_field_value WHERE field_id = $1::uuid", shops["id"]
        )
    assert left == 0
    back = await client.patch(f"/v1/fields/{shops['id']}", json={"indexed": True})
    await settled(client, back.json())
    assert await names(client, **{"attributes[shops]": "3"}) == "甲"


async def test_customers_written_while_a_field_becomes_indexed_are_all_found(client, customer, define):
    async def write(n):
        await customer(name=f"n{n}", attributes={"shops": n % 5})

    for n in range(20):
        await write(n)
    _, field = await asyncio.gather(
        asyncio.gather(*(write(n) for n in range(20, 60))), define("shops", "number", indexed=True)
    )
    assert field["ready"]
    answer = await client.get(
        "/v1/customers", params={"sort": "attributes.shops", "count": "exact", "limit": 1}
    )
    assert answer.json()["page"]["total"] == 60


async def test_who_writes_does_not_wait_for_who_fills_the_index(client, three, service):
    (one, *_), url = three, "/v1/customers/{id}"
    fields = {each["key"]: each["id"] for each in (await client.get("/v1/fields")).json()["data"]}
    async with service.database.begin() as tx, asyncio.timeout(20):
        await queries.field_for_update(tx, UUID(fields["shops"]))
        changed = await client.patch(
            url.format(**one), json={"attributes": {"shops": 7}}, headers={"If-Match": '"v1"'}
        )
        assert changed.status_code == 200
    assert await names(client, **{"attributes[shops]": "7"}) == "甲"


async def test_a_killed_worker_leaves_an_index_that_the_next_one_completes(service_database):
    urls = service_database("customer_fields_killed")
    me, count = staff("manager"), 12_000
    async with running(build, Settings, urls, worker=False) as service, service_client(service, me) as client:
        for start in range(0, count, 1000):
            items = [
                {"name": f"n{n}", "kind": "person", "attributes": {"shops": n}}
                for n in range(start, start + 1000)
            ]
            assert (await client.post("/v1/customers/batch", json={"items": items})).status_code == 207
        body = {"entity": "customer", "key": "shops", "names": {"en": "s", "zh": "数"}, "type": "number"}
        field = (await client.post("/v1/fields", json={**body, "indexed": True})).json()
        early = await client.get("/v1/customers", params={"attributes[shops]": "1"})
        assert early.json()["code"] == "field_not_ready"
        victim = await asyncio.create_subprocess_exec(
            sys.executable, "-c", VICTIM, urls.app_url, stdout=asyncio.subprocess.DEVNULL
        )
        async with asyncio.timeout(60):
            while (await client.get(f"/v1/operations/{field['operation_id']}")).json()["done"] < 2000:  # noqa: ASYNC110 - another process does it
                await asyncio.sleep(0.002)
        os.kill(victim.pid, signal.SIGKILL)
        assert await victim.wait() == -signal.SIGKILL
        left = (await client.get(f"/v1/fields/{field['id']}")).json()
        assert not left["ready"]
    async with running(build, Settings, urls) as service, service_client(service, me) as client:
        done = await settled(client, field)
        assert (done["operation"]["status"], done["ready"]) == ("succeeded", True)
        found = await client.get(
            "/v1/customers", params={"sort": "-attributes.shops", "count": "exact", "limit": 2}
        )
        assert found.json()["page"]["total"] == count
        assert [one["attributes"]["shops"] for one in found.json()["data"]] == [count - 1, count - 2]
