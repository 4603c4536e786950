"""The routing table: compiled from the paths that the services publish in their OpenAPI documents."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

BY_DIGIT = {
    "1": "customer-svc",
    "2": "interaction-svc",
    "3": "scoring-svc",
    "4": "notify-svc",
    "5": "gateway",
}
"""The last hex digit of an operation's id names the service that runs it."""

GATEWAY = "gateway"
_METHODS = ("get", "put", "post", "delete", "patch", "options", "head", "trace")
_SCOPES = "x-scopes"
_ASKS = "x-asks"
_IN_TURN = {"interaction-svc": ("customer-svc",), "notify-svc": ("customer-svc",)}
"""Who reads a customer through, and so hands its caller's token on."""

HEALTH = frozenset({"/livez", "/readyz", "/version"})
PAGES = (
    "/",
    "/docs",
    "/docs/static/{file}",
    "/docs/static/{folder}/{file}",
    "/redoc",
    "/openapi.json",
    "/openapi/{service}.json",
    "/asyncapi.json",
    "/events-docs",
)
"""Pages of the gateway that are no operations of the API."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What one method of a path demands: all these permissions, or nothing when it is open to everybody.

    `asks` are the services that the work which it starts goes on asking in the caller's name.
    """

    public: bool = False
    permissions: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()


Operations = Mapping[str, Operation]
"""What a path can do, by method (`GET`, `POST` …)."""

PAGE: Operations = {"GET": Operation(public=True), "HEAD": Operation(public=True)}


@dataclass(frozen=True, slots=True)
class Owned:
    """A path template, its owner and what it can do."""

    template: str
    service: str
    operations: Operations


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes, and what can be asked there."""

    service: str
    operations: Operations


@dataclass(slots=True)
class _Node:
    literals: dict[str, "_Node"] = field(default_factory=dict)
    parameter: "_Node | None" = None
    targets: dict[str, Target] = field(default_factory=dict)


class RouteTable:
    """Finds the owner of a path: a literal segment wins over a parameter, and parameters are never empty.

    `complete` is False while some service has not told its paths yet. A template that several services
    publish is told apart by the last hex digit of its first parameter, and an id that names none of them
    is nobody's: any of them refuses it as it refuses its own ghosts. Without a parameter it is a mistake,
    and ValueError names it.
    """

    def __init__(self, owned: Iterable[Owned], *, complete: bool = True) -> None:
        self.complete = complete
        self._root = _Node()
        self._whole: dict[str, Target] = {}
        for each in owned:
            self._add(each)

    def match(self, path: str) -> Target | None:
        """The owner of this path (decoded, without query), or None."""
        whole = self._whole.get(path)
        if whole is not None:
            return whole
        segments = path.split("/")
        if segments[0] or len(segments) > 16:  # noqa: PLR2004 - deeper than any path of ours
            return None
        return _descend(self._root, segments, 1, None)

    def _add(self, each: Owned) -> None:
        node = self._root
        for segment in each.template.split("/")[1:]:
            if "{" in segment:
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.literals.setdefault(segment, _Node())
        if node.targets.keys() - {each.service} and "{" not in each.template:
            raise ValueError(f"{each.template} is published by {each.service} and {sorted(node.targets)}")
        node.targets[each.service] = Target(each.service, each.operations)
        if "{" not in each.template:
            self._whole[each.template] = node.targets[each.service]


def _descend(node: _Node, segments: list[str], depth: int, first: str | None) -> Target | None:
    if depth == len(segments):
        return _chosen(node.targets, first)
    segment = segments[depth]
    literal = node.literals.get(segment)
    if literal is not None:
        found = _descend(literal, segments, depth + 1, first)
        if found is not None:
            return found
    if node.parameter is None or not segment:
        return None
    return _descend(node.parameter, segments, depth + 1, segment if first is None else first)


def _chosen(targets: Mapping[str, Target], first: str | None) -> Target | None:
    if len(targets) < 2:  # noqa: PLR2004 - one owner or none
        return next(iter(targets.values()), None)
    service = BY_DIGIT.get((first or "")[-1:])
    return targets[min(targets)] if service is None else targets.get(service)


def owned_paths(service: str, document: Mapping[str, Any]) -> list[Owned]:
    """What a service publishes, from its OpenAPI document; health is the gateway's alone, for the outside."""
    return [
        Owned(template, service, _operations(item))
        for template, item in document.get("paths", {}).items()
        if service == GATEWAY or template not in HEALTH
    ]


def handed_on(service: str, asks: Iterable[str] = ()) -> list[str]:
    """The services that a token for this one reaches, too: those that it asks, and those that they ask."""
    reached = dict.fromkeys(_IN_TURN.get(service, ()))
    for each in asks:
        reached.update(dict.fromkeys((each, *_IN_TURN.get(each, ()))))
    return [each for each in reached if each != service]


def _operations(item: Mapping[str, Any]) -> Operations:
    return {method.upper(): _operation(item[method]) for method in _METHODS if method in item}


def _operation(described: Mapping[str, Any]) -> Operation:
    return Operation(
        public=described.get("security") == [],
        permissions=tuple(described.get(_SCOPES, ())),
        asks=tuple(described.get(_ASKS, ())),
    )
