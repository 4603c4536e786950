"""Merging the services' OpenAPI documents into one, without a clash of names."""

import copy
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import Any

from gateway.documentation.preface import PREFACE
from shared.contract import words

Document = Mapping[str, Any]

_REF = "#/components/schemas/"
_GATEWAY = "gateway"
_HEALTH = frozenset({"/livez", "/readyz", "/version"})
_FOR_OPERATORS = frozenset({"operations", "operators", "health"})
_METHODS = ("get", "put", "post", "delete", "patch", "options", "head", "trace")
_FOR_THE_EDGE = "x-asks"
_SERVERS = (
    {
        "url": "/",
        "description": "The system that you read this from, be it local, staging or production · 当前系统",
        "x-internal": False,
    },
)


def merged(documents: Mapping[str, Document], *, version: str) -> dict[str, Any]:
    """One OpenAPI 3.1 document. The input is not changed.

    A schema name that means different things in two services gets the service's name before it, in both;
    one that means the same stays as it is. Operation ids that occur twice are prefixed likewise. Paths that
    several services share (`/v1/operations/{id}`) stand once. Signing in comes first, operators' tags last.
    """
    ordered = sorted(documents, key=lambda service: (service != _GATEWAY, service))
    own = {service: _readable(service, documents[service]) for service in ordered}
    clashing = _clashing_schemas(own)
    doubled = _doubled_operations(own)
    result: dict[str, Any] = _frame(version)
    for service, document in own.items():
        names = {name: _prefixed(service, name) for name in clashing}
        _rename_schemas(document, names)
        for _, operation in _operations(document):
            if operation.get("operationId") in doubled:
                operation["operationId"] = _camel_prefixed(service, operation["operationId"])
        _add(result, document, names)
    result["tags"] = _tags(own.values())
    return result


def readable(service: str, document: Document) -> dict[str, Any]:
    """One service's document as 3.1, for readers outside."""
    own = _readable(service, document)
    own["servers"] = list(_SERVERS)
    return own


def _frame(version: str) -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tonglu 通路",
            "version": version,
            "summary": "Customers that a company reaches through its channels",
            "description": PREFACE,
            "contact": words.CONTACT,
            "license": words.LICENCE,
        },
        "servers": list(_SERVERS),
        "tags": [],
        "paths": {},
        "components": {"schemas": {}},
    }


def _readable(service: str, document: Document) -> dict[str, Any]:
    own = copy.deepcopy(dict(document))
    own["openapi"] = "3.1.0"
    own["paths"] = {
        path: item
        for path, item in own.get("paths", {}).items()
        if service == _GATEWAY or path not in _HEALTH
    }
    for _, operation in _operations(own):
        operation.pop(_FOR_THE_EDGE, None)
        for response in operation.get("responses", {}).values():
            for media in response.get("content", {}).values():
                _as_3_1(media)
    return own


def _as_3_1(media: dict[str, Any]) -> None:
    """`itemSchema` (OpenAPI 3.2) becomes a text whose items are described beside it."""
    if "itemSchema" in media:
        media["schema"] = {"type": "string", "x-item-schema": media.pop("itemSchema")}


def _add(result: dict[str, Any], document: Document, names: Mapping[str, str]) -> None:
    for path, item in document["paths"].items():
        present = result["paths"].setdefault(path, {})
        for key, value in item.items():
            present.setdefault(key, value)
    for kind, found in document.get("components", {}).items():
        present = result["components"].setdefault(kind, {})
        for name, value in found.items():
            present.setdefault(names.get(name, name) if kind == "schemas" else name, value)


def _operations(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document.get("paths", {}).items():
        for method in _METHODS:
            if method in item:
                yield path, item[method]


def _schemas(document: Document) -> Mapping[str, Any]:
    found: Mapping[str, Any] = document.get("components", {}).get("schemas", {})
    return found


def _clashing_schemas(documents: Mapping[str, Document]) -> set[str]:
    """Names whose schemas differ, or lead to one whose schemas differ."""
    by_name: dict[str, list[Any]] = defaultdict(list)
    for document in documents.values():
        for name, schema in _schemas(document).items():
            by_name[name].append(schema)
    shared = {name: schemas for name, schemas in by_name.items() if len(schemas) > 1}
    clashing = {name for name, schemas in shared.items() if any(other != schemas[0] for other in schemas)}
    grew = True
    while grew:
        reached = {
            name
            for name, schemas in shared.items()
            if name not in clashing and not clashing.isdisjoint(_referenced(schemas[0]))
        }
        clashing |= reached
        grew = bool(reached)
    return clashing


def _referenced(value: Any) -> set[str]:
    return {node["$ref"].removeprefix(_REF) for node in _references(value)}


def _references(value: Any) -> Iterator[MutableMapping[str, Any]]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value
        for child in value.values():
            yield from _references(child)
    elif isinstance(value, list):
        for child in value:
            yield from _references(child)


def _rename_schemas(document: dict[str, Any], names: Mapping[str, str]) -> None:
    """In references and in titles, which generators of clients make class names of."""
    for name, schema in _schemas(document).items():
        if name in names and "title" in schema:
            schema["title"] = names[name]
    for node in _references(document):
        name = node["$ref"].removeprefix(_REF)
        if name in names and node["$ref"].startswith(_REF):
            node["$ref"] = _REF + names[name]
    for discriminator in _discriminators(document):
        for value, target in discriminator.items():
            name = target.removeprefix(_REF)
            discriminator[value] = _REF + names[name] if name in names else target


def _discriminators(value: Any) -> Iterator[dict[str, str]]:
    if isinstance(value, dict):
        mapping = value.get("discriminator", {})
        if isinstance(mapping, dict) and isinstance(mapping.get("mapping"), dict):
            yield mapping["mapping"]
        for child in value.values():
            yield from _discriminators(child)
    elif isinstance(value, list):
        for child in value:
            yield from _discriminators(child)


def _doubled_operations(documents: Mapping[str, Document]) -> set[str]:
    """Operation ids that stand for different paths."""
    paths = {
        (operation["operationId"], path)
        for document in documents.values()
        for path, operation in _operations(document)
        if "operationId" in operation
    }
    counted = Counter(operation_id for operation_id, _ in paths)
    return {operation_id for operation_id, count in counted.items() if count > 1}


def _tags(documents: Iterable[Document]) -> list[dict[str, Any]]:
    described = {tag["name"]: tag for document in documents for tag in document.get("tags", ())}
    used = [
        tag
        for document in documents
        for _, operation in _operations(document)
        for tag in operation.get("tags", ())
    ]
    names = dict.fromkeys([*described, *used])
    ordered = sorted(names, key=lambda name: name in _FOR_OPERATORS)
    return [described.get(name, {"name": name}) for name in ordered]


def _short(service: str) -> str:
    return service.removesuffix("-svc")


def _prefixed(service: str, name: str) -> str:
    return _short(service).capitalize() + name


def _camel_prefixed(service: str, operation_id: str) -> str:
    return _short(service) + operation_id[:1].upper() + operation_id[1:]


def as_bytes(document: Document) -> bytes:
    """The document as compact UTF-8 JSON."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
