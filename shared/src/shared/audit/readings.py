"""Reads of personal data: what the door remembers of each, and the entries that a moment's reads become."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from shared.audit.entries import MOST_SUBJECTS, Entry, entry_id

PERSONAL: Final = frozenset(
    {
        "customers",
        "distributors",
        "duplicates",
        "orders",
        "contracts",
        "recipients",
        "preferences",
        "messages",
        "interactions",
        "complaints",
        "complaint_notes",
        "scores",
        "tier_overrides",
        "reminders",
        "playbook_runs",
        "imports",
        "exports",
        "staff",
        "audit",
    }
)
"""Resources (of a permission) whose records tell of people: who reads one is noted."""
IMPERSONAL: Final = frozenset(
    {
        "channels",
        "fields",
        "org_units",
        "plans",
        "models",
        "policies",
        "operations",
        "inbox",
        "deadletters",
        "api_keys",
        "usage",
        "views",
        "templates",
        "senders",
        "contact_policy",
        "playbooks",
        "tags",
        "webhooks",
    }
)
"""Resources whose records tell of none but the caller; a read of others' tells so (`testimony.of_people`)."""

_UUID = rb'([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"'
# Each begins with a fixed text: one pattern with an alternative takes four times as long.
_RECORD, _CUSTOMER = re.compile(rb'"id":"' + _UUID), re.compile(rb'"customer_id":"' + _UUID)


def customers_in(answer: bytes) -> list[str]:
    """The customers that an answer in JSON names."""
    return [each.decode() for each in _CUSTOMER.findall(answer)]


def records_in(answer: bytes) -> list[str]:
    """The records that an answer in JSON holds."""
    return [each.decode() for each in _RECORD.findall(answer)]


class Reading(NamedTuple):
    """One read as the door saw it; `subjects` are the records that were asked for and answered, each once."""

    at: datetime
    action: str
    resource: str
    actor_kind: str
    actor_id: UUID | None
    filters: tuple[str, ...]
    status: int
    address: bytes
    request_id: str
    subjects: tuple[str, ...]


def entries_of(readings: Iterable[Reading]) -> list[Entry]:
    """The entries of one moment's reads.

    Equal reads of one caller (operation, address, filters, status) are one entry, which names all their
    records and says how many reads it were: whoever reads a thousand records in a second makes five rows.
    """
    growing: dict[tuple[object, ...], _Growing] = {}
    done: list[Entry] = []
    for each in readings:
        key = (each.action, each.actor_id, each.address, each.filters, each.status)
        found = growing.get(key)
        if found is not None and len(found.subjects) + len(each.subjects) > MOST_SUBJECTS:
            done.append(found.entry())
            found = None
        if found is None:
            found = growing[key] = _Growing(each)
        found.add(each)
    return [*done, *(found.entry() for found in growing.values())]


class _Growing:
    """An entry to which further reads may come."""

    def __init__(self, first: Reading) -> None:
        self._first = first
        self.subjects: dict[str, None] = {}
        self._records = self._times = 0

    def add(self, reading: Reading) -> None:
        self.subjects.update(dict.fromkeys(reading.subjects))
        self._records += len(reading.subjects)
        self._times += 1

    def entry(self) -> Entry:
        told = {**self._first._asdict(), "subjects": tuple(self.subjects)[:MOST_SUBJECTS]}
        made = entry_id(self._first.at)
        return Entry(id=made, kind="read", records=self._records, times=self._times, **told)
