"""Entries of several services as one list, and what the copies of a chain's end say about it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

SERVICES = ("customer-svc", "interaction-svc", "scoring-svc", "notify-svc", "gateway")

State = Literal["intact", "doubtful", "unavailable"]


@dataclass(frozen=True, slots=True)
class Page:
    """The newest entries of a service that were asked for, and whether there are more."""

    entries: list[dict[str, Any]]
    more: bool


def merged(pages: Mapping[str, Page], limit: int) -> Page:
    """The newest of all, each with its service; entries' ids are in the order of time."""
    entries = [{**entry, "service": service} for service, page in pages.items() for entry in page.entries]
    entries.sort(key=lambda entry: str(entry["id"]), reverse=True)
    return Page(entries[:limit], len(entries) > limit or any(page.more for page in pages.values()))


@dataclass(frozen=True, slots=True)
class Copy:
    """The end of a service's chain as another service keeps it."""

    service: str
    kept_by: str
    number: int
    hash: str
    at: str
    doubtful: bool


def copies_in(heads: Mapping[str, Mapping[str, Any]]) -> list[Copy]:
    """What services keep of others; `heads` are what each said of itself."""
    return [
        Copy(
            anchor["service"],
            keeper,
            anchor["number"],
            anchor["hash"],
            anchor["at"],
            doubtful=anchor["doubtful_since_turn"] is not None,
        )
        for keeper, head in heads.items()
        for anchor in head["anchors"]
        if anchor["service"] != keeper
    ]


def judged(
    service: str, head: Mapping[str, Any] | None, copies: Iterable[Copy], links: Mapping[int, str | None]
) -> dict[str, Any]:
    """How a service's chain stands: `links` are the hashes that it has at the copies' numbers now."""
    kept = [copy for copy in copies if copy.service == service]
    newest = max(kept, key=lambda copy: copy.number, default=None)
    state: State = "unavailable"
    if head is not None:
        fits = all(not copy.doubtful and links.get(copy.number) == copy.hash for copy in kept)
        state = "intact" if fits else "doubtful"
    return {
        "service": service,
        "state": state,
        "number": None if head is None else head["number"],
        "sealed_at": None if head is None else head["sealed_at"],
        "copied_number": None if newest is None else newest.number,
        "copied_at": None if newest is None else newest.at,
        "kept_by": sorted(copy.kept_by for copy in kept),
    }
