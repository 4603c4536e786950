"""What an identity looks like on the wire."""

from uuid import UUID

from pydantic import ConfigDict, Field

from customer_svc.fields import ExternalId, Short
from customer_svc.identities.domain import Kind, Strength
from shared.http import Input, ListQuery, Output
from shared.http.types import Code, Flag, Moment


class IdentityRef(Input):
    """A customer as a channel knows it."""

    model_config = ConfigDict(frozen=True)

    channel: Code = Field(examples=["wechat"])
    external_id: ExternalId


class IdentityCreate(IdentityRef):
    """One more identity of a customer.

    Strong ones prove who it is: a tax number, a unionid, a verified phone or e-mail. Of an `external` id the
    channel tells by `strength`; of all others it follows from kind and verification. Phones, e-mails and tax
    numbers are made normal as those of customers are.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "channel": "wechat",
                    "external_id": "oX9f-7Qw2",
                    "kind": "unionid",
                    "source": "扫码关注",
                },
                {"channel": "online_shop", "external_id": "u-88213", "strength": "strong", "verified": True},
            ]
        }
    )

    kind: Kind = "external"
    strength: Strength | None = Field(None, description="Of an external id; weak if it is not said")
    source: Short | None = None
    verified: Flag = False


class IdentityRead(Output):
    """An identity of a customer."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d8e",
                    "channel": "wechat",
                    "external_id": "oX9f-7Qw2",
                    "customer_id": "0192f0c1-6a00-7d11-8a2b-0c1d2e3f4a5b",
                    "kind": "unionid",
                    "strength": "strong",
                    "source": "扫码关注",
                    "verified": False,
                    "verified_at": None,
                    "created_at": "2026-03-01T09:30:00Z",
                },
                {
                    "id": "0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d8f",
                    "channel": "online_shop",
                    "external_id": "u-88213",
                    "customer_id": "0192f0c1-6a00-7d11-8a2b-0c1d2e3f4a5b",
                    "kind": "external",
                    "strength": "strong",
                    "source": "sign-up form",
                    "verified": True,
                    "verified_at": "2026-03-01T09:30:00Z",
                    "created_at": "2026-03-01T09:30:00Z",
                },
            ]
        }
    )

    id: UUID
    channel: str
    external_id: str
    customer_id: UUID
    kind: Kind
    strength: Strength
    source: str | None
    verified: bool
    verified_at: Moment | None
    created_at: Moment


class IdentityQuery(ListQuery):
    """Filters of a customer's identities."""

    channel: Code | None = None
    kind: Kind | None = None
    strength: Strength | None = None
    verified: bool | None = None


class IdentityAt(Input):
    """Whose identity is meant."""

    distributor_id: UUID | None = Field(None, description="Of a customer behind this distributor")
