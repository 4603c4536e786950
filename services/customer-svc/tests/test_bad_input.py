"""Whatever is sent: a clear problem with a pointer, nothing half-written, nothing echoed."""

import json
from uuid import uuid4

import pytest

from customer_svc.channels import schemas as channels
from customer_svc.contacts import schemas as contacts
from customer_svc.customers import schemas as customers
from customer_svc.distributors import schemas as distributors
from customer_svc.identities import schemas as identities
from customer_svc.orders import schemas as orders
from customer_svc.org_units import schemas as org_units

SECRET = "13912345678x"
GOOD = {"name": "海纳", "kind": "organisation"}
ORDER = {
    "customer_id": str(uuid4()),
    "order_no": "SO-1",
    "ordered_at": "2026-03-01T00:00:00Z",
    "channel": "store",
    "amount": {"amount_minor": 1},
}


async def refused(client, method, url, body, *, status, pointer):
    raw = body if isinstance(body, str) else json.dumps(body)
    answer = await client.request(
        method,
        url,
        content=raw.encode("utf-8", "surrogatepass"),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (
        pointer in [error["pointer"] for error in problem.get("errors", [])] if pointer is not None else True
    )
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert SECRET not in answer.text
    assert (await client.get("/v1/customers", params={"status": "all"})).json()["data"] == []
    assert (await client.get("/v1/orders")).json()["data"] == []


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"nickname": SECRET}, "/nickname"),
        ({"phone": SECRET}, "/phone"),
        ({"email": SECRET}, "/email"),
        ({"website": "javascript:alert(1)"}, "/website"),
        ({"website": "http://[::1"}, "/website"),
        ({"kind": SECRET}, "/kind"),
        ({"name": ""}, "/name"),
        ({"name": None}, "/name"),
        ({"name": "x" * 201}, "/name"),
        ({"name": "a\x00b"}, "/name"),
        ({"name": "a\u202eb"}, "/name"),
        ({"code": "has space"}, "/code"),
        ({"tags": ["x"] * 51}, "/tags"),
        ({"tags": [""]}, "/tags/0"),
        ({"tags": "x"}, "/tags"),
        ({"owner_id": SECRET}, "/owner_id"),
        ({"distributor_id": str(uuid4())}, "/distributor_id"),
        ({"birthday": {"month": 2, "day": 30}}, "/birthday"),
        ({"birthday": {"month": 13, "day": 1}}, "/birthday/month"),
        ({"birthday": {"month": 2, "day": 29, "year": 2025}}, "/birthday"),
        ({"birthday": {"month": 2, "day": 1, "leap": True}}, "/birthday"),
        ({"birthday": {"month": 2, "day": 31, "calendar": "lunar"}}, "/birthday"),
        ({"attributes": {"a": 2**63}}, "/attributes"),
        ({"attributes": {"a\x00": 1}}, "/attributes"),
        ({"attributes": [1]}, "/attributes"),
        ({"preferences": {"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": {"i": 1}}}}}}}}}}, "/preferences"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_stored(client, change, pointer):
    await refused(client, "POST", "/v1/customers", GOOD | change, status=422, pointer=pointer)


@pytest.mark.parametrize(
    ("raw", "status", "pointer"),
    [
        ('{"name": "x", "kind": "person", "attributes": {"a": NaN}}', 422, "/attributes"),
        ('{"name": "x", "kind": "person", "attributes": {"a": 1e999}}', 422, "/attributes"),
        ('{"name": "x", "kind": "person", "attributes": {"a": "\\ud800"}}', 422, "/attributes"),
        ('{"name": "\\ud800", "kind": "person"}', 422, "/name"),
        ('{"name": "\ud800", "kind": "person"}', 422, "/name"),
        ('{"name": "x"', 400, None),
        ("[]", 422, None),
        ('"x"', 422, None),
        ("", 422, None),
        ("[" * 100_000, 400, None),
        ('{"attributes": ' + '{"a":' * 5000 + "1" + "}" * 5001, 400, None),
        ('{"name": "x", "kind": "person", "attributes": {"a": ' + "9" * 5000 + "}}", 400, None),
    ],
)
async def test_a_broken_body_is_refused(client, raw, status, pointer):
    await refused(client, "POST", "/v1/customers", raw, status=status, pointer=pointer)


async def test_a_body_over_a_mebibyte_is_refused(client):
    await refused(
        client, "POST", "/v1/customers", GOOD | {"address": "x" * 1_100_000}, status=413, pointer=None
    )


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"amount": {"amount_minor": -1}}, "/amount/amount_minor"),
        ({"amount": {"amount_minor": 2**63}}, "/amount/amount_minor"),
        ({"amount": {"amount_minor": 1.5}}, "/amount/amount_minor"),
        ({"amount": {"amount_minor": 1, "currency": "yuan"}}, "/amount/currency"),
        ({"amount": 5}, "/amount"),
        ({"ordered_at": "2026-03-01T00:00:00"}, "/ordered_at"),
        ({"ordered_at": "yesterday"}, "/ordered_at"),
        ({"ordered_at": "0001-01-01T00:00:00+14:00"}, "/ordered_at"),
        ({"ordered_at": "9999-12-31T23:59:59-14:00"}, "/ordered_at"),
        ({"ordered_at": "2999-01-01T00:00:00Z", "customer_id": None, "customer_code": "x"}, "/customer_code"),
        ({"order_no": ""}, "/order_no"),
        ({"order_no": "x" * 65}, "/order_no"),
        ({"channel": "网店"}, "/channel"),
        ({"kind": "gift"}, "/kind"),
        ({"return_of": "SO-0"}, ""),
        ({"customer_id": None}, ""),
        ({"customer_code": "C-1"}, ""),
        ({"lines": [{"quantity": 0}]}, "/lines/0/quantity"),
        ({"lines": [{"quantity": 1.2345}]}, "/lines/0/quantity"),
        ({"lines": [{"amount": {"amount_minor": 1, "currency": "GBP"}}]}, ""),
        ({"lines": [{"price": 1}]}, "/lines/0/price"),
        ({"lines": [{}] * 201}, "/lines"),
        ({"identity": {"channel": "wechat", "external_id": "a b"}}, "/identity/external_id"),
    ],
)
async def test_a_wrong_order_is_named_and_nothing_is_stored(client, change, pointer):
    await refused(client, "POST", "/v1/orders", ORDER | change, status=422, pointer=pointer)


@pytest.mark.parametrize("number", ["NaN", "1e999", "Infinity", "-Infinity"])
async def test_a_number_that_is_none_is_refused(client, number):
    raw = json.dumps(ORDER | {"lines": [{"quantity": 7}]}).replace('"quantity": 7', f'"quantity": {number}')
    await refused(client, "POST", "/v1/orders", raw, status=422, pointer="/lines/0/quantity")


@pytest.mark.parametrize(
    ("url", "status", "pointer"),
    [
        ("/v1/customers?colour=red", 400, "?colour"),
        ("/v1/customers?limit=0", 422, "?limit"),
        ("/v1/customers?limit=201", 422, "?limit"),
        ("/v1/customers?limit=many", 422, "?limit"),
        ("/v1/customers?sort=phone", 400, "?sort"),
        ("/v1/customers?cursor=rubbish", 400, "?cursor"),
        ("/v1/customers?q=", 422, "?q"),
        ("/v1/customers?q=%00", 422, "?q"),
        ("/v1/customers?kind=tree", 422, "?kind"),
        ("/v1/customers?tags=", 422, "?tags.0"),
        ("/v1/customers?created_at[gte]=soon", 422, "?created_at[gte]"),
        ("/v1/customers?created_at[gte]=0001-01-01T00:00:00%2B14:00", 422, "?created_at[gte]"),
        ("/v1/customers?count=about", 422, "?count"),
        ("/v1/orders?currency=x", 422, "?currency"),
        ("/v1/channels?confirmed=perhaps", 422, "?confirmed"),
        ("/v1/customers/not-an-id", 422, "path:customer_id"),
        ("/v1/customers/by-identity/a%20b/x", 422, "path:channel"),
        ("/v1/customers/by-identity/wechat/a%00b", 422, "path:external_id"),
    ],
)
async def test_a_wrong_question_is_refused(client, url, status, pointer):
    answer = await client.get(url)
    assert answer.status_code == status, answer.text
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


async def test_a_batch_is_neither_empty_nor_endless(client):
    await refused(client, "POST", "/v1/customers/batch", {"items": []}, status=422, pointer="/items")
    await refused(
        client, "POST", "/v1/customers/batch", {"items": [GOOD] * 1001}, status=422, pointer="/items"
    )
    await refused(client, "POST", "/v1/orders/batch", {"items": [ORDER] * 1001}, status=422, pointer="/items")
    await refused(client, "POST", "/v1/orders/batch", {}, status=422, pointer="/items")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": None}, "/name"),
        ({"kind": None}, "/kind"),
        ({"tags": None}, "/tags"),
        ({"status": "archived"}, "/status"),
        ({"owner_id": None}, "/owner_id"),
        ({"id": str(uuid4())}, "/id"),
        ({"phone": SECRET}, "/phone"),
    ],
)
async def test_a_wrong_change_is_named_and_changes_nothing(client, customer, change, pointer):
    one = await customer()
    url = f"/v1/customers/{one['id']}"
    answer = await client.patch(url, json=change, headers={"If-Match": '"v1"'})
    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert SECRET not in answer.text
    assert (await client.get(url)).json() == one


async def test_every_operation_is_described(service):
    document = service.app.openapi()
    ours = ("/v1/customers", "/v1/orders", "/v1/distributors", "/v1/channels")
    paths = {path: item for path, item in document["paths"].items() if path.startswith(ours)}
    assert paths
    for path, item in paths.items():
        for method, operation in item.items():
            where = f"{method} {path}"
            assert operation.get("operationId"), where
            assert operation.get("summary"), where
            assert operation.get("description"), where
            assert operation.get("tags"), where


@pytest.mark.parametrize(
    "model",
    [
        value
        for module in (channels, contacts, customers, distributors, identities, orders, org_units)
        for value in vars(module).values()
        if isinstance(value, type) and value.__module__ == module.__name__
        if value.__name__.endswith(("Create", "Patch", "Assign", "Read", "Brief", "Summary"))
        if value.__name__ != "LineRead"
    ],
)
async def test_every_shape_has_examples_that_it_accepts(model):
    for example in model.model_json_schema()["examples"]:
        model.model_validate(example)
