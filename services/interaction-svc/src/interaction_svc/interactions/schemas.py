"""What requests about interactions look like, and what is answered."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BeforeValidator, ConfigDict, Field

from interaction_svc.attachments.schemas import AttachmentRead, Attachments, WithFiles
from interaction_svc.interactions.domain import Channel, Direction
from interaction_svc.search.schemas import Search
from shared.http import Input, ListQuery, Output, Patch
from shared.http.batches import Items
from shared.http.types import Moment, Name, Text

_EXAMPLE_ZH: dict[str, Any] = {
    "customer_id": "0196f0c4-8a31-7c2e-9d60-5b7f0a1c2d3e",
    "channel": "call",
    "direction": "outbound",
    "occurred_at": "2026-03-02T02:15:00Z",
    "participants": [{"kind": "staff", "name": "陈静"}, {"kind": "contact", "name": "王建国"}],
    "summary": "回访三月到货情况；客户反映外包装有轻微破损，其余满意。",
    "agreement": "下一批改用加厚纸箱，三月十日前发出样品。",
    "attachments": [{"name": "包装照片.jpg", "url": "https://files.example.cn/2026/03/packaging.jpg"}],
}
_EXAMPLE_EN: dict[str, Any] = {
    "customer_id": "0196f0c4-8a31-7c2e-9d60-5b7f0a1c2d3e",
    "channel": "meeting",
    "direction": "inbound",
    "occurred_at": "2026-03-02T09:30:00Z",
    "participants": [{"kind": "staff", "name": "Grace Chen"}, {"kind": "contact", "name": "Tom Baker"}],
    "summary": "Visit to our showroom; interested in the autumn range, compares us with two others.",
    "agreement": "We send prices for 500 and 2,000 pieces by Friday.",
    "attachments": [],
}


def _spelled_out(value: Any) -> Any:
    return {"kind": "other", "name": value} if isinstance(value, str) else value


def _kept() -> Any:
    """The default of a field that a patch may leave out but not clear."""
    return None


Content = Annotated[Text, Field(min_length=1)]


class Participant(Input):
    """Somebody who took part; `id` is a staff or contact id where there is one."""

    kind: Literal["staff", "contact", "customer", "other"] = "other"
    id: UUID | None = None
    name: Name | None = None


Participants = Annotated[
    list[Annotated[Participant, BeforeValidator(_spelled_out, json_schema_input_type=Participant | Name)]],
    Field(max_length=50, description="Who took part; a plain text is short for a participant of that name."),
]


class InteractionCreate(WithFiles):
    """What took place with one customer, named by exactly one of id and identity."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE_EN, _EXAMPLE_ZH]})

    channel: Channel
    direction: Direction
    occurred_at: Moment = Field(description="When it took place; at most 24 hours in the future.")
    participants: Participants = Field(default_factory=list)
    summary: Content
    agreement: Text | None = None


class InteractionPatch(Patch):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"agreement": "The sample goes out on 12 March instead."},
                {"agreement": "样品改为三月十二日发出。"},
            ]
        }
    )

    channel: Channel = Field(default_factory=_kept)
    direction: Direction = Field(default_factory=_kept)
    occurred_at: Moment = Field(default_factory=_kept)
    participants: Participants = Field(default_factory=_kept)
    summary: Content = Field(default_factory=_kept)
    agreement: Text | None = None
    attachments: Attachments = Field(default_factory=_kept)


class InteractionBatch(Input):
    """Items are checked one by one, so that a wrong one does not stop the others."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [_EXAMPLE_EN]}, {"items": [_EXAMPLE_ZH]}]}
    )

    items: Items[InteractionCreate]


class ParticipantRead(Output):
    kind: str
    id: UUID | None = None
    name: str | None = None


class InteractionRead(Output):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0196f0c5-11aa-7b3c-8d4e-1f2a3b4c5d6e",
                    **example,
                    "distributor_id": None,
                    "created_by": "0196f0c0-0000-7000-8000-000000000001",
                    "version": 1,
                    "created_at": "2026-03-02T09:31:00Z",
                    "updated_at": "2026-03-02T09:31:00Z",
                }
                for example in (_EXAMPLE_EN, _EXAMPLE_ZH)
            ]
        }
    )

    id: UUID
    customer_id: UUID
    distributor_id: UUID | None
    channel: Channel
    direction: Direction
    occurred_at: Moment
    participants: list[ParticipantRead]
    summary: str
    agreement: str | None
    attachments: list[AttachmentRead]
    created_by: UUID
    version: int
    created_at: Moment
    updated_at: Moment


class FieldChange(Output):
    """One field before and after."""

    field: str = Field(examples=["agreement"])
    old: Any = None
    new: Any = None


class InteractionEditRead(Output):
    """One edit; `version` is the interaction's after it."""

    version: int
    changes: list[FieldChange]
    edited_by: UUID
    edited_at: Moment


class InteractionEdits(Output):
    """Every edit of one interaction, newest first."""

    data: list[InteractionEditRead]


class InteractionQuery(ListQuery):
    customer_id: UUID | None = None
    channel: Channel | None = None
    direction: Direction | None = None
    created_by: UUID | None = None
    q: Search | None = None
    occurred_at_gte: Moment | None = Field(None, alias="occurred_at[gte]")
    occurred_at_lt: Moment | None = Field(None, alias="occurred_at[lt]")
