"""Pairs of requests that differ in one thing: a foreign id here, there an id that nobody ever had."""

import copy
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from tests.composed import Ask
from tests.fuzz.operations import JSON, Operation
from tests.fuzz.world import assembled
from tests.isolation.likeness import UUID

Place = tuple[str | int, ...]

NAMED: Mapping[str, str] = {
    **dict.fromkeys(("owner_id", "assignee_id", "promised_by", "created_by"), "owner_id"),
    **dict.fromkeys(("manager_id", "granted_by", "actor_id"), "owner_id"),
    **dict.fromkeys(("lead_id", "member_id", "staff_id", "watcher_id"), "owner_id"),
    **dict.fromkeys(("customer_id", "absorbed_id", "kept_id", "subject_id", "before_id"), "customer_id"),
    "referred_by": "customer_id",
    "renewal_of": "contract_id",
    "message_id": "message_id",
    "source_id": "reminder_id",
    "sender_id": "sender_id",
    **dict.fromkeys(("order_no", "return_of"), "order_no"),
    **{name: name for name in ("customer_code", "external_id", "interaction_id", "complaint_id")},
    **dict.fromkeys(("to_id", "recipient_id"), "owner_id"),
    "reminder_id": "reminder_id",
    "rule_id": "reminder_rule_id",
    **{name: name for name in ("attachment_id", "series_id", "survey_id", "process_id")},
    **dict.fromkeys(("into_id", "merged_into", "complaint_ids"), "complaint_id"),
    **{name: name for name in ("team_id", "macro_id", "model_id", "webhook_id", "playbook_id")},
    **{name: name for name in ("distributor_id", "org_unit_id")},
    "distributor_ids": "distributor_id",
    "territories": "org_unit_id",
    "id": "contact_id",
}
"""Which of an owner's records a field or a filter names."""
_BY_PATH: Mapping[tuple[str, str], str] = {
    ("/v1/distributors", "parent_id"): "distributor_id",
    ("/v1/distributors", "ancestor_id"): "distributor_id",
    ("/v1/org-units", "parent_id"): "org_unit_id",
    ("/v1/org-units", "ancestor_id"): "org_unit_id",
    ("/v1/inbox", "id"): "item_id",
    ("/v1/customers", "code"): "customer_code",
    ("/v1/customers", "q"): "name",
    ("/v1/interactions", "q"): "name",
    ("/v1/complaints", "q"): "name",
}
_NUMBERS = {"order_no", "return_of", "customer_code", "external_id"}
"""Names that are no ids by their form."""
_BESIDE: Mapping[str, Mapping[str, Any]] = {
    "order_no": {"channel": "online_shop"},
    "return_of": {"channel": "online_shop", "kind": "return"},
    "external_id": {"channel": "wechat"},
    "id": {"kind": "contact"},
}
"""What must stand beside a name for it to be that record's."""
_INSTEAD = (
    {"customer_id", "customer_code", "identity"},
    {"attachment_id", "url"},
    {"attachment_id", "name"},
)
"""Fields of which only one may be sent."""


@dataclass(frozen=True)
class Case:
    """What somebody would send to an operation: the values in its path, and its body."""

    operation: Operation
    ids: Mapping[str, str]
    body: Any

    @property
    def request(self) -> Ask:
        return assembled(self.operation, self.ids, self.body)


@dataclass(frozen=True)
class Probe:
    """What is asked of a foreign record, and the same of a ghost."""

    place: str
    foreign: Ask
    ghost: Ask
    sent: frozenset[str] = frozenset()
    record: str = ""

    def both(self, change: Callable[[Ask], Ask], said: str) -> "Probe":
        return Probe(f"{self.place} {said}", change(self.foreign), change(self.ghost), self.sent)


def ghost_of(value: str) -> str:
    """Nobody's, of the same form and length."""
    return str(uuid4()) if UUID.fullmatch(value) else f"n{uuid4().hex}"[: len(value)]


def record_of(path: str, name: str) -> str | None:
    """What a filter or a field of this name names there, None if it is no name of a record."""
    head = "/".join(path.split("/")[:3])
    return _BY_PATH.get((head, name)) or NAMED.get(name)


def in_path(case: Case, common: frozenset[str]) -> list[Probe]:
    """All ids of the path foreign; of two the inner one a ghost; each beside all of them ghosts."""
    ids, hidden = case.ids, [name for name in case.ids if name not in common | {"channel"}]
    if not hidden:
        return []
    ghosts = {**ids, **{name: ghost_of(ids[name]) for name in hidden}}
    nobodys = replace(case, ids=ghosts).request
    sent = frozenset((*(ids[name] for name in hidden), *ghosts.values()))
    found = [Probe("the path", case.request, nobodys, sent)]
    if len(hidden) > 1:
        within = {**ids, hidden[-1]: ghosts[hidden[-1]]}
        found.append(Probe("the outer path", replace(case, ids=within).request, nobodys, sent))
    if any(each["name"] == "If-Match" for each in case.operation.parameters["header"]):
        found.append(found[0].both(lambda ask: ask.having(("if-match", '"v999"')), "with a stale If-Match"))
    if case.operation.media == JSON:
        found.append(found[0].both(lambda ask: ask.saying(b'{"no such field": 1}'), "with a wrong body"))
    return found


def filters(operation: Operation) -> dict[str, str]:
    """The filters that name a record, and which."""
    found = {}
    for each in operation.parameters["query"]:
        name = each["name"]
        record = record_of(operation.path, name)
        assert record or "uuid" not in str(each["schema"]), f"{operation}: nobody knows what ?{name} names"
        if record:
            found[name] = record
    return found


def in_query(operation: Operation, own: Mapping[str, str], known: Mapping[str, str]) -> Iterator[Probe]:
    """Each filter that names a record; in the path stands one's own."""
    for name, record in filters(operation).items():
        foreign, ghost = known[record], ghost_of(known[record])
        there, nowhere = (_asking(operation, own, **{name: value}) for value in (foreign, ghost))
        yield Probe(f"?{name}", there, nowhere, frozenset((foreign, ghost)), record)


def _asking(operation: Operation, own: Mapping[str, str], **query: str) -> Ask:
    request = Case(operation, own, None).request
    needed = [request.query] if request.query else []
    return replace(request, query=b"&".join((*needed, urlencode(query).encode())))


def places(operation: Operation) -> list[Place]:
    """Where the body names records."""
    if operation.media != JSON:
        return []
    return list(_places(operation, operation.body, ()))


def _places(operation: Operation, schema: Mapping[str, Any], here: Place) -> Iterator[Place]:
    schema = _objects(operation, schema)
    if schema.get("type") == "array":
        yield from _places(operation, schema["items"], (*here, 0))
    elif schema.get("type") == "object":
        for name, each in schema.get("properties", {}).items():
            yield from _places(operation, each, (*here, name))
    elif schema.get("format") == "uuid" or (here and here[-1] in _NUMBERS) or _is_code(operation, here):
        assert record_of(operation.path, named(here)), f"{operation}: nobody knows what {here} names"
        yield here


def _is_code(operation: Operation, here: Place) -> bool:
    return operation.path.startswith("/v1/customers") and here[-1:] == ("code",)


def _objects(operation: Operation, schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema itself; of alternatives the object, which may hold ids, before its short form."""
    for each in schema.get("anyOf", ()):
        resolved = operation.resolved(each)
        if resolved.get("type") == "object":
            return resolved
    return operation.resolved(schema)


def named(place: Place) -> str:
    """The field that the place is in; of a list its name."""
    return str(next(step for step in reversed(place) if isinstance(step, str)))


def planted(body: Any, place: Place, value: str) -> Any:
    """The body with this value at the place, and beside it what it needs."""
    body = copy.deepcopy(body)
    inner = body
    for step, after in itertools.pairwise(place):
        inner = _entered(inner, step, after)
    if isinstance(inner, list):
        inner[:] = [value]
        return body
    _alone(inner, str(place[-1]))
    inner.update({str(place[-1]): value, **_BESIDE.get(str(place[-1]), {})})
    return body


def _entered(outer: Any, step: str | int, after: str | int) -> Any:
    """What stands in `outer` at a step; made if nothing does."""
    fresh: Any = [] if isinstance(after, int) else {}
    if isinstance(outer, list):
        if not outer or not isinstance(outer[0], type(fresh)):
            outer[:1] = [fresh]
        return outer[0]
    _alone(outer, str(step))
    if outer.get(str(step)) is None:
        outer[str(step)] = fresh
    return outer[str(step)]


def _alone(fields: Any, name: str) -> None:
    for names in _INSTEAD:
        if name in names:
            for other in names - {name}:
                fields.pop(other, None)
