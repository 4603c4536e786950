"""What requests about internal notes look like, and what is answered."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from shared.http import Input, ListQuery, Output
from shared.http.types import Moment, Text

_READ: dict[str, Any] = {
    "id": "0196f0d3-4d5e-7f60-8172-8d9e0f1a2b3c",
    "complaint_id": "0196f0c6-22bb-7c4d-8e5f-2a3b4c5d6e7f",
    "text": "承运商承认丢件，赔付需财务确认。",
    "created_by": "0196f0c0-0000-7000-8000-000000000001",
    "created_at": "2026-03-02T03:00:00Z",
}


class NoteCreate(Input):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"text": "The carrier admits the loss; finance has to confirm the refund."},
                {"text": _READ["text"]},
            ]
        }
    )

    text: Annotated[Text, Field(min_length=1)]


class NoteRead(Output):
    model_config = ConfigDict(
        json_schema_extra={"examples": [_READ, {**_READ, "text": "The carrier admits the loss."}]}
    )

    id: UUID
    complaint_id: UUID
    text: str
    created_by: UUID
    created_at: Moment


class NoteQuery(ListQuery):
    """Nothing but the page."""


class ComplaintWatchers(Output):
    """Who follows the complaint, the one who came last at the end."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"watcher_ids": [_READ["created_by"]]}]})

    watcher_ids: list[UUID]
