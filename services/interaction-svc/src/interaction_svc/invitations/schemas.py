"""What requests about invitations look like, and what is answered."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from interaction_svc.invitations.domain import Occasion
from interaction_svc.web_pages.domain import Language
from shared.http import Input, ListQuery, Output
from shared.http.types import NO_FLAG, Code, Flag, Moment

_CUSTOMER = "0196f0c4-8a31-7c2e-9d60-5b7f0a1c2d3e"
_MOST = 10_000
_READ: dict[str, Any] = {
    "id": "0196f0e1-2b3c-7d4e-8f50-6a7b8c9d0e1f",
    "survey_id": "0196f0e0-1a2b-7c3d-8e4f-5a6b7c8d9e0f",
    "customer_id": _CUSTOMER,
    "distributor_id": None,
    "owner_id": "0196f0c0-0000-7000-8000-000000000001",
    "tier": "core",
    "channel": "online_shop",
    "complaint_id": "0196f0c6-22bb-7c4d-8e5f-2a3b4c5d6e7f",
    "interaction_id": None,
    "language": "zh",
    "occasion": "staff",
    "linked": True,
    "expires_at": "2026-04-01T01:00:00Z",
    "declined_at": None,
    "answered_at": None,
    "created_by": "0196f0c0-0000-7000-8000-000000000001",
    "created_at": "2026-03-02T01:00:00Z",
}
_TOKEN = "Qm5-s8Jq0c1vXy2ZkT4uWb7nRf9hLd3gPa6eMi0oKj1"  # noqa: S105 - an example
_LINK = {"url": f"https://crm.example.com/s/{_TOKEN}", "token": _TOKEN}


def _examples(*examples: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": list(examples)})


class _Asked(Input):
    language: Language | None = Field(None, description="Default: what the customer's browser prefers.")
    expires_at: Moment | None = Field(None, description="In the future; default: as the survey says.")


class InvitationCreate(_Asked):
    """Whom to ask, and about what."""

    model_config = _examples(
        {"customer_id": _CUSTOMER, "language": "en"},
        {"customer_id": _CUSTOMER, "language": "zh", "channel": "tmall"},
    )

    customer_id: UUID
    complaint_id: UUID | None = Field(None, description="The complaint of this customer it is about.")
    interaction_id: UUID | None = Field(None, description="The interaction with them it is about.")
    channel: Code | None = Field(None, description="The sales channel it is about; default: the customer's.")
    force: Flag = Field(default=False, description="Also if they were invited not long ago.")


class SegmentInvite(_Asked):
    """Customers of these tiers, channels, this distributor and owner; at random if there are more."""

    model_config = _examples({"tiers": ["core"], "most": 200}, {"channels": ["online_shop"], "most": 50})

    tiers: list[Code] | None = Field(None, min_length=1, max_length=20)
    channels: list[Code] | None = Field(None, min_length=1, max_length=50)
    distributor_id: UUID | None = None
    owner_id: UUID | None = None
    most: Annotated[int, Field(ge=1, le=_MOST), NO_FLAG]


class InvitingStarted(Output):
    """Work that goes on; watch it at `/v1/operations/{id}`."""

    id: UUID = Field(examples=["0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d82"])


class InvitationRead(Output):
    """`linked`: a link was asked for. `owner_id`, `tier` and `channel` are as they stood then."""

    model_config = _examples(_READ)

    id: UUID
    survey_id: UUID
    customer_id: UUID
    distributor_id: UUID | None
    owner_id: UUID | None
    tier: str | None
    channel: str | None
    complaint_id: UUID | None
    interaction_id: UUID | None
    language: Language | None
    occasion: Occasion
    linked: bool
    expires_at: Moment
    declined_at: Moment | None = Field(description="When the customer said, there, not to be asked again.")
    answered_at: Moment | None
    created_by: UUID | None
    created_at: Moment


class SurveyLinkRead(Output):
    """What leads the customer to the page. It is shown now and never again."""

    model_config = _examples(_LINK)

    url: str
    token: str


class InvitationMade(InvitationRead):
    """An invitation with its link, which is shown now and never again."""

    model_config = _examples({**_READ, **_LINK})

    url: str
    token: str


class InvitationQuery(ListQuery):
    customer_id: UUID | None = None
    complaint_id: UUID | None = None
    occasion: Occasion | None = None
    answered: bool | None = None


class OptOutRead(Output):
    """Whether a customer wants no surveys, and since when."""

    model_config = _examples(
        {"customer_id": _CUSTOMER, "opted_out": True, "since": "2026-03-02T01:00:00Z"},
        {"customer_id": _CUSTOMER, "opted_out": False, "since": None},
    )

    customer_id: UUID
    opted_out: bool
    since: Moment | None
