"""What uploads look like, how records name attachments, and what is answered about them."""

import copy
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    AnyUrl,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    UrlConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError, PydanticKnownError

from interaction_svc.customers.schemas import OfCustomer
from interaction_svc.kinds import MEDIA_TYPES
from shared.http import Input, Output
from shared.http.types import Int64, Moment, Name

PATH = "/v1/attachments/"
"""Where an attachment that is kept here is told of, before its id."""
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


def _without_credentials(url: AnyUrl) -> AnyUrl:
    if url.username or url.password:
        raise PydanticKnownError("url_parsing", {"error": "no credentials"})
    return url


Link = Annotated[
    AnyUrl,
    UrlConstraints(max_length=2000, allowed_schemes=["https"], host_required=True),
    AfterValidator(_without_credentials),
    PlainSerializer(str, return_type=str),
]


def _of_here(value: Any) -> Any:
    """An attachment as it is read may be sent back: its address says the same as its id."""
    if not isinstance(value, dict) or not isinstance(value.get("url"), str):
        return value
    told, url = value.get("attachment_id"), value["url"]
    if url.startswith(PATH) and told in (None, url.removeprefix(PATH)):
        return {"attachment_id": url.removeprefix(PATH)}
    return value


class Attachment(Input):
    """A file that was sent here, by its id, or a link, with a name, to one that is kept elsewhere."""

    attachment_id: UUID | None = None
    name: Name | None = None
    url: Link | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        kept_here = self.attachment_id is not None
        if kept_here in (self.url is not None, self.name is not None):
            raise PydanticCustomError(
                "attachment_not_named",
                "must be an attachment_id, or a name with a url",
                {"zh": "须为 attachment_id，或 name 与 url"},
            )
        return self


Attachments = Annotated[
    list[Annotated[Attachment, BeforeValidator(_of_here, json_schema_input_type=Attachment)]],
    Field(max_length=20),
]


class WithFiles(OfCustomer):
    """What concerns one customer and may name files of theirs."""

    attachments: Attachments = Field(default_factory=list)


class AttachmentRead(Output):
    """A file; of one that is kept here, `url` is the address below that of the API where it is told of."""

    attachment_id: UUID | None = Field(None, exclude_if=lambda found: found is None)
    name: str
    url: str
