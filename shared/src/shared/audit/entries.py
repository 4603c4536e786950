"""What the audit keeps of one deed, and the bytes that its hash is made of."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from uuid_utils import uuid7

from shared.clock import EPOCH

Kind = Literal["change", "read", "refusal", "use"]
MOST_SUBJECTS: Final = 200
_MICROSECOND = timedelta(microseconds=1)


def entry_id(at: datetime) -> UUID:
    """A new id that sorts by this moment: entries of all services are in order by their ids."""
    return UUID(int=uuid7(nanoseconds=_microseconds(at) * 1000).int)


class Entry(NamedTuple):
    """One deed, in ids and words of ours: never a name, a text, or the value of a filter.

    `action` is an operation's id, `resource` the first segment of its path, `subjects` the records it was
    about (at most 200 of `records`), `filters` the names of a list's filters. `times` is more than 1 where
    equal deeds were counted instead of told one by one. `address` is sealed. The order is that of the table.
    """

    id: UUID
    at: datetime
    kind: Kind
    action: str
    resource: str
    actor_kind: str = ""
    actor_id: UUID | None = None
    subjects: tuple[str, ...] = ()
    records: int = 0
    times: int = 1
    filters: tuple[str, ...] = ()
    status: int = 200
    code: str = ""
    address: bytes = b""
    request_id: str = ""


COLUMNS: Final = Entry._fields


def canonical(values: Sequence[Any]) -> bytes:
    """The one text of an entry or of its row; ValueError for a row that cannot be one of ours.

    No part of an entry of ours holds a line end, nor a filter's name a comma or nothing, so that no two rows
    have the same text.
    """
    row_id, at, kind, action, resource, actor_kind, actor, subjects, records, times, filters, *rest = values
    status, code, address, request_id = rest
    parts = (
        str(row_id),
        str(_microseconds(at)),
        kind,
        action,
        resource,
        actor_kind,
        "" if actor is None else str(actor),
        ",".join(map(str, subjects)),
        str(records),
        str(times),
        ",".join(filters),
        str(status),
        code,
        address.hex(),
        request_id,
    )
    text = "\n".join(parts)
    if text.count("\n") != len(parts) - 1 or any(not name or "," in name for name in filters):
        raise ValueError("no entry of ours")
    return text.encode()


def _microseconds(at: datetime) -> int:
    return (at - EPOCH) // _MICROSECOND
