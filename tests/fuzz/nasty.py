"""Values that callers send by mistake or by malice, as they stand in JSON or in a URL."""

import json
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any, TypeVar
from urllib.parse import quote

from tests.fuzz.judge import MARK
from tests.fuzz.operations import Operation

_T = TypeVar("_T")
NOBODY = "00000000-0000-7000-8000-000000000000"

REFUSED_JSON = (
    "NaN",
    "Infinity",
    "-Infinity",
    "1e999",
    "-1e999",
    "9223372036854775808",
    "-9223372036854775809",
    "1" * 400,
    f'"{MARK}\\u0000"',
    f'"{MARK}\\ud800"',
    f'"\\udc00{MARK}"',
    f'"\\u202e{MARK}"',
    f'"\\u2066{MARK}"',
    f'"{MARK}\\u0007"',
    f'"{MARK}\\uffff"',
    f'"{MARK * 5000}"',
    "[" * 60 + f'"{MARK}"' + "]" * 60,
    '{"a":' * 60 + f'"{MARK}"' + "}" * 60,
    "[" * 5000 + "]" * 5000,
    json.dumps([MARK] * 20_000),
)
"""No field of ours takes these."""

ODD_JSON = (
    "null",
    '""',
    '"   "',
    '"\\u3000\\t\\n"',
    f'"{MARK}"',
    f'"{MARK[:4]}\\u200b\\ufeff{MARK}"',
    '"0"',
    "0",
    "-1",
    "1",
    "1.5",
    "1e3",
    "9223372036854775807",
    "-9223372036854775808",
    "2147483648",
    "true",
    "[]",
    "{}",
    "[null]",
    f'["{MARK}"]',
    f'{{"no_such": "{MARK}"}}',
    '"0001-01-01T00:00:00Z"',
    '"0001-01-01T00:00:00+23:59"',
    '"9999-12-31T23:59:59.999999Z"',
    '"9999-12-31T23:59:59-23:59"',
    '"0000-00-00T00:00:00Z"',
    '"2026-02-30T00:00:00Z"',
    '"2026-06-30T23:59:60Z"',
    '"-2026-01-01T00:00:00Z"',
    '"Asia/Shanghai"',
    '"../../etc/localtime"',
    '"٣"',
    f'"\' OR 1=1 -- {MARK}"',
    '"%00"',
    f'"{NOBODY}"',
    f'"{NOBODY.replace("-", "")}"',
    f'"urn:uuid:{NOBODY}"',
    '"=cmd|calc"',
    '"😀"',
)
"""Some field may take these; what refuses them says so properly."""

NO_MOMENTS = (
    "1700000000",
    "1700000000.5",
    '"1700000000"',
    '"2026-01-01"',
    '"2026-01-01T00:00:00"',
    "0",
    '"0"',
)
"""Not RFC 3339: a date-time refuses them."""

ODD_TEXTS = (
    b"",
    b"%20",
    b"%00",
    b"%0d%0aX-Injected:%201",
    b"%ff%fe",
    b"%ed%a0%80",
    b"%e2%80%ae",
    b"%C0%AF",
    b"%",
    b"%zz",
    b"%2e%2e%2f",
    b"..",
    b"%2F",
    MARK.encode(),
    MARK.encode() * 800,
    b"NaN",
    b"1e999",
    b"-1",
    b"0",
    b"1.5",
    b"true",
    b"null",
    b"9223372036854775808",
    b"1" * 400,
    b"%D9%A3",
    b"0001-01-01T00:00:00%2B23:59",
    b"9999-12-31T23:59:59-23:59",
    b"1700000000",
    b"2026-02-30T00:00:00Z",
    b"{}",
    b"%5B%5D",
    b"'%20OR%201=1%20--",
    b"*",
    b";",
    NOBODY.encode(),
)

_NO_RULES = {"title", "description", "examples", "default"}
_SHARE = 12


class Sparing:
    """All values for the first place of a kind, and for each like it another twelfth of them.

    Places are alike when they have one name and one schema: the same code reads them.
    """

    def __init__(self) -> None:
        self._turns: dict[tuple[str, str], count[int]] = {}

    def share(self, name: str, schema: dict[str, Any], values: Sequence[_T]) -> Sequence[_T]:
        """The values for this place."""
        rules = {key: value for key, value in schema.items() if key not in _NO_RULES}
        kind = (name, json.dumps(rules, sort_keys=True))
        if kind not in self._turns:
            self._turns[kind] = count()
            return values
        return values[next(self._turns[kind]) % _SHARE :: _SHARE]


def places(operation: Operation, body: Any) -> Iterator[tuple[str | int, ...]]:
    """Every place of a body that can hold a value: what is there, and what the schema knows besides.

    The items of a batch are those of the operation for one.
    """
    found = _places(operation, operation.body, body, ())
    yield from (place for place in found if len(place) <= 2 or not operation.path.endswith("/batch"))


def _places(
    operation: Operation, schema: dict[str, Any], value: Any, at: tuple[str | int, ...]
) -> Iterator[tuple[str | int, ...]]:
    schema = operation.resolved(schema)
    if schema.get("type") == "object" and isinstance(value, dict):
        for name, inner in schema.get("properties", {}).items():
            yield (*at, name)
            yield from _places(operation, inner, value.get(name), (*at, name))
    elif schema.get("type") == "array" and isinstance(value, list) and value:
        yield (*at, 0)
        yield from _places(operation, schema["items"], value[0], (*at, 0))


def schema_at(operation: Operation, place: tuple[str | int, ...]) -> dict[str, Any]:
    """The schema of a place."""
    schema = operation.body
    for step in place:
        schema = operation.resolved(schema["items"] if isinstance(step, int) else schema["properties"][step])
    return schema


def spoilt(body: Any, place: tuple[str | int, ...], raw: str) -> bytes:
    """The body as JSON with this raw text at that place."""
    return (
        json.dumps(_with(body, place, "@@here@@")).replace('"@@here@@"', raw).encode("utf-8", "surrogatepass")
    )


def without(body: Any, place: tuple[str | int, ...]) -> bytes:
    """The body as JSON without that place."""
    changed = json.loads(json.dumps(body))
    inner = changed
    for step in place[:-1]:
        inner = inner[step]
    if isinstance(inner, dict):
        inner.pop(place[-1], None)
    else:
        del inner[place[-1]]
    return json.dumps(changed).encode()


def _with(body: Any, place: tuple[str | int, ...], value: Any) -> Any:
    if not place:
        return value
    step, *rest = place
    if isinstance(step, int):
        return [*body[:step], _with(body[step], tuple(rest), value), *body[step + 1 :]]
    return {**body, step: _with(body.get(step), tuple(rest), value)}


def odd_queries(name: str) -> Iterator[bytes]:
    """A parameter with each odd text, and written oddly."""
    key = quote(name).encode()
    for text in ODD_TEXTS:
        yield key + b"=" + text
    yield key
    yield key + b"=1&" + key + b"=2"
    yield key + b"[]=" + MARK.encode()
    yield b"%" + format(ord(name[0]), "02x").encode() + quote(name[1:]).encode() + b"=" + MARK.encode()
