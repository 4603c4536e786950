"""What the gateway knows of a place in a tree, and when whoever stands there may still come in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

_SHUT = frozenset({"suspended", "ended", "closed"})


@dataclass(frozen=True, slots=True)
class Place:
    """A distributor or an org unit as known here at `version`; `parent_id` is the one directly above."""

    id: UUID
    parent_id: UUID | None
    status: str
    version: int

    @property
    def open(self) -> bool:
        """Whether it still does business: neither suspended nor ended, and not deleted."""
        return self.status not in _SHUT


def newest(places: Iterable[Place]) -> list[Place]:
    """One place per id, the one with the highest version, in an order that all writers share."""
    kept: dict[UUID, Place] = {}
    for place in places:
        known = kept.get(place.id)
        if known is None or known.version < place.version:
            kept[place.id] = place
    return [kept[key] for key in sorted(kept)]


def from_answer(answer: Mapping[str, Any]) -> Place:
    """Read customer-svc's answer; raises KeyError, TypeError or ValueError if it is not one."""
    parent = answer["parent_id"]
    return Place(
        id=UUID(answer["id"]),
        parent_id=None if parent is None else UUID(parent),
        status=str(answer["status"]),
        version=int(answer["version"]),
    )
