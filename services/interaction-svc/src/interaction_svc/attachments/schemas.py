"""What uploads look like, and what is answered about attachments."""

import copy
from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field

from interaction_svc.kinds import MEDIA_TYPES
from shared.http import Input, Output
from shared.http.types import Int64, Moment

_ID = "0196f0c8-11aa-7b3c-8d4e-1f2a3b4c5d6e"
_READ: dict[str, Any] = {
    "id": _ID,
    "customer_id": "0196f0c4-8a31-7c2e-9d60-5b7f0a1c2d3e",
    "media_type": "image/jpeg",
    "size": 482113,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "created_by": "0196f0c0-0000-7000-8000-000000000001",
    "created_at": "2026-03-02T09:31:00Z",
}
_FORM: dict[str, Any] = {"customer_id": "0196f0c4-8a31-7c2e-9d60-5b7f0a1c2d3e"}
FORM_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file", "customer_id"],
                "properties": {
                    "file": {"type": "string", "format": "binary", "description": "One file with its name"},
                    "customer_id": {"type": "string", "format": "uuid"},
                },
            },
            "examples": {
                "en": {"summary": "English", "value": {**_FORM, "file": "Minutes of 2 March\n"}},
                "zh": {"summary": "中文", "value": {**_FORM, "file": "三月二日会议纪要\n"}},
            },
        }
    },
}
_FILE: dict[str, Any] = {
    "schema": {"type": "string", "format": "binary"},
    "examples": {
        "en": {"summary": "English", "value": "Minutes of 2 March\n"},
        "zh": {"summary": "中文", "value": "三月二日会议纪要\n"},
    },
}
CONTENT: dict[str, Any] = {media_type: copy.deepcopy(_FILE) for media_type in MEDIA_TYPES}


class AttachmentForm(Input):
    """The fields beside the file."""

    customer_id: UUID


class StoredFile(Output):
    """An attachment as it is kept; nothing of it changes. What is in it is had by a link."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{**_READ, "name": "packaging.jpg"}, {**_READ, "name": "包装照片.jpg"}]
        }
    )

    id: UUID
    customer_id: UUID
    name: str
    media_type: str = Field(description="Told by its content.")
    size: Int64 = Field(description="In bytes.")
    sha256: str = Field(description="In hexadecimal digits.")
    created_by: UUID
    created_at: Moment


class AttachmentLink(Output):
    """An address, below that of the API, where the file can be fetched by anybody until `expires_at`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "url": f"/v1/attachments/{_ID}/content?expires=1772443860&signature=Zm9y",
                    "expires_at": "2026-03-02T09:31:00Z",
                }
            ]
        }
    )

    url: str
    expires_at: Moment
