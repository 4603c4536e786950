"""What an auditor sees."""

from ipaddress import ip_address
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from shared.audit.entries import Kind
from shared.http.models import Input, ListQuery, Output
from shared.http.types import Code, Int64, Moment


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise PydanticCustomError(
            "not_an_address", "must be an IP address", {"zh": "必须是 IP 地址"}
        ) from None


Address = Annotated[str, StringConstraints(max_length=45), AfterValidator(_address)]
Hash = Annotated[str, Field(examples=["9f2c4e7d1b8a6053c4d2e9f80716a5b3c8d7e6f5041322310fedcba987654321"])]


class AuditFilters(Input):
    """Which entries: all that are named must fit."""

    kind: Kind | None = None
    actor_id: UUID | None = Field(None, description="A member of staff, or a partner's key")
    action: Code | None = Field(None, description="An operation's id", examples=["changeCustomer"])
    resource_type: Code | None = Field(
        None, description="The first segment of the operation's path", examples=["customers"]
    )
    subject_id: UUID | None = Field(None, description="A record that was read or changed")
    result: Literal["done", "refused"] | None = None
    address: Address | None = Field(None, description="The client's address", examples=["203.0.113.9"])
    at_gte: Moment | None = Field(None, alias="at[gte]")
    at_lt: Moment | None = Field(None, alias="at[lt]")


class AuditQuery(AuditFilters, ListQuery):
    """Filters of a service's list. `before_id` begins behind that entry, newest first."""

    before_id: UUID | None = Field(None, description="Only entries older than this one")


class AuditRead(Output):
    """Who did what, to what, from where, with which result.

    `subject_ids` are at most 200 of `records`. `times` says how often, where equal reads of a moment, or
    equal refusals of a minute, are one entry. `filters` are names only.
    """

    id: UUID
    at: Moment
    kind: Kind = Field(examples=["change"])
    action: str = Field(examples=["changeCustomer"])
    resource_type: str = Field(examples=["customers"])
    actor_kind: str | None = Field(examples=["staff"])
    actor_id: UUID | None
    subject_ids: list[UUID]
    records: int = Field(examples=[1])
    times: int = Field(examples=[1])
    filters: list[str] = Field(examples=[["limit", "q"]])
    status: int = Field(examples=[200])
    code: str | None = Field(examples=[None])
    address: str | None = Field(examples=["203.0.113.9"])
    request_id: str | None = Field(examples=["7f9c2ba4e88f827d616045507605853e"])


class AnchorRead(Output):
    """The newest copy of a service's chain's end that is kept here."""

    service: str = Field(examples=["customer-svc"])
    turn: int = Field(examples=[4711])
    number: Int64 = Field(examples=[81234])
    hash: Hash
    at: Moment
    doubtful_since_turn: int | None = Field(
        description="The first copy that did not go on from the one before it", examples=[None]
    )


class AuditHead(Output):
    """Where the chain ends, and the copies of all services' ends that are kept in this service's database."""

    number: Int64 = Field(examples=[81240])
    hash: str = Field(examples=["9f2c4e7d1b8a6053c4d2e9f80716a5b3c8d7e6f5041322310fedcba987654321"])
    sealed_at: Moment | None
    anchors: list[AnchorRead]


class AuditLink(Output):
    """One link of the chain."""

    number: Int64 = Field(examples=[81234])
    hash: Hash


class VerificationStarted(Output):
    """Watch it at `/v1/operations/{id}`; its result says `entries`, `number`, `hash` and what is `broken`."""

    id: UUID
