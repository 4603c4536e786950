"""What the documents promise of every operation: words, examples, problems, scopes, limits."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from tools import drawing

from shared.auth.permissions import EVERY_PERMISSION
from shared.composition import Service
from shared.contract import words
from shared.contract.examples import NO_WORDS, spoken

from .conftest import MEMBERS, ROOT

METHODS = ("get", "post", "put", "patch", "delete")
WORDS = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}")
Operation = tuple[str, dict[str, Any]]


@pytest.fixture(scope="session")
def documents(services: dict[str, Service]) -> list[dict[str, Any]]:
    return [service.app.openapi() for service in services.values()]


def operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    for path, item in document["paths"].items():
        yield from ((f"{m.upper()} {path}", item[m]) for m in METHODS if m in item)


def resolved(document: Mapping[str, Any], part: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in part:
        found: Any = document
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


def bodies(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every body that is sent or answered, by `request` or its status, problems included."""
    for media in operation.get("requestBody", {}).get("content", {}).values():
        yield "request", media
    for status, response in operation["responses"].items():
        for media in resolved(document, response).get("content", {}).values():
            yield status, media


def shown(media: Mapping[str, Any]) -> dict[str, Any]:
    return {key: example["value"] for key, example in media.get("examples", {}).items()}


def none(findings: Iterable[str], advice: str) -> None:
    """Fail with every finding and what to do about them."""
    found = sorted(set(findings))
    assert not found, "\n".join([advice, *found])


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from texts(part)


def test_every_operation_says_more_than_its_name(documents: list[dict[str, Any]]) -> None:
    short = [
        name
        for document in documents
        for name, operation in operations(document)
        if len(operation.get("description", "")) < 20 or operation["description"] == operation["summary"]
    ]
    none(short, "write a docstring: what it does beyond its summary")


def test_every_body_is_shown_in_english_and_chinese(documents: list[dict[str, Any]]) -> None:
    wrong = []
    for document in documents:
        for name, operation in operations(document):
            for where, media in bodies(document, operation):
                given = shown(media)
                if {"en", "zh"} <= given.keys():
                    fine = not spoken(given["en"]) and spoken(given["zh"])
                else:
                    fine = bool(given) and not any(
                        spoken(text) or WORDS.search(text)
                        for value in given.values()
                        for text in texts(value)
                    )
                if not fine:
                    wrong.append(f"{name} {where}: {media.get('schema')}")
    none(wrong, "give the model `examples`: one without and one with Chinese letters")


def test_no_text_of_an_example_is_made_up(documents: list[dict[str, Any]]) -> None:
    wanting = [
        f"{name} {where}: {field}"
        for document in documents
        for name, operation in operations(document)
        for where, media in bodies(document, operation)
        for field in unworded(shown(media))
    ]
    none(wanting, "give these fields or their models `examples`")


def unworded(value: Any, field: str = "") -> Iterator[str]:
    """The fields that have no example of their own."""
    if isinstance(value, (dict, list)):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from unworded(part, f"{field}.{key}")
    elif value in NO_WORDS:
        yield field


def test_every_example_fits_its_schema(documents: list[dict[str, Any]]) -> None:
    wrong = []
    for document in documents:
        registry: Registry[Any] = Registry().with_resource("urn:doc", DRAFT202012.create_resource(document))
        for name, operation in operations(document):
            for where, media in bodies(document, operation):
                schema = _absolute(media["schema"])
                check = Draft202012Validator(
                    schema, registry=registry, format_checker=Draft202012Validator.FORMAT_CHECKER
                )
                for key, value in shown(media).items():
                    errors = [f"{error.json_path} {error.message}" for error in check.iter_errors(value)]
                    wrong += [f"{name} {where} {key}: {error}" for error in errors[:2]]
    none(wrong, "these examples do not fit their schemas")


def _absolute(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: f"urn:doc{part}" if key == "$ref" else _absolute(part) for key, part in value.items()}
    return [_absolute(part) for part in value] if isinstance(value, list) else value


def test_every_refusal_shows_a_problem_with_its_code(documents: list[dict[str, Any]]) -> None:
    for document in documents:
        for name, operation in operations(document):
            for where, media in bodies(document, operation):
                if where >= "4" and where != "request" and operation["operationId"] != "getReadiness":
                    assert all(value["code"] for value in shown(media).values()), (name, where)
                    assert {f"{value['status']}" for value in shown(media).values()} == {where}, name


def test_every_operation_tells_its_scopes_limits_and_headers(documents: list[dict[str, Any]]) -> None:
    for document in documents:
        for name, operation in operations(document):
            assert operation["x-rate-limit"], name
            oauth = [way["signIn"] for way in operation["security"] if "signIn" in way]
            assert oauth == ([operation["x-scopes"]] if operation["security"] else []), name
            for status, response in operation["responses"].items():
                headers = resolved(document, response)["headers"]
                assert {"X-Request-Id", "RateLimit", "RateLimit-Policy"} <= headers.keys(), (name, status)
                assert ("Retry-After" in headers) == (status in {"429", "503"}), (name, status)
            for parameter in operation.get("parameters", ()):
                assert parameter["description"], (name, parameter["name"])
                assert parameter["in"] != "path" or parameter["example"], name


def test_every_scope_has_words_in_two_languages() -> None:
    parts = {permission.partition(":")[::2] for permission in EVERY_PERMISSION}
    none({thing for thing, _ in parts} ^ words.THINGS.keys(), "shared.contract.words.THINGS and permissions")
    none({deed for _, deed in parts} ^ words.DEEDS.keys(), "shared.contract.words.DEEDS and permissions")


def test_every_tag_has_words_in_two_languages(documents: list[dict[str, Any]]) -> None:
    used = {tag for document in documents for _, each in operations(document) for tag in each["tags"]}
    none(used ^ words.TAGS.keys(), "shared.contract.words.TAGS and the routers' tags")


def test_codes_that_a_description_names_are_really_raised(documents: list[dict[str, Any]]) -> None:
    source = "".join(
        path.read_text(encoding="utf-8")
        for member in MEMBERS
        for path in (ROOT / member / "src").rglob("*.py")
    )
    for document in documents:
        for name, operation in operations(document):
            for status, code in re.findall(r"\b([45]\d\d) `(\w+)`", operation["description"]):
                assert f'"{code}"' in source, (name, code)
                assert status in operation["responses"], (name, code)


def test_a_change_that_needs_a_version_says_so(documents: list[dict[str, Any]]) -> None:
    told = {
        name: (parameter["required"], "428" in operation["responses"])
        for document in documents
        for name, operation in operations(document)
        for parameter in operation.get("parameters", ())
        if parameter.get("name") == "If-Match"
    }
    assert set(told.values()) == {(True, True), (False, False)}, told


def test_the_picture_of_a_complaints_course_is_drawn_from_its_table() -> None:
    document = (ROOT / drawing.COMPLAINTS).read_text(encoding="utf-8")
    assert drawing.drawn(document, drawing.complaints()) == document, "run make snapshot"
    assert "informed --> closed: close" in document


def test_every_schema_has_a_name_of_its_own(documents: list[dict[str, Any]]) -> None:
    """Clients make classes of them, one of a name."""
    named: dict[str, set[str]] = {}
    for document in documents:
        for name, schema in document["components"]["schemas"].items():
            named.setdefault(schema.get("title", name), set()).add(f"{name} {canonical(schema)}")
    clashes = (title for title, meant in named.items() if len(meant) > 1)
    none(clashes, "two schemas of one name differ: call the newer one otherwise")


def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
