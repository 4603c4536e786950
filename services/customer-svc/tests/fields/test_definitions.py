"""The register of custom fields: who may change it, and what a definition may say."""

import pytest

from shared.testing import service_client, staff

from .conftest import options

SHOPS = {
    "entity": "customer",
    "key": "门店数",
    "names": {"en": "Shops", "zh": "门店数"},
    "type": "number",
    "position": 3,
}


async def test_a_field_is_defined_read_changed_retired_and_deleted(client):
    made = await client.post("/v1/fields", json=SHOPS)
    assert made.status_code == 201
    url = made.headers["location"]
    read = await client.get(url)
    assert read.json() == made.json()
    assert read.headers["etag"] == '"v1"'
    assert (read.json()["status"], read.json()["ready"], read.json()["required"]) == ("active", True, False)
    changed = await client.patch(url, json={"required": True}, headers={"If-Match": '"v1"'})
    assert (changed.json()["required"], changed.headers["etag"]) == (True, '"v2"')
    assert (await client.patch(url, json={"position": 1}, headers={"If-Match": '"v1"'})).status_code == 412
    busy = await client.delete(url)
    assert (busy.status_code, busy.json()["code"]) == (409, "field_active")
    assert (await client.patch(url, json={"status": "retired"})).json()["status"] == "retired"
    assert (await client.delete(url)).status_code == 204
    assert (await client.get(url)).status_code == 404


async def test_a_key_is_used_once_for_an_entity(client):
    await client.post("/v1/fields", json=SHOPS)
    again = await client.post("/v1/fields", json=SHOPS)
    assert (again.status_code, again.json()["code"]) == (409, "key_taken")
    assert (await client.post("/v1/fields", json={**SHOPS, "entity": "contact"})).status_code == 201


async def test_the_register_is_listed_in_the_order_of_the_form(client, define):
    for position, key in ((2, "b"), (1, "a"), (3, "c")):
        await define(key, "text", position=position)
    first = (await client.get("/v1/fields", params={"limit": 2})).json()
    rest = await client.get("/v1/fields", params={"limit": 2, "cursor": first["page"]["next_cursor"]})
    assert [one["key"] for one in (*first["data"], *rest.json()["data"])] == ["a", "b", "c"]
    nothing = await client.get("/v1/fields", params={"entity": "contact"})
    assert nothing.json()["data"] == []


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"key": "a b"}, "/key", "wrong_form"),
        ({"key": "a]"}, "/key", "wrong_form"),
        ({"key": "x" * 49}, "/key", "wrong_form"),
        ({"key": "Phone"}, "/key", "key_reserved"),
        ({"type": "money"}, "/type", "not_a_choice"),
        ({"type": "choice"}, "/options", "options_wrong"),
        ({"options": options("a")}, "/options", "options_wrong"),
        ({"type": "choice", "options": options("a", "a")}, "/options", "option_repeated"),
        ({"type": "reference"}, "/target", "target_wrong"),
        ({"target": "staff"}, "/target", "target_wrong"),
        ({"type": "choice", "options": options("a"), "unique": True}, "/unique", "never_unique"),
        ({"entity": "contact", "unique": True}, "/unique", "only_customers"),
        ({"entity": "contact", "indexed": True}, "/indexed", "only_customers"),
        ({"names": {"en": "Shops"}}, "/names/zh", "required"),
        ({"required": 1}, "/required", "not_a_boolean"),
        ({"status": "active"}, "/status", "unknown_field"),
    ],
)
async def test_a_definition_that_does_not_fit_is_refused_where(client, fields, pointer, code):
    refused = await client.post("/v1/fields", json={**SHOPS, **fields})
    assert refused.status_code == 422
    assert [(e["pointer"], e["code"]) for e in refused.json()["errors"]] == [(pointer, code)]
    assert (await client.get("/v1/fields")).json()["data"] == []


async def test_an_option_is_renamed_and_retired_but_never_removed(client, define):
    one = await define("form", "choice", options=options("a", "b"))
    url = f"/v1/fields/{one['id']}"
    gone = await client.patch(url, json={"options": options("a")})
    assert gone.json()["errors"][0]["code"] == "option_removed"
    kept = await client.patch(url, json={"options": options("a", "b", "c", b=True)})
    assert [(o["value"], o["retired"]) for o in kept.json()["options"]] == [
        ("a", False),
        ("b", True),
        ("c", False),
    ]
    assert (await client.patch(url, json={"type": "text"})).status_code == 422


@pytest.mark.parametrize(
    ("role", "status"), [("admin", 201), ("sales", 403), ("service", 403), ("analyst", 403)]
)
async def test_only_who_may_changes_the_register_and_all_staff_read_it(service, role, status):
    async with service_client(service, staff(role)) as somebody:
        assert (await somebody.post("/v1/fields", json=SHOPS)).status_code == status
        assert (await somebody.get("/v1/fields")).status_code == 200
        schema = await somebody.get("/v1/fields/schema", params={"entity": "customer"})
        assert schema.status_code == 200


async def test_a_client_makes_its_form_from_the_schema(client, define):
    await define("shops", "number", position=2, required=True)
    await define("form", "choice", position=1, options=options("a", "b", b=True))
    await define("tags2", "multi_choice", position=3, options=options("x"))
    await define("since", "date", position=4)
    await define("keeper", "reference", target="staff", position=5)
    gone = await define("old", "text", position=0)
    await client.patch(f"/v1/fields/{gone['id']}", json={"status": "retired"})
    schema = (await client.get("/v1/fields/schema", params={"entity": "customer"})).json()["attributes"]
    assert list(schema["properties"]) == ["form", "shops", "tags2", "since", "keeper"]
    assert schema["required"] == ["shops"]
    assert schema["additionalProperties"] is True
    assert schema["properties"]["form"] == {
        "title": "form · form",
        "oneOf": [{"const": "a", "title": "a · a店"}],
    }
    assert schema["properties"]["keeper"]["x-reference"] == "staff"
