"""What holds for the whole service: its tables, its documentation, what it hears."""

from typing import Any
from uuid import uuid4

from openapi_spec_validator import validate

from interaction_svc.tables import Base
from shared.db.base import SharedBase
from shared.db.migrate import differences
from shared.events.customer import CustomerAssigned
from shared.references import CUSTOMER_EVENTS

METHODS = ("get", "post", "patch")


async def test_the_tables_in_code_are_the_tables_in_the_database(world: Any) -> None:
    found = await differences("interaction_svc", world.urls.owner_url, [Base.metadata, SharedBase.metadata])
    assert found == []


def test_every_operation_is_documented(world: Any) -> None:
    document = world.service.app.openapi()
    validate(document)
    seen = set()
    for path, item in document["paths"].items():
        for method in METHODS:
            if method not in item or not path.startswith("/v1/"):
                continue
            operation = item[method]
            assert operation["operationId"] not in seen
            seen.add(operation["operationId"])
            if set(operation["tags"]) & {"interactions", "complaints", "timeline"}:
                assert all(operation.get(part) for part in ("summary", "description", "x-scopes"))
    assert {"createInteraction", "resolveComplaint", "getCustomerTimeline", "loadComplaints"} <= seen


def test_what_is_sent_has_examples_in_english_and_chinese(world: Any) -> None:
    schemas = world.service.app.openapi()["components"]["schemas"]
    for name in ("InteractionCreate", "InteractionPatch", "ComplaintCreate", "ComplaintResolve"):
        texts = [str(example) for example in schemas[name]["examples"]]
        assert any(text.isascii() for text in texts), name
        assert not all(text.isascii() for text in texts), name


async def test_examples_are_answered_as_they_promise(world: Any) -> None:
    document = world.service.app.openapi()["components"]["schemas"]
    for path, name in (("/v1/interactions", "InteractionCreate"), ("/v1/complaints", "ComplaintCreate")):
        for example in document[name]["examples"]:
            customer = await world.customer()
            times = {"occurred_at": world.when(hours=1)} if "occurred_at" in example else {}
            answer = await world.post(path, {**example, **times, "customer_id": customer})
            assert answer.status_code == 201, answer.text


async def test_a_customer_that_moves_is_followed(world: Any) -> None:
    distributor, new_one = uuid4(), uuid4()
    customer = await world.customer(distributor)
    event = CustomerAssigned(
        subject=customer,
        version=2,
        distributor_id=new_one,
        owner_id=None,
        org_unit_id=None,
        status="active",
        channel=None,
    )
    async with world.database.begin() as tx:
        await CUSTOMER_EVENTS[CustomerAssigned](tx, event)
    logged = await world.interaction(customer)
    assert logged["distributor_id"] == str(new_one)
