"""The shape of `attributes` as a JSON Schema, from which clients make their forms."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from customer_svc.custom_fields.domain import MOST_TEXT


def schema_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of `attributes` by these definitions, in the order of the form."""
    active = [row for row in rows if row["status"] == "active"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            row["key"]: {"title": _title(row["names"]), **_SHAPES[row["type"]](row)} for row in active
        },
        "required": [row["key"] for row in active if row["required"]],
        "additionalProperties": True,
    }


def _title(names: Mapping[str, str]) -> str:
    return f"{names['en']} · {names['zh']}"


def _options(row: Mapping[str, Any]) -> dict[str, Any]:
    offered = (option for option in row["options"] if not option["retired"])
    return {"oneOf": [{"const": each["value"], "title": _title(each["names"])} for each in offered]}


_SHAPES: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "text": lambda _: {"type": "string", "minLength": 1, "maxLength": MOST_TEXT},
    "number": lambda _: {"type": "number"},
    "date": lambda _: {"type": "string", "format": "date"},
    "choice": _options,
    "multi_choice": lambda row: {
        "type": "array",
        "items": _options(row),
        "minItems": 1,
        "uniqueItems": True,
    },
    "reference": lambda row: {"type": "string", "format": "uuid", "x-reference": row["target"]},
}
