"""A field of a customer goes back to what it was before a change."""

from uuid import uuid4

import pytest


@pytest.fixture
def changed(client, customer):
    """A customer whose fields were changed, and the changes by field."""

    async def make(before, after):
        one = await customer(**before)
        url = f"/v1/customers/{one['id']}"
        answer = await client.patch(url, json=after, headers={"If-Match": '"v1"'})
        assert answer.status_code == 200, answer.text
        history = (await client.get(f"{url}/history")).json()["data"]
        return one, url, {change["field"]: change["id"] for change in history}

    return make


@pytest.mark.parametrize(
    ("field", "old", "new"),
    [
        ("name", "海纳百货", "新名"),
        ("phone", "+8613800138000", None),
        ("tags", ["a", "b"], []),
        ("attributes", {"门店数": 12}, {"门店数": 13}),
        ("birthday", {"calendar": "solar", "month": 1, "day": 2, "leap": False, "year": 1990}, None),
        ("tax_number", None, "GB123456789"),
        ("region", "310000", "Bavaria"),
    ],
)
async def test_a_field_goes_back_and_that_is_a_change_itself(  # noqa: PLR0917 - a fixture each
    client, changed, told, field, old, new
):
    _, url, changes = await changed({field: old}, {field: new})
    back = await client.post(f"{url}/history/{changes[field]}/restore")
    assert (back.status_code, back.headers["etag"]) == (200, '"v3"')
    assert back.json()[field] == old
    assert (await client.get(url)).json() == back.json()
    latest = (await client.get(f"{url}/history", params={"limit": 1})).json()["data"][0]
    assert (latest["field"], latest["old"], latest["new"], latest["version"]) == (field, new, old, 3)
    assert (await told())[-1]["type"] == "customer.updated.v1"
    again = await client.post(f"{url}/history/{changes[field]}/restore")
    assert again.headers["etag"] == '"v3"'


async def test_only_the_field_of_that_change_goes_back(client, changed):
    _, url, changes = await changed({"size": "小", "industry": "零售"}, {"size": "大", "industry": "批发"})
    await client.patch(url, json={"size": "中"}, headers={"If-Match": '"v2"'})
    back = (await client.post(f"{url}/history/{changes['size']}/restore")).json()
    assert (back["size"], back["industry"]) == ("小", "批发")


async def test_a_stale_restore_is_refused(client, changed):
    _, url, changes = await changed({"size": "小"}, {"size": "大"})
    path = f"{url}/history/{changes['size']}/restore"
    assert (await client.post(path, headers={"If-Match": '"v1"'})).status_code == 412
    assert (await client.post(path, headers={"If-Match": '"v2"'})).status_code == 200


async def test_a_value_that_is_not_allowed_any_more_is_a_conflict(client, changed, service):
    _, url, changes = await changed({"region": "310000"}, {"region": "320000"})
    async with service.database.begin() as tx:  # as it was stored before regions were checked
        await tx.connection.execute("UPDATE customer_change SET old = '\"999999\"' WHERE field = 'region'")
    refused = await client.post(f"{url}/history/{changes['region']}/restore")
    assert (refused.status_code, refused.json()["code"]) == (409, "value_not_allowed")
    assert [(e["pointer"], e["code"]) for e in refused.json()["errors"]] == [("/region", "region_invalid")]
    assert "999999" not in refused.text
    assert (await client.get(url)).json()["version"] == 2


async def test_a_name_that_another_has_by_now_is_a_conflict(client, changed, customer):
    _, url, changes = await changed({"code": "C-1"}, {"code": "C-2"})
    await customer(code="C-1")
    refused = await client.post(f"{url}/history/{changes['code']}/restore")
    assert (refused.status_code, refused.json()["code"]) == (409, "code_taken")


async def test_a_distributor_that_is_no_more_is_a_conflict(client, distributor, changed):
    homes = [(await distributor(code))["id"] for code in ("D-1", "D-2")]
    _, url, changes = await changed({"distributor_id": homes[0]}, {"distributor_id": homes[1]})
    assert (await client.delete(f"/v1/distributors/{homes[0]}")).status_code == 204
    refused = await client.post(f"{url}/history/{changes['distributor_id']}/restore")
    assert (refused.status_code, refused.json()["code"]) == (409, "value_not_allowed")
    assert refused.json()["errors"][0]["code"] == "distributor_unknown"


async def test_owner_and_status_have_operations_of_their_own(client, customer):
    one = await customer()
    url = f"/v1/customers/{one['id']}"
    await client.post(f"{url}/assign", json={"owner_id": str(uuid4())})
    await client.delete(url, headers={"If-Match": '"v2"'})
    await client.post(f"{url}/restore")
    for change in (await client.get(f"{url}/history")).json()["data"]:
        refused = await client.post(f"{url}/history/{change['id']}/restore")
        assert (refused.status_code, refused.json()["code"]) == (409, "field_not_restorable")


async def test_a_change_of_another_customer_is_a_ghost(client, changed):
    _, url, _ = await changed({"size": "小"}, {"size": "大"})
    _, _, others = await changed({"size": "小"}, {"size": "大"})
    foreign = await client.post(f"{url}/history/{others['size']}/restore")
    ghost = await client.post(f"{url}/history/{uuid4()}/restore")
    assert foreign.status_code == ghost.status_code == 404
    assert foreign.json()["detail"] == ghost.json()["detail"]
