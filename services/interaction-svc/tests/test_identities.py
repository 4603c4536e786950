"""A customer is named by what a channel calls it; customer-svc alone knows whose that is."""

from typing import Any
from uuid import UUID, uuid4

import pytest

WORN = {"channel": "wechat", "external_id": "oX9f-7Qw2"}
PATHS = ("/v1/interactions", "/v1/complaints")


def body(world: Any, path: str, **named: Any) -> dict[str, Any]:
    if path == "/v1/interactions":
        said = {
            "channel": "call",
            "direction": "inbound",
            "summary": "询价",
            "occurred_at": world.when(hours=1),
        }
    else:
        said = {"channel": "call", "category": "quality", "subject": "杯口有裂纹"}
    return {**said, **named}


def known_as(world: Any, *distributors: UUID | None) -> list[UUID]:
    """Customers behind these distributors, all of them called so by the channel."""
    ids = [uuid4() for _ in distributors]
    world.customers.known = dict(zip(ids, distributors, strict=True))
    world.customers.identities = {"wechat/oX9f-7Qw2": ids}
    return ids


@pytest.mark.parametrize("path", PATHS)
async def test_what_names_an_identity_is_the_customers(world: Any, path: str) -> None:
    distributor = uuid4()
    (customer,) = known_as(world, distributor)
    made = await world.post(path, body(world, path, identity=WORN))
    assert made.status_code == 201, made.text
    assert made.json()["customer_id"] == str(customer)
    assert made.json()["distributor_id"] == str(distributor)
    assert (await world.get(made.headers["location"])).json()["customer_id"] == str(customer)
    (event,) = await world.events()
    assert event["data"]["customer_id"] == str(customer)
    by_id = await world.post(path, body(world, path, customer_id=str(customer)))
    assert by_id.status_code == 201
    assert world.customers.asked == 1


@pytest.mark.parametrize("path", PATHS)
async def test_an_identity_of_nobody_or_of_several_is_refused_where_it_stands(world: Any, path: str) -> None:
    for owners, code in (((), "customer_unknown"), ((uuid4(), uuid4()), "customer_ambiguous")):
        known_as(world, *owners)
        refused = await world.post(path, body(world, path, identity=WORN))
        assert (refused.status_code, refused.json()["code"]) == (422, code)
        assert refused.json()["errors"][0]["pointer"] == "/identity"
        assert "oX9f" not in refused.text
    assert await world.events() == []


@pytest.mark.parametrize("path", PATHS)
async def test_what_customer_svc_tells_must_still_be_in_sight(world: Any, path: str) -> None:
    known_as(world, uuid4())
    refused = await world.post(path, body(world, path, identity=WORN), world.partner(uuid4()))
    assert (refused.status_code, refused.json()["code"]) == (422, "customer_unknown")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("named", "pointer"),
    [
        ({}, ""),
        ({"customer_id": str(uuid4()), "identity": WORN}, ""),
        ({"identity": {"channel": "wechat"}}, "/identity/external_id"),
        ({"identity": {**WORN, "external_id": "a/b"}}, "/identity/external_id"),
        ({"identity": {**WORN, "more": 1}}, "/identity/more"),
    ],
)
async def test_a_customer_is_named_in_one_way(
    world: Any, path: str, named: dict[str, Any], pointer: str
) -> None:
    refused = await world.post(path, body(world, path, **named))
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == pointer
    assert world.customers.asked == 0


async def test_nothing_is_stored_while_nobody_can_say_whose_it_is(world: Any) -> None:
    known_as(world, None)
    world.customers.away = True
    away = await world.post(PATHS[0], body(world, PATHS[0], identity=WORN))
    assert (away.status_code, away.json()["code"]) == (503, "customer_unknown_yet")
    world.customers.away, world.customers.forbidden = False, True
    forbidden = await world.post(PATHS[0], body(world, PATHS[0], identity=WORN))
    assert (forbidden.status_code, forbidden.json()["code"]) == (403, "customers_unreadable")
    assert await world.events() == []


@pytest.mark.parametrize("path", PATHS)
async def test_a_batch_judges_each_identity_by_itself_and_asks_once_for_each(world: Any, path: str) -> None:
    (customer,) = known_as(world, None)
    nobodys = {**WORN, "external_id": "nobody"}
    items = [
        body(world, path, identity=WORN),
        body(world, path, identity=nobodys),
        body(world, path, customer_id=str(customer)),
        body(world, path),
        body(world, path, identity=WORN),
    ]
    answer = await world.post(f"{path}/batch", {"items": items})
    assert [each["status"] for each in answer.json()["results"]] == [201, 422, 201, 422, 201]
    assert answer.json()["results"][1]["problem"]["code"] == "customer_unknown"
    assert world.customers.asked == 2
    listed = (await world.get(f"{path}?customer_id={customer}")).json()["data"]
    assert len(listed) == 3
