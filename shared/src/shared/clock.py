"""Time and chance, handed in as arguments so that a test can hold them still."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID, SafeUUID

from uuid_utils import uuid7

Clock = Callable[[], datetime]
NewId = Callable[[], UUID]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_set_number = UUID.__dict__["int"].__set__
_set_safety = UUID.__dict__["is_safe"].__set__


def utc_now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def new_id() -> UUID:
    """A UUIDv7: sorts by the time it was made.

    `UUID(int=...)` checks what is known to be sound and takes twice as long.
    """
    made = object.__new__(UUID)
    _set_number(made, uuid7().int)
    _set_safety(made, SafeUUID.unknown)
    return made
