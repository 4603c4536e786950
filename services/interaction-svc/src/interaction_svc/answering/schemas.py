"""What is asked of responses, and answered; what stands in the address of the page."""

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from interaction_svc.surveys.domain import Indicator
from interaction_svc.web_pages.domain import Language
from shared.http import ListQuery, Output
from shared.http.types import Moment

_READ: dict[str, Any] = {
    "id": "0196f0e2-3c4d-7e5f-8061-7b8c9d0e1f20",
    "invitation_id": "0196f0e1-2b3c-7d4e-8f50-6a7b8c9d0e1f",
    "survey_id": "0196f0e0-1a2b-7c3d-8e4f-5a6b7c8d9e0f",
    "survey_version": 2,
    "customer_id": "0196f0c4-8a31-7c2e-9d60-5b7f0a1c2d3e",
    "distributor_id": None,
    "owner_id": "0196f0c0-0000-7000-8000-000000000001",
    "tier": "core",
    "channel": "online_shop",
    "complaint_id": "0196f0c6-22bb-7c4d-8e5f-2a3b4c5d6e7f",
    "interaction_id": None,
    "opened_complaint_id": None,
    "started_at": "2026-03-03T01:00:00Z",
    "answered_at": "2026-03-03T01:02:00Z",
}
_RATING: dict[str, Any] = {
    "question": "attitude",
    "kind": "rating",
    "indicator": "service_attitude",
    "value": 2,
}


class RatingRead(Output):
    """`rating` from 1 to 5, `nps` from 0 to 10."""

    question: str
    kind: Literal["rating", "nps"]
    indicator: Indicator
    value: int


class AnswerRead(Output):
    """One answer: a number, the code of an option, several of them, or a text."""

    question: str
    value: int | str | list[str]


class ResponseRead(Output):
    """What a customer answered, to which version. `opened_complaint_id`: the complaint that it opened."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **_READ,
                    "language": language,
                    "ratings": [_RATING],
                    "answers": [
                        {"question": "attitude", "value": 2},
                        {"question": "why", "value": said},
                    ],
                }
                for language, said in (("zh", "等了三天没有人回电话"), ("en", "Nobody called back for days"))
            ]
        }
    )

    id: UUID
    invitation_id: UUID
    survey_id: UUID
    survey_version: int
    customer_id: UUID
    distributor_id: UUID | None
    owner_id: UUID | None
    tier: str | None
    channel: str | None
    complaint_id: UUID | None
    interaction_id: UUID | None
    language: Language
    answers: list[AnswerRead]
    ratings: list[RatingRead]
    opened_complaint_id: UUID | None
    started_at: Moment
    answered_at: Moment


class ResponseQuery(ListQuery):
    """Filters of the list; `complaint_id` is what the customer was asked about."""

    survey_id: UUID | None = None
    survey_version: int | None = Field(None, ge=1, le=2**31 - 1)
    customer_id: UUID | None = None
    complaint_id: UUID | None = None
    owner_id: UUID | None = None
    answered_at_gte: Moment | None = Field(None, alias="answered_at[gte]")
    answered_at_lt: Moment | None = Field(None, alias="answered_at[lt]")


class PageQuery(BaseModel):
    """What may stand in the address of the page: messengers append more, which browsers may send."""

    model_config = ConfigDict(extra="allow")

    lang: Language | None = None
