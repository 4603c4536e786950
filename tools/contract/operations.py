"""What of an OpenAPI document's change breaks a client."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tools.contract.schemas import Comparison, Direction, Side

Document = Mapping[str, Any]
Part = Mapping[str, Any]

_METHODS = ("get", "put", "post", "delete", "patch")


def breaks(old: Document, new: Document) -> list[str]:
    """One line for each break: the operation, then what is different for its callers."""
    before, after = _operations(old), _operations(new)
    found = []
    for key, (name, operation) in before.items():
        if key in after:
            comparison = _Operation(old, new, operation, after[key][1])
            found += [f"{name}: {each}" for each in comparison.breaks()]
            if name != after[key][0]:
                found.append(f"{name}: parameters of the path are renamed: {after[key][0]}")
        else:
            found.append(f"{name}: is gone")
    return list(dict.fromkeys(found))


def _operations(document: Document) -> dict[tuple[str, str], tuple[str, Part]]:
    """By method and path; the names of the path's parameters do not tell operations apart."""
    return {
        (method, re.sub(r"\{[^}]*\}", "{}", path)): (f"{method.upper()} {path}", item[method])
        for path, item in document["paths"].items()
        for method in _METHODS
        if method in item
    }


class _Operation:
    """One operation, before and after."""

    def __init__(self, old: Document, new: Document, before: Part, after: Part) -> None:
        self._old, self._new = old, new
        self._before, self._after = before, after
        self._schemas = Comparison(_side(old), _side(new))

    def breaks(self) -> Iterator[str]:
        """Everything that a caller of before would stumble over."""
        name, now = self._before.get("operationId"), self._after.get("operationId")
        if name != now:
            yield f"operationId was {name}, is {now}"
        yield from self._of_access()
        yield from self._of_parameters()
        yield from self._of_request()
        yield from self._of_responses()

    def _of_access(self) -> Iterator[str]:
        demanded = set(self._after.get("x-scopes", ())) - set(self._before.get("x-scopes", ()))
        yield from (f"now demands {scope}" for scope in sorted(demanded))
        before, after = self._before.get("security", []), self._after.get("security", [])
        if not before and after:
            yield "is no longer open to everybody"
        elif after:
            ways = {way for each in after for way in each}
            yield from (f"no longer takes {way}" for each in before for way in each if way not in ways)

    def _of_parameters(self) -> Iterator[str]:
        before, after = _parameters(self._old, self._before), _parameters(self._new, self._after)
        for key, parameter in after.items():
            if parameter.get("required") and not before.get(key, {}).get("required") and key[0] != "path":
                yield f"{_place(key)} is now required"
        for key, parameter in before.items():
            if key in after:
                where = _place(key)
                yield from self._schemas.breaks(parameter["schema"], after[key]["schema"], "sent", where)
            elif key[0] != "path":
                yield f"{_place(key)} is gone"

    def _of_request(self) -> Iterator[str]:
        before, after = self._before.get("requestBody"), self._after.get("requestBody")
        if after and after.get("required") and not (before or {}).get("required"):
            yield "a body is now required"
        if before:
            yield from self._of_content(before, after or {}, "sent", "request")

    def _of_responses(self) -> Iterator[str]:
        after = self._after["responses"]
        for status, response in self._before["responses"].items():
            if status not in after:
                yield f"{status} is gone"
                continue
            old, new = _followed(self._old, response), _followed(self._new, after[status])
            yield from self._of_content(old, new, "answered", status)
            gone = [name for name in old.get("headers", {}) if name not in new.get("headers", {})]
            yield from (f"{status} header {name} is gone" for name in gone)

    def _of_content(self, old: Part, new: Part, direction: Direction, where: str) -> Iterator[str]:
        after = new.get("content", {})
        for media, content in old.get("content", {}).items():
            if media not in after:
                yield f"{where} {media} is gone"
                continue
            before_schema, after_schema = content.get("schema", {}), after[media].get("schema", {})
            for each in self._schemas.breaks(before_schema, after_schema, direction):
                yield f"{where} {each}"


def _parameters(document: Document, operation: Part) -> dict[tuple[str, str], Part]:
    found = (_followed(document, each) for each in operation.get("parameters", ()))
    return {(each["in"], each["name"]): each for each in found}


def _side(document: Document) -> Side:
    return Side(document.get("components", {}).get("schemas", {}))


def _place(key: tuple[str, str]) -> str:
    return f"{key[0]} parameter {key[1]}"


def _followed(document: Document, part: Part) -> Part:
    while "$ref" in part:
        found: Any = document
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        part = found
    return part
