"""Fields that a key must not see: hidden in every answer that leaves the door, and no use to ask by.

A masked answer still fits its published schema: only fields that can be null or are texts are maskable.
Hiding what is hidden already changes nothing, so an answer may pass two doors.
"""

import csv
import io
import json
import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from starlette.datastructures import QueryParams
from starlette.responses import Response, StreamingResponse

from shared.problems import FieldError, Forbidden, Problem

Mask = Callable[[str], str | None]
_HIDDEN = "***"
_VALUES = ("old", "new", "kept", "absorbed", "result")
"""Under which names the values of a `field` stand beside it."""
_LEAST_DIGITS = 8
_HIDDEN_PHONE = re.compile(r"\*{3}[0-9]{4}")
_HIDDEN_EMAIL = re.compile(r"[^@]?\*{3}@[^@]*")
_EVENT_END = b"\n\n"
_DATA = b"data:"


def _phone(text: str) -> str:
    """The last four digits, if they are less than half of them all."""
    if _HIDDEN_PHONE.fullmatch(text):
        return text
    digits = re.sub(r"[^0-9]", "", text)
    return _HIDDEN + digits[-4:] if len(digits) >= _LEAST_DIGITS else _HIDDEN


def _email(text: str) -> str:
    """The first letter and the domain."""
    if _HIDDEN_EMAIL.fullmatch(text):
        return text
    local, at, domain = text.rpartition("@")
    return f"{local[:1]}{_HIDDEN}@{domain}" if at else _HIDDEN


def _nothing(_: str) -> None:
    return None


MASKABLE: Mapping[str, Mask] = {
    "address": _nothing,
    "birthday": _nothing,
    "contact_email": _email,
    "contact_name": _nothing,
    "contact_phone": _phone,
    "email": _email,
    "phone": _phone,
    "website": _nothing,
}
"""The closed list of fields that a key can be kept from, and what is left of each."""


def refuse_asking(query: QueryParams, names: frozenset[str]) -> None:
    """Raise Forbidden for a filter or an order by a hidden field: the answer would tell it piece by piece."""
    asked = [name for name in query if name.partition("[")[0] in names]
    asked += ["sort" for value in query.getlist("sort") if value.removeprefix("-") in names]
    if asked:
        raise Forbidden(
            "field_masked",
            en="This key may not see the field, so it cannot filter or sort by it.",
            zh="此密钥无权查看该字段，不能据此筛选或排序。",
            errors=tuple(
                FieldError(f"?{name[:100]}", "field_masked", "is hidden from this key", "对此密钥隐藏")
                for name in asked
            ),
        )


def hide(response: Response, names: frozenset[str]) -> Response:
    """The same answer without the values of these fields; Forbidden for a kind that cannot be searched."""
    media = response.headers.get("content-type", "").partition(";")[0]
    if isinstance(response, StreamingResponse):
        if media != "text/event-stream":
            raise _not_maskable()
        response.body_iterator = _events(response.body_iterator, names)
        return response
    body = bytes(response.body)
    if body:
        response.body = _BY_MEDIA.get(media, _refused)(body, names)
        response.headers["content-length"] = str(len(response.body))
    return response


@contextmanager
def kept_hidden(query: QueryParams, names: frozenset[str]) -> Iterator[None]:
    """Around a request: it does not ask by these fields, and a refusal does not tell them."""
    refuse_asking(query, names)
    try:
        yield
    except Problem as problem:
        problem.extra = hidden(dict(problem.extra), names)
        raise


def hidden(value: Any, names: frozenset[str]) -> Any:
    """A JSON value without what these fields hold, however deep they lie."""
    if isinstance(value, list):
        return [hidden(item, names) for item in value]
    if not isinstance(value, dict):
        return value
    shown = {key: _shown(key.lower(), item, names) for key, item in value.items()}
    field = value.get("field")
    if isinstance(field, str) and field in names:  # a change: which field it was, what it held and holds
        shown |= {key: _masked(value[key], _mask(field)) for key in _VALUES if key in value}
    kind = value.get("kind")
    if isinstance(kind, str) and kind in names and "external_id" in value:  # an identity: a name of this kind
        shown["external_id"] = _masked(value["external_id"], _mask(kind))
    return shown


def _shown(name: str, value: Any, names: frozenset[str]) -> Any:
    return _masked(value, _mask(name)) if name in names else hidden(value, names)


def _mask(name: str) -> Mask:
    return MASKABLE.get(name, _nothing)


def _masked(value: Any, mask: Mask) -> Any:
    if isinstance(value, str):
        return mask(value)
    return [_masked(item, mask) for item in value] if isinstance(value, list) else None


def _json(body: bytes, names: frozenset[str]) -> bytes:
    found = hidden(json.loads(body), names)
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()


def _csv(body: bytes, names: frozenset[str]) -> bytes:
    rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))
    masks = [_mask(name) if name in names else None for name in map(str.lower, rows[0])]
    if not any(masks):
        return body
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(rows[0])
    writer.writerows(_cells(row, masks) for row in rows[1:])
    return out.getvalue().encode()


def _cells(row: Iterable[str], masks: Iterable[Mask | None]) -> list[str]:
    return [mask(cell) or "" if mask and cell else cell for cell, mask in zip(row, masks, strict=True)]


def _refused(_body: bytes, _names: frozenset[str]) -> bytes:
    raise _not_maskable()


_BY_MEDIA: Mapping[str, Callable[[bytes, frozenset[str]], bytes]] = {
    "application/json": _json,
    "application/problem+json": _json,
    "text/csv": _csv,
}


async def _events(chunks: Any, names: frozenset[str]) -> AsyncIterator[bytes]:
    """Server-sent events, each whole before it goes on."""
    kept = b""
    async for chunk in chunks:
        kept += chunk.encode() if isinstance(chunk, str) else bytes(chunk)
        whole, end, kept = kept.rpartition(_EVENT_END)
        if end:
            yield b"\n".join(_line(line, names) for line in whole.split(b"\n")) + end


def _line(line: bytes, names: frozenset[str]) -> bytes:
    return _DATA + b" " + _json(line.removeprefix(_DATA), names) if line.startswith(_DATA) else line


def _not_maskable() -> Forbidden:
    return Forbidden(
        "answer_not_maskable",
        en="Fields are hidden from this key, and this kind of answer cannot be searched for them.",
        zh="此密钥有隐藏字段，而此类响应无法逐字段处理。",
    )
