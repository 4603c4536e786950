"""Small repairs of schemas as the framework makes them, so that they say no more and no less than is true."""

from collections.abc import Iterator
from typing import Any

Part = dict[str, Any]

_INT32 = 2**31
_INT64 = 2**63


def tidy(document: Part) -> None:
    """Integers get their size, and bounds that are included; fields lose titles that repeat their names.

    Parameters lose null: they can be absent, but never null.
    """
    for operation in _operations(document):
        for parameter in operation.get("parameters", ()):
            parameter["schema"] = _without_null(parameter["schema"])
            _untitle(parameter["schema"], parameter["name"])
    for schema in _schemas(document):
        if schema.get("type") == "integer":
            _size(schema)
        for name, part in schema.get("properties", {}).items():
            _untitle(part, name)


def _untitle(schema: Any, name: str) -> None:
    """The framework repeats each field's name as its title, which pages then show in place of the type."""
    if isinstance(schema, dict) and schema.get("title", "").lower() == name.replace("_", " ").lower():
        del schema["title"]


def _operations(document: Part) -> Iterator[Part]:
    for item in document.get("paths", {}).values():
        yield from (operation for operation in item.values() if isinstance(operation, dict))


def _schemas(value: Any) -> Iterator[Part]:
    """Every schema at any depth; what stands in an example is none."""
    if isinstance(value, dict):
        yield value
        for key, part in value.items():
            if key not in ("example", "examples", "default", "const", "enum"):
                yield from _schemas(part)
    elif isinstance(value, list):
        for part in value:
            yield from _schemas(part)


def _without_null(schema: Part) -> Part:
    alternatives = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    if len(alternatives) != 1 or len(schema["anyOf"]) == 1:
        return schema
    said = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**alternatives[0], **said}


def _size(schema: Part) -> None:
    for exclusive, inclusive, step in (
        ("exclusiveMinimum", "minimum", 1),
        ("exclusiveMaximum", "maximum", -1),
    ):
        if exclusive in schema:
            schema[inclusive] = schema.pop(exclusive) + step
    least, most = schema.get("minimum", -_INT64), schema.get("maximum", _INT64)
    schema.setdefault("format", "int32" if least >= -_INT32 and most < _INT32 else "int64")
