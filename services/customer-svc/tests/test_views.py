"""Lists as somebody wants to see them again."""

from uuid import uuid4

import pytest

from customer_svc.views.domain import MOST_OF_ONE
from shared.testing import staff

VIEW = {
    "entity": "customers",
    "name": "上海重点客户",
    "query": {"region": "310000", "tags": ["重点"], "sort": "name", "attributes[门店数][gte]": "3"},
    "columns": ["name", "phone", "attributes.门店数"],
}


@pytest.fixture
def save(client):
    async def make(**fields):
        answer = await client.post("/v1/views", json={**VIEW, **fields})
        assert answer.status_code == 201, answer.text
        return answer.json()

    return make


async def test_a_view_is_saved_changed_and_removed(client, save):
    one = await save()
    url = f"/v1/views/{one['id']}"
    read = await client.get(url)
    assert (read.json(), read.headers["etag"]) == (one, '"v1"')
    assert {name: one[name] for name in VIEW} == VIEW
    assert not one["shared"]
    changed = await client.patch(url, json={"query": {}, "columns": []}, headers={"If-Match": '"v1"'})
    assert (changed.json()["query"], changed.json()["columns"], changed.json()["version"]) == ({}, [], 2)
    assert (await client.patch(url, json={"name": "x"}, headers={"If-Match": '"v1"'})).status_code == 412
    assert (await client.delete(url, headers={"If-Match": '"v2"'})).status_code == 204
    assert (await client.get(url)).status_code == 404


async def test_what_a_view_keeps_can_be_asked_of_the_list(client, save, customer):
    one = await customer(region="310000", tags=["重点"])
    await customer(region="320000", tags=["重点"])
    view = await save(query={"region": "310000", "tags": ["重点"], "sort": "name"})
    found = (await client.get("/v1/customers", params=view["query"])).json()["data"]
    assert [each["id"] for each in found] == [one["id"]]


async def test_a_name_is_given_once_by_each_person_for_each_list(client, save, signed_in):
    await save()
    again = await client.post("/v1/views", json=VIEW)
    assert (again.status_code, again.json()["code"]) == (409, "name_taken")
    await save(entity="orders", query={}, columns=[])
    other = await save(name="另一个")
    renamed = await client.patch(f"/v1/views/{other['id']}", json={"name": VIEW["name"]})
    assert (renamed.status_code, renamed.json()["code"]) == (409, "name_taken")
    async with signed_in(staff("sales")) as colleague:
        assert (await colleague.post("/v1/views", json=VIEW)).status_code == 201


async def test_a_view_is_its_owners_unless_it_is_shared(client, save, signed_in):
    own, told = await save(), await save(name="共享", shared=True)
    async with signed_in(staff("analyst")) as colleague:
        seen = (await colleague.get("/v1/views")).json()["data"]
        assert [each["id"] for each in seen] == [told["id"]]
        assert (await colleague.get(f"/v1/views/{told['id']}")).status_code == 200
        for url in (f"/v1/views/{own['id']}", f"/v1/views/{uuid4()}"):
            assert (await colleague.get(url)).status_code == 404
        for url in (f"/v1/views/{own['id']}", f"/v1/views/{told['id']}"):
            assert (await colleague.patch(url, json={"name": "x"})).status_code == 404
            assert (await colleague.delete(url)).status_code == 404
    mine = (await client.get("/v1/views", params={"shared": "false"})).json()["data"]
    assert [each["id"] for each in mine] == [own["id"]]
    await client.patch(f"/v1/views/{told['id']}", json={"shared": False})
    async with signed_in(staff("analyst")) as colleague:
        assert (await colleague.get("/v1/views")).json()["data"] == []


@pytest.mark.parametrize(
    ("wrong", "pointers"),
    [
        ({"query": {"no_such_filter": "x"}}, ["/query/no_such_filter"]),
        ({"query": {"kind": "planet", "owner_id": "me"}}, ["/query/kind", "/query/owner_id"]),
        ({"query": {"cursor": "x", "limit": "5"}}, ["/query/cursor", "/query/limit"]),
        ({"query": {"attributes[x][like]": "5"}}, ["/query/attributes[x][like]"]),
        ({"columns": ["name", "secret"]}, ["/columns/1"]),
        ({"entity": "orders", "query": {"region": "310000"}, "columns": []}, ["/query/region"]),
        ({"entity": "planets"}, ["/entity"]),
        ({"name": ""}, ["/name"]),
    ],
)
async def test_what_the_list_would_refuse_is_refused(client, save, wrong, pointers):
    refused = await client.post("/v1/views", json={**VIEW, **wrong})
    assert refused.status_code == 422
    assert sorted(each["pointer"] for each in refused.json()["errors"]) == pointers
    assert "planet" not in refused.text
    one = await save()
    if not {"entity", "name"} & wrong.keys():
        patched = await client.patch(f"/v1/views/{one['id']}", json=wrong)
        assert sorted(each["pointer"] for each in patched.json()["errors"]) == pointers


async def test_nobody_keeps_views_without_end(client, save, service):
    await save(name="first")
    async with service.database.begin() as tx:
        await tx.connection.execute(
            "INSERT INTO saved_view SELECT gen_random_uuid(), entity, 'V' || number, query, columns, shared, "
            "owner_id, version, created_at, updated_at FROM saved_view, generate_series(2, $1) AS number",
            MOST_OF_ONE,
        )
    refused = await client.post("/v1/views", json=VIEW)
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_views")


async def test_a_partner_has_no_views(distributor, partner_of):
    async with partner_of((await distributor("D-1"))["id"]) as partner:
        assert (await partner.get("/v1/views")).status_code == 403
        assert (await partner.post("/v1/views", json=VIEW)).status_code == 403
