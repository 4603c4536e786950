"""The list of fields that can be hidden from a key fits what the services really answer."""

from collections.abc import Iterator
from typing import Any

from shared.composition import Service
from shared.http.masking import MASKABLE


def _answered(document: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every property of every schema that a successful answer can hold."""
    schemas = document["components"]["schemas"]
    waiting = [
        response
        for item in document["paths"].values()
        for operation in item.values()
        for status, response in operation["responses"].items()
        if status.startswith("2")
    ]
    seen: set[str] = set()
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting.extend(part)
        if not isinstance(part, dict):
            continue
        yield from part.get("properties", {}).items()
        waiting.extend(part.values())
        folder, _, name = part.get("$ref", "").rpartition("/")
        if folder == "#/components/schemas" and name not in seen:
            seen.add(name)
            waiting.append(schemas[name])


def _can_be_null(schema: Any) -> bool:
    return {"type": "null"} in schema.get("anyOf", ())


def test_every_maskable_field_is_answered_and_can_be_hidden(services: dict[str, Service]) -> None:
    found = [each for service in services.values() for each in _answered(service.app.openapi())]
    assert set(MASKABLE) <= {name for name, _ in found}
    for name, schema in found:
        assert name not in MASKABLE or _can_be_null(schema), f"{name} could not be hidden everywhere"


def test_nothing_that_reads_like_a_way_to_reach_somebody_was_forgotten(services: dict[str, Service]) -> None:
    found = {name for service in services.values() for name, _ in _answered(service.app.openapi())}
    reaching = ("phone", "mobile", "email", "mail", "address", "birth", "website", "contact_")
    assert {name for name in found if any(word in name for word in reaching)} - set(MASKABLE) == set()
