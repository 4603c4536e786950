"""What templates look like on the wire."""

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import (
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from notify_svc.templates import domain
from notify_svc.templates.bounds import Example, bounded
from notify_svc.templates.domain import Form, Language, VariableKind
from shared.http import Input, ListQuery, Output, Patch
from shared.http.types import Flag, JsonObject, Moment, Text

_ID = "0197c2f0-6a00-7d11-8a2b-0c1d2e3f4a5b"
_VARIABLES: JsonValue = [{"name": "ends_on", "kind": "date", "required": True, "example": "2026-12-31"}]
_EN: dict[str, JsonValue] = {
    "en": {
        "email": {
            "subject": "Your contract ends on {{ ends_on | date }}",
            "preheader": "Shall we go on?",
            "mjml": "<mj-text>Dear {{ name }}, shall we go on together?</mj-text>",
        }
    }
}
_ZH: dict[str, JsonValue] = {
    "zh": {
        "email": {
            "subject": "{{ name }}，您的合同将于 {{ ends_on | date }} 到期",
            "preheader": "期待继续合作",
            "mjml": "<mj-text>您好，合同即将到期，期待继续合作。</mj-text>",
        },
        "sms": {
            "text": "合同将于{{ ends_on | date }}到期，请联系{{ company }}续签。",
            "provider_parameters": [],
        },
    },
}
_BODY: dict[str, JsonValue] = {"name": "contract.ending", "variables": _VARIABLES}
_WRITTEN: list[JsonValue] = [
    {**_BODY, "description": "Thirty days before the end", "texts": _EN},
    {**_BODY, "description": "到期前三十天", "texts": _ZH},
]
_KEPT: dict[str, JsonValue] = {
    "id": _ID,
    "published": 1,
    "number": 2,
    "shipped": False,
    "version": 4,
    "created_at": "2026-03-01T09:30:00Z",
    "updated_at": "2026-03-02T09:30:00Z",
}


TemplateName = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){0,3}$", max_length=64)
]
VariableName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class TemplateVariable(Input):
    """A value that whoever sends must give, or may."""

    name: VariableName
    kind: VariableKind
    required: Flag = True
    example: Example = Field(description="What a preview shows in its place.")

    @model_validator(mode="after")
    def _own(self) -> Self:
        if self.name in domain.ALWAYS:
            raise PydanticCustomError("name_taken", "is always there", {"zh": "为内置变量"})
        return self


class EmailTexts(Input):
    """An e-mail. `mjml` is a whole document, or the inside of a column, set into the layout of Tonglu."""

    subject: bounded(1, domain.MOST_SUBJECT)  # type: ignore[valid-type]
    preheader: bounded(0, domain.MOST_SUBJECT) = ""  # type: ignore[valid-type]
    mjml: bounded(1, domain.MOST_MJML)  # type: ignore[valid-type]


class SmsTexts(Input):
    """A short message; where the provider keeps approved texts, which of them and with which variables."""

    text: bounded(1, domain.MOST_SMS)  # type: ignore[valid-type]
    provider_template: bounded(1, 64) | None = None  # type: ignore[valid-type]
    provider_parameters: Annotated[list[VariableName], Field(max_length=20)] = Field(default_factory=list)


class TemplateButton(Input):
    """A link as a button."""

    label: bounded(1, 40)  # type: ignore[valid-type]
    url: bounded(1, 500)  # type: ignore[valid-type]


class ImTexts(Input):
    """A card for WeCom, DingTalk and Feishu: the markdown that all three understand."""

    title: bounded(1, domain.MOST_TITLE)  # type: ignore[valid-type]
    markdown: bounded(1, domain.MOST_MARKDOWN)  # type: ignore[valid-type]
    button: TemplateButton | None = None


class LanguageTexts(Input):
    """The texts of one language."""

    email: EmailTexts | None = None
    sms: SmsTexts | None = None
    im: ImTexts | None = None


class TemplateTexts(Input):
    """The texts in both languages; a reader whose language has none gets the other."""

    zh: LanguageTexts = Field(default_factory=LanguageTexts)
    en: LanguageTexts = Field(default_factory=LanguageTexts)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.plain():
            raise PydanticCustomError("text_missing", "must hold a text", {"zh": "至少需要一段内容"})
        return self

    def plain(self) -> dict[str, Any]:
        """`{language: {form: {field: text}}}` without what is not there."""
        whole = self.model_dump(exclude_none=True)
        return {language: forms for language, forms in whole.items() if forms}


Variables = Annotated[list[TemplateVariable], Field(max_length=40)]


class MessageTemplateCreate(Input):
    """A new template, a draft until it is published."""

    model_config = ConfigDict(json_schema_extra={"examples": _WRITTEN})

    name: TemplateName = Field(description="By this rules and playbooks ask for it; it stays.")
    description: Text | None = None
    variables: Variables = Field(default_factory=list)
    texts: TemplateTexts


class MessageTemplatePatch(Patch):
    """A merge patch; `variables` and `texts` are replaced as a whole, in a draft of their own."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"texts": _EN}, {"texts": _ZH}]})

    description: Text | None = None
    variables: Variables = Field(default_factory=list)
    texts: TemplateTexts = Field(default_factory=TemplateTexts.model_construct)


class TemplatePublish(Input):
    """Which version shall be in force; the latest without a number."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}, {"number": 1}]})

    number: Annotated[int, Field(ge=1, le=1_000_000)] | None = None


class TemplateQuery(ListQuery):
    """Filters of templates."""

    name: TemplateName | None = None


class TemplateBrief(Output):
    """A template without its texts."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {**_KEPT, "name": "contract.ending", "description": each}
                for each in ("Thirty days before the end", "到期前三十天")
            ]
        }
    )

    id: UUID
    name: str
    description: str | None
    published: int | None = Field(description="The number of the version in force; null: none yet.")
    number: int = Field(description="The number of the latest version.")
    shipped: bool = Field(description="Whether it came with Tonglu.")
    version: int
    created_at: Moment
    updated_at: Moment


class MessageTemplateRead(TemplateBrief):
    """A template with its latest version; `version` is also its ETag."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**_KEPT, **each} for each in _WRITTEN if isinstance(each, dict)]}
    )

    variables: list[dict[str, Any]]
    texts: dict[str, Any]


class TemplateVersionRead(Output):
    """One version as it was written."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "number": 1,
                    "variables": _VARIABLES,
                    "texts": texts,
                    "created_by": None,
                    "created_at": "2026-03-01T09:30:00Z",
                }
                for texts in (_EN, _ZH)
            ]
        }
    )

    number: int
    variables: list[dict[str, Any]]
    texts: dict[str, Any]
    created_by: UUID | None
    created_at: Moment


class TemplatePreviewAsk(Input):
    """What to show: which form and language, with the declared examples, these values, or a customer."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"form": "email", "language": "zh"}, {"form": "sms", "language": "en"}]
        }
    )

    form: Form
    language: Language = "zh"
    number: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        default=None, description="The latest version without it."
    )
    variables: JsonObject = Field(default_factory=dict)
    customer_id: UUID | None = Field(
        default=None, description="A customer in sight, whose name is filled in."
    )


class TemplatePreview(Output):
    """The text as it would be sent, and what somebody should look at before."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "language": language,
                    "subject": subject,
                    "html": "<!doctype html>…",
                    "text": text,
                    "title": None,
                    "button": None,
                    "warnings": [],
                }
                for language, subject, text in (
                    ("zh", "中秋节快乐，王芳", "祝您中秋节快乐！"),
                    ("en", "Happy Mid-Autumn, Jane", "We wish you a happy Mid-Autumn."),
                )
            ]
        }
    )

    language: Language
    subject: str | None
    html: str | None
    text: str
    title: str | None
    button: dict[str, str] | None
    warnings: list[str] = Field(
        description="`other_language`, `several_messages` (an SMS longer than one), `no_unsubscribe`"
    )
