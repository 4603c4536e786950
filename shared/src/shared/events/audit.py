"""What every service tells of its own audit."""

from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from shared.events.base import Code, Event

Hash = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{64})?$")]
Number = Annotated[int, Field(ge=0, lt=2**63)]


class AuditAnchored(Event):
    """How far a service's chain of audit entries is now; every other service keeps a copy.

    `previous_hash` is the hash at the last anchor's number as it stands in the chain now, and empty when
    that number is gone: whoever kept the last anchor sees whether the chain goes on from there.
    """

    type: ClassVar[str] = "audit.anchored.v1"
    publisher: ClassVar[str] = "audit"

    service: Code
    number: Number
    hash: Hash
    previous_number: Number
    previous_hash: Hash
