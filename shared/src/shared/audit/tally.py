"""Refusals, counted: whoever guesses all day makes a few rows a minute, not one for each guess."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.audit.entries import Entry, entry_id

MOST_KINDS: Final = 1000
_Key = tuple[object, ...]


@dataclass(slots=True)
class _Count:
    first: Entry
    further: int = 0


class Tally:
    """The first of equal refusals is told at once, the others as one entry with their number at `settled`.

    Equal are those of one caller, operation, answer, address and subject. Beyond so many kinds a minute it
    is only counted which operation refused with which answer.
    """

    def __init__(self, most: int = MOST_KINDS) -> None:
        self._most = most
        self._counts: dict[_Key, _Count] = {}

    def told(self, entry: Entry) -> Entry | None:
        """Count a refusal; what is to be written of it now."""
        key = _key(entry)
        if key not in self._counts and len(self._counts) >= self._most:
            nobody = Entry(entry.id, entry.at, entry.kind, entry.action, entry.resource)
            entry = nobody._replace(status=entry.status, code=entry.code)
            key = _key(entry)
        known = self._counts.get(key)
        if known is None:
            self._counts[key] = _Count(entry)
            return entry
        known.further += 1
        return None

    def settled(self, at: datetime) -> list[Entry]:
        """What was counted since, at most one entry of each kind; then counting begins anew."""
        counts, self._counts = self._counts, {}
        return list(_further(counts.values(), at))


def _further(counts: Iterable[_Count], at: datetime) -> Iterator[Entry]:
    for count in counts:
        if count.further:
            yield count.first._replace(id=entry_id(at), at=at, times=count.further)


def _key(entry: Entry) -> _Key:
    return (
        entry.action,
        entry.actor_kind,
        entry.actor_id,
        entry.status,
        entry.code,
        entry.address,
        entry.subjects,
    )
