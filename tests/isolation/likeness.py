"""Whether two answers tell the same, and whether an answer tells what its reader may not know."""

import json
import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from urllib.parse import unquote

from tests.composed import Answer, Ask

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-][\d:]+)")
_REQUEST = re.compile(r"urn:tonglu:request:[0-9a-f]{32}|\"request_id\": ?\"[0-9a-f]{32}\"")
_NUMBER = re.compile(r"\bC-\d{4}-\d{6}\b")
_CURSOR = re.compile(r'"next_cursor": ?"[^"]+"')
_RUNNING = (
    (_REQUEST, "<request>"),
    (_CURSOR, "<more>"),
    (_NUMBER, "<number>"),
    (_MOMENT, "<moment>"),
    (UUID, "<id>"),
)
"""What differs between any two records, and its name."""
_ALWAYS_OTHER = {"request_id", "instance"}
"""Fields of a problem that name this very request."""
_OF_THE_REQUEST = {
    "x-request-id",
    "date",
    "content-length",
    "ratelimit",
    "ratelimit-policy",
    "retry-after",
    "traceparent",
    "server-timing",
}
"""Headers that differ between any two requests."""


@dataclass
class Secrets:
    """What nobody but its owner may be told: ids, and a mark that stands in every text of a record.

    `inner` are ids that the company's people may know, and no other partner.
    """

    mark: str
    ids: set[str] = field(default_factory=set)
    inner: set[str] = field(default_factory=set)

    def told(self, answer: Answer, request: Ask, *, inside: bool = False) -> list[str]:
        """The secrets in an answer, but for those that its reader sent; `inside` says it is the company's."""
        text = f"{answer.headers} {answer.body.decode('utf-8', 'replace')}"
        sent = f"{unquote(request.path.decode())} {unquote(request.query.decode())} {request.body.decode()}"
        hidden = self.ids if inside else self.ids | self.inner
        return sorted({each for each in self._all_in(text, hidden) if each not in sent})

    def _all_in(self, text: str, hidden: AbstractSet[str]) -> Iterable[str]:
        yield from (each for each in UUID.findall(text) if each in hidden)
        yield from re.findall(rf"{self.mark}[\w-]*", text, re.IGNORECASE)


def unlike(one: Answer, other: Answer, sent: AbstractSet[str] = frozenset()) -> str | None:
    """What tells two answers apart, None if nothing does; the requests differed in the values `sent`."""
    if one.status != other.status:
        return f"{one.status} {code_of(one)}, not {other.status} {code_of(other)}"
    for name, (here, there) in _side_by_side(_headers(one, sent), _headers(other, sent)):
        if here != there:
            return f"the header {name}: {here!r}, not {there!r}"
    here, there = _plain(_body(one), sent), _plain(_body(other), sent)
    return None if here == there else f"the body: {here[:300]!r}, not {there[:300]!r}"


def code_of(answer: Answer) -> str:
    """The code of a refusal, with those of its fields."""
    if answer.media != "application/problem+json":
        return answer.media
    problem = answer.json()
    fields = [f"{each['pointer']} {each['code']}" for each in problem.get("errors") or ()]
    return " ".join([problem["code"], *fields])


def _side_by_side(here: dict[str, str], there: dict[str, str]) -> Iterable[tuple[str, tuple[str, str]]]:
    for name in sorted(here.keys() | there.keys()):
        yield name, (here.get(name, ""), there.get(name, ""))


def _headers(answer: Answer, sent: AbstractSet[str]) -> dict[str, str]:
    return {
        name: _plain(value, sent) for name, value in answer.headers.items() if name not in _OF_THE_REQUEST
    }


def _body(answer: Answer) -> str:
    if answer.media != "application/problem+json":
        return answer.body.decode("utf-8", "replace")
    problem = {name: value for name, value in answer.json().items() if name not in _ALWAYS_OTHER}
    return json.dumps(problem, ensure_ascii=False, sort_keys=True)


def _plain(text: str, sent: AbstractSet[str]) -> str:
    """The text without what differs between any two records: their ids, their moments, what was sent."""
    for form, name in _RUNNING:
        text = form.sub(name, text)
    for each in sent:
        text = re.sub(rf"(?<![\w-]){re.escape(each)}(?![\w-])", "<sent>", text)
    return text
