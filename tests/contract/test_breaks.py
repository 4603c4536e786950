"""Each rule of what breaks a client, and the change in the other direction that does not."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from tools.contract import events, operations
from tools.contract.schemas import Comparison, Side

SENT, ANSWERED = "sent", "answered"
TEXT = {"type": "string"}
NULL = {"type": "null"}


def thing(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def found(old: Any, new: Any, direction: Any, **schemas: Any) -> list[str]:
    return list(Comparison(Side(schemas), Side(schemas)).breaks(old, new, direction))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (thing(a=TEXT), thing(), "a is gone"),
        (thing(), thing(("a",), a=TEXT), "a is now required"),
        (thing(a=TEXT), thing(("a",), a=TEXT), "a is now required"),
        (thing(), {**thing(), "additionalProperties": False}, "no longer takes unknown fields"),
        (TEXT, {"type": "integer"}, "no longer takes string"),
        ({"anyOf": [TEXT, NULL]}, TEXT, "no longer takes null"),
        ({"type": ["string", "null"]}, TEXT, "no longer takes null"),
        ({"type": "number"}, {"type": "integer"}, "no longer takes fractions"),
        ({}, TEXT, "no longer takes any"),
        ({"enum": ["a", "b"]}, {"enum": ["a"]}, "no longer takes 'b'"),
        (TEXT, {**TEXT, "enum": ["a"]}, "now takes only 'a'"),
        ({**TEXT, "const": "a"}, {**TEXT, "const": "b"}, "no longer takes 'a'"),
        ({**TEXT, "maxLength": 9}, {**TEXT, "maxLength": 8}, "maxLength was 9, is 8"),
        (TEXT, {**TEXT, "maxLength": 8}, "maxLength was none, is 8"),
        (TEXT, {**TEXT, "minLength": 1}, "minLength was none, is 1"),
        ({"type": "integer", "minimum": 0}, {"type": "integer", "minimum": 1}, "minimum was 0, is 1"),
        ({"type": "number"}, {"type": "number", "exclusiveMaximum": 1}, "exclusiveMaximum was none, is 1"),
        ({"type": "array", "items": TEXT}, {"type": "array", "items": TEXT, "maxItems": 3}, "maxItems"),
        ({"type": "array", "items": TEXT}, {"type": "array", "items": NULL}, "[]: no longer takes string"),
        ({"type": "array"}, {"type": "array", "uniqueItems": True}, "no longer takes an item twice"),
        (TEXT, {**TEXT, "pattern": "^a"}, "pattern was None, is ^a"),
        (TEXT, {**TEXT, "format": "uuid"}, "format was None, is uuid"),
        (
            {"additionalProperties": TEXT, "type": "object"},
            {"additionalProperties": NULL, "type": "object"},
            "{}",
        ),
    ],
)
def test_what_is_sent_may_not_be_narrowed(old: Any, new: Any, said: str) -> None:
    assert [each for each in found(old, new, SENT) if said in each], found(old, new, SENT)
    assert found(old, old, SENT) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (thing(("a",), a=TEXT), thing((), a=TEXT, b=TEXT)),
        (TEXT, {"anyOf": [TEXT, NULL]}),
        (TEXT, {}),
        ({"type": "integer"}, {"type": "number"}),
        ({"type": "integer"}, {"type": "integer", "format": "int32"}),
        ({"type": "integer"}, {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1}),
        ({"enum": ["a"]}, {"enum": ["a", "b"]}),
        ({**TEXT, "enum": ["a"]}, TEXT),
        ({**TEXT, "maxLength": 8}, {**TEXT, "maxLength": 9}),
        ({**TEXT, "minLength": 1, "pattern": "^a"}, {**TEXT, "minLength": 0}),
    ],
)
def test_what_is_sent_may_be_widened(old: Any, new: Any) -> None:
    assert found(old, new, SENT) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (thing(a=TEXT), thing(), "a is gone"),
        (thing(("a",), a=TEXT), thing(a=TEXT), "a can now be absent"),
        (TEXT, {"anyOf": [TEXT, NULL]}, "can now be null"),
        (TEXT, {"type": "integer"}, "can now be number"),
        ({"type": "integer"}, {"type": "number"}, "can now be a fraction"),
        ({"enum": ["a"]}, {"enum": ["a", "b"]}, "can now be 'b'"),
        ({**TEXT, "enum": ["a"]}, TEXT, "can now be more than 'a'"),
        ({**TEXT, "format": "uuid"}, TEXT, "format was uuid, is None"),
        (thing(a=thing(b=TEXT)), thing(a=thing()), "a: b is gone"),
        ({"type": "array", "items": thing(b=TEXT)}, {"type": "array", "items": thing()}, "[]: b is gone"),
    ],
)
def test_what_is_answered_may_not_be_widened(old: Any, new: Any, said: str) -> None:
    assert [each for each in found(old, new, ANSWERED) if said in each], found(old, new, ANSWERED)
    assert found(old, old, ANSWERED) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (thing(a=TEXT), thing(("a",), a=TEXT, b=TEXT)),
        ({"anyOf": [TEXT, NULL]}, TEXT),
        ({"enum": ["a", "b"]}, {"enum": ["a"]}),
        ({}, TEXT),
        ({"type": "number"}, {"type": "integer"}),
        ({**TEXT, "maxLength": 9}, {**TEXT, "maxLength": 99}),
    ],
)
def test_what_is_answered_may_be_narrowed(old: Any, new: Any) -> None:
    assert found(old, new, ANSWERED) == []


def test_references_all_of_and_circles_are_followed() -> None:
    tree = thing(below={"$ref": "#/components/schemas/Tree"}, name=TEXT)
    both = {"allOf": [{"$ref": "#/components/schemas/Tree"}, thing(("more",), more=TEXT)]}
    assert found(both, thing(("more",), more=TEXT, name=TEXT), ANSWERED, Tree=tree) == ["below is gone"]
    assert found(both, both, SENT, Tree=tree) == []
    narrower = copy.deepcopy(tree)
    narrower["properties"]["name"] = {**TEXT, "maxLength": 3}
    sides = [Side({"Tree": each}) for each in (tree, narrower)]
    reference = {"$ref": "#/components/schemas/Tree"}
    assert list(Comparison(sides[0], sides[1]).breaks(reference, reference, "sent")) == [
        "name: maxLength was none, is 3"
    ]


def test_the_choices_of_a_union_are_told_apart_by_their_constants() -> None:
    call = thing(("type",), type={"const": "call"}, text=TEXT)
    visit = thing(("type",), type={"const": "visit"}, place=TEXT)
    old, new = {"oneOf": [call, visit]}, {"oneOf": [visit, call]}
    assert found(old, new, SENT) == found(old, new, ANSWERED) == []
    assert found(old, {"oneOf": [visit]}, SENT) == ["no longer takes object with type 'call'"]
    assert found({"oneOf": [visit, call]}, old, ANSWERED) == []
    other = {"oneOf": [call, visit, thing(("type",), type={"const": "mail"})]}
    assert found(old, other, ANSWERED) == ["can now be object with type 'mail'"]


def document(**changed: Any) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": "createThing",
        "x-scopes": ["things:write"],
        "security": [{"staff": []}, {"partner": []}],
        "parameters": [
            {"in": "path", "name": "thing_id", "required": True, "schema": TEXT},
            {"in": "query", "name": "q", "schema": {**TEXT, "maxLength": 50}},
        ],
        "requestBody": {"content": {"application/json": {"schema": thing(a=TEXT)}}},
        "responses": {
            "201": {
                "headers": {"ETag": {"schema": TEXT}},
                "content": {"application/json": {"schema": thing(("a",), a=TEXT)}},
            },
            "404": {"$ref": "#/components/responses/NotFound"},
        },
    }
    problem = {"content": {"application/problem+json": {"schema": thing(("code",), code=TEXT)}}}
    return {
        "info": {"version": "1"},
        "paths": {"/v1/things/{thing_id}": {"post": {**operation, **changed}}},
        "components": {"schemas": {}, "responses": {"NotFound": problem}},
    }


def without(document: dict[str, Any], *path: Any) -> dict[str, Any]:
    part: Any = document["paths"]["/v1/things/{thing_id}"]["post"]
    for step in path[:-1]:
        part = part[step]
    del part[path[-1]]
    return document


def moved() -> dict[str, Any]:
    new = document()
    new["paths"]["/v1/things/{id}"] = new["paths"].pop("/v1/things/{thing_id}")
    return new


NEEDED = {"in": "query", "name": "unit", "required": True, "schema": TEXT}
BODY = {
    "required": True,
    "content": document()["paths"]["/v1/things/{thing_id}"]["post"]["requestBody"]["content"],
}


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ({**document(), "paths": {}}, "is gone"),
        (moved(), "parameters of the path are renamed"),
        (document(operationId="makeThing"), "operationId was createThing, is makeThing"),
        (document(**{"x-scopes": ["things:write", "things:all"]}), "now demands things:all"),
        (document(security=[{"staff": []}]), "no longer takes partner"),
        (document(parameters=[NEEDED]), "query parameter unit is now required"),
        (document(parameters=[]), "query parameter q is gone"),
        (
            document(parameters=[{"in": "query", "name": "q", "schema": {**TEXT, "maxLength": 9}}]),
            "query parameter q: maxLength was 50, is 9",
        ),
        (document(requestBody=BODY), "a body is now required"),
        (without(document(), "requestBody"), "request application/json is gone"),
        (
            without(document(), "requestBody", "content", "application/json", "schema", "properties", "a"),
            "request a is gone",
        ),
        (without(document(), "responses", "201"), "201 is gone"),
        (without(document(), "responses", "404"), "404 is gone"),
        (without(document(), "responses", "201", "headers", "ETag"), "201 header ETag is gone"),
        (
            without(document(), "responses", "201", "content", "application/json"),
            "201 application/json is gone",
        ),
        (
            without(
                document(), "responses", "201", "content", "application/json", "schema", "properties", "a"
            ),
            "201 a is gone",
        ),
    ],
)
def test_a_broken_operation_is_named(new: dict[str, Any], said: str) -> None:
    assert f"POST /v1/things/{{thing_id}}: {said}" in "\n".join(operations.breaks(document(), new))
    assert operations.breaks(document(), document()) == []


def test_a_problem_that_loses_a_field_is_found_behind_its_reference() -> None:
    new = document()
    del new["components"]["responses"]["NotFound"]["content"]["application/problem+json"]["schema"][
        "properties"
    ]["code"]
    assert operations.breaks(document(), new) == ["POST /v1/things/{thing_id}: 404 code is gone"]


def test_an_operation_that_was_open_to_everybody_stays_so() -> None:
    name = "POST /v1/things/{thing_id}"
    assert f"{name}: is no longer open to everybody" in operations.breaks(document(security=[]), document())


def test_what_comes_in_addition_breaks_nobody() -> None:
    new = document(
        parameters=[
            *document()["paths"]["/v1/things/{thing_id}"]["post"]["parameters"],
            {**NEEDED, "required": False},
        ]
    )
    new["paths"]["/v1/more"] = new["paths"]["/v1/things/{thing_id}"]
    assert operations.breaks(document(), new) == []


def told(**data: Any) -> dict[str, Any]:
    payload = thing(
        ("type", "data"), type={"type": "string", "const": "thing.made.v1"}, data=thing(("a",), a=TEXT) | data
    )
    binding = {"is": "routingKey", "exchange": {"name": "events", "type": "topic"}}
    return {
        "info": {"version": "1"},
        "channels": {"thing.made.v1": {"address": "thing.made.v1", "bindings": {"amqp": binding}}},
        "operations": {"one.sends": {"action": "send"}, "two.receives": {"action": "receive"}},
        "components": {
            "messages": {
                "ThingMade": {"name": "thing.made.v1", "payload": {"$ref": "#/components/schemas/ThingMade"}}
            },
            "schemas": {"ThingMade": payload},
        },
    }


def _no_message(new: dict[str, Any]) -> None:
    new["components"]["messages"].clear()


def _other_exchange(new: dict[str, Any]) -> None:
    new["channels"]["thing.made.v1"]["bindings"]["amqp"]["exchange"] = {"name": "others", "type": "topic"}


def _other_address(new: dict[str, Any]) -> None:
    new["channels"]["thing.made.v1"]["address"] = "thing.made"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_no_message, "event thing.made.v1: is gone"),
        (lambda new: new["channels"].clear(), "channel thing.made.v1: is gone"),
        (_other_exchange, "channel thing.made.v1: another exchange"),
        (_other_address, "channel thing.made.v1: address was thing.made.v1, is thing.made"),
        (lambda new: new["operations"].pop("one.sends"), "operation one.sends: is gone"),
        (
            lambda new: new["components"]["schemas"].update(told(properties={})["components"]["schemas"]),
            "data: a is gone",
        ),
        (
            lambda new: new["components"]["schemas"].update(
                told(properties={"a": TEXT, "b": TEXT}, required=["a", "b"])["components"]["schemas"]
            ),
            "event thing.made.v1: cannot be read while it waits: data: b is now required",
        ),
    ],
)
def test_a_broken_event_is_named(change: Callable[[dict[str, Any]], Any], said: str) -> None:
    new = told()
    change(new)
    assert said in "\n".join(events.breaks(told(), new))


def test_an_event_may_gain_a_field_and_lose_a_reader() -> None:
    new = told(properties={"a": TEXT, "b": TEXT})
    del new["operations"]["two.receives"]
    assert events.breaks(told(), new) == []
