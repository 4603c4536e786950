"""What the gateway tells: who works here and what they may see, and which partners have keys."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.events.base import Code, Event, Moment


class StaffChanged(Event):
    """A member of staff is new or changed; the subject is the staff id, `data_scope` how far they see."""

    type: ClassVar[str] = "staff.changed.v1"
    publisher: ClassVar[str] = "gateway"

    roles: tuple[Code, ...]
    active: bool
    org_unit_id: UUID | None
    data_scope: Literal["own", "unit", "all"]


class KeyCreated(Event):
    """A distributor has a new key; the subject is the key's id.

    `scopes` is what it was given (None in events from before this was told), `expires_at` its end, if any.
    """

    type: ClassVar[str] = "key.created.v1"
    publisher: ClassVar[str] = "gateway"

    created_by: UUID
    scopes: tuple[Code, ...] | None = None
    expires_at: Moment | None = None


class KeyChanged(Event):
    """A key was given other scopes or another end; it never may more than these scopes."""

    type: ClassVar[str] = "key.changed.v1"
    publisher: ClassVar[str] = "gateway"

    changed_by: UUID
    scopes: tuple[Code, ...]
    expires_at: Moment | None


class KeyRevoked(Event):
    """A key was ended for good; nobody who shows it is let in any more."""

    type: ClassVar[str] = "key.revoked.v1"
    publisher: ClassVar[str] = "gateway"

    revoked_by: UUID
