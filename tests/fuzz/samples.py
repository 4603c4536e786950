"""Bodies that fit: from a schema's examples, or the least that it asks for."""

import copy
from typing import Any

from tests.fuzz.operations import Operation

from shared.clock import new_id

MULTIPART = "multipart/form-data"


def multipart(fields: dict[str, str], boundary: str = "-- a b --") -> tuple[bytes, str]:
    """A form with one file, and its content type."""
    parts = []
    for name, value in fields.items():
        named = f'form-data; name="{name}"' + ('; filename="some.csv"' if name == "file" else "")
        parts.append(f"--{boundary}\r\nContent-Disposition: {named}\r\n\r\n{value}\r\n")
    whole = "".join(parts) + f"--{boundary}--\r\n"
    return whole.encode("utf-8", "surrogatepass"), f'{MULTIPART}; boundary="{boundary}"'


def sample(operation: Operation, schema: dict[str, Any]) -> Any:
    """A value of this schema: its example, or the least that it asks for."""
    schema = operation.resolved(schema)
    given = [
        *schema.get("examples", ()),
        *(schema[name] for name in ("example", "const", "default") if schema.get(name) is not None),
        *schema.get("enum", ()),
    ]
    if given:
        return copy.deepcopy(given[0])
    kind = schema.get("type")
    if kind == "object":
        wanted = schema.get("required", ())
        return {name: sample(operation, schema["properties"][name]) for name in wanted}
    if kind == "array":
        return [sample(operation, schema["items"])]
    moment = "2026-03-01T09:30:00Z"
    formats = {"uuid": str(new_id()), "date-time": moment, "date": moment[:10], "email": "a@example.com"}
    text = formats.get(schema.get("format", ""), "text of some length")[: schema.get("maxLength", 99)]
    return {"integer": 1, "number": 1.0, "boolean": True}.get(str(kind), text)
