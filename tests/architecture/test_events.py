"""The AsyncAPI document: every event with words, an example that is real, and who hears it."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from shared.composition import Service
from shared.contract import asyncapi, event_words
from shared.contract.examples import NO_WORDS, spoken
from shared.events import parse, published, to_cloudevent

from .test_documents import none, texts


@pytest.fixture(scope="session")
def document(services: dict[str, Service]) -> dict[str, Any]:
    heard = {service.name: service.consumed for service in services.values()}
    return asyncapi.described(published(), heard, version="1")


def test_every_event_and_field_has_words(document: dict[str, Any]) -> None:
    none({event.type for event in published()} ^ event_words.TITLES.keys(), "event_words.TITLES")
    none((type_ for type_, title in event_words.TITLES.items() if not spoken(title)), "say it in Chinese")
    fields = {
        name
        for schema in document["components"]["schemas"].values()
        if "specversion" not in schema.get("properties", {})
        for name in schema.get("properties", {})
    }
    none(fields ^ event_words.FIELDS.keys(), "event_words.FIELDS and the fields of the events")


def test_every_example_is_an_event_that_can_be_read(document: dict[str, Any]) -> None:
    registry: Registry[Any] = Registry().with_resource("urn:doc", DRAFT202012.create_resource(document))
    for name, message in document["components"]["messages"].items():
        wire = message["examples"][0]["payload"]
        envelope = parse(wire)
        assert type(envelope.event).__name__ == name
        assert to_cloudevent(envelope.event, envelope.id, envelope.time, envelope.traceparent) == wire
        schema = {"$ref": f"urn:doc{message['payload']['$ref']}"}
        Draft202012Validator(
            schema, registry=registry, format_checker=Draft202012Validator.FORMAT_CHECKER
        ).validate(wire)
        assert not set(texts(wire)) & set(NO_WORDS), f"{name}: give its fields values in event_words.FIELDS"


def test_a_service_hears_what_its_operations_and_its_queue_say(
    services: dict[str, Service], document: dict[str, Any]
) -> None:
    names = {event.__name__: event.type for event in published()}
    for service in services.values():
        heard = {
            operation["channel"]["$ref"].removeprefix("#/channels/")
            for name, operation in document["operations"].items()
            if name.startswith(f"{service.name}.receives.")
        }
        assert heard == service.consumed
        queue = document["channels"].get(f"queue.{service.name}", {"messages": {}})
        assert {names[each] for each in queue["messages"]} == service.consumed


def test_every_event_is_sent_by_the_one_who_publishes_it(document: dict[str, Any]) -> None:
    sends = {name for name, operation in document["operations"].items() if operation["action"] == "send"}
    assert sends == {f"{event.publisher}.sends.{event.type}" for event in published()}


def test_the_document_of_a_service_names_what_it_hears(services: dict[str, Service]) -> None:
    for service in services.values():
        assert service.app.openapi()["x-consumes"] == sorted(service.consumed)
