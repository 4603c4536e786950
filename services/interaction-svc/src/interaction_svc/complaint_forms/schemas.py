"""What requests about forms look like, and what is answered."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.functional_validators import AfterValidator
from pydantic_core import PydanticCustomError

from interaction_svc.sla.domain import Severity
from interaction_svc.surveys.schemas import SurveyWords
from interaction_svc.web_pages.domain import Language
from shared.http import Input, ListQuery, Output, Patch
from shared.http.types import Code, Moment, Name

_FORM = "0196f0f0-1a2b-7c3d-8e4f-5a6b7c8d9e0f"
_CUSTOMER = "0196f0c4-8a31-7c2e-9d60-5b7f0a1c2d3e"
_STAFF = "0196f0c0-0000-7000-8000-000000000001"
_EXAMPLE: dict[str, Any] = {
    "name": "门店投诉表",
    "title": {"zh": "投诉与建议", "en": "Tell us what went wrong"},
    "intro": {"zh": "我们会在一个工作日内答复。", "en": "We answer within one working day."},
    "categories": [
        {"code": "quality", "text": {"zh": "产品质量", "en": "Quality"}},
        {"code": "delivery", "text": {"zh": "物流配送", "en": "Delivery"}},
    ],
    "severity": "normal",
}
_EXAMPLE_EN: dict[str, Any] = {
    "name": "Complaints of shops",
    "title": {"en": "Tell us what went wrong"},
    "intro": None,
    "categories": [{"code": "delivery", "text": {"en": "Delivery"}}],
    "severity": "high",
}
_READ: dict[str, Any] = {
    "id": _FORM,
    "status": "open",
    "changed_by": _STAFF,
    "version": 1,
    "created_at": "2026-03-02T01:00:00Z",
    "updated_at": "2026-03-02T01:00:00Z",
}
_LINK: dict[str, Any] = {
    "id": "0196f0f1-2b3c-7d4e-8f50-6a7b8c9d0e1f",
    "form_id": _FORM,
    "customer_id": _CUSTOMER,
    "language": "zh",
    "expires_at": "2026-04-01T01:00:00Z",
    "created_by": _STAFF,
    "created_at": "2026-03-02T01:00:00Z",
}


def _examples(*examples: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": list(examples)})


def _kept() -> Any:
    """The default of a field that a patch may leave out but not clear."""
    return None


class FormCategory(Input):
    code: Code
    text: SurveyWords


def _each_once(categories: list[FormCategory]) -> list[FormCategory]:
    if len({each.code for each in categories}) < len(categories):
        raise PydanticCustomError(
            "category_twice", "must name each category once", {"zh": "同一类别不得重复"}
        )
    return categories


Categories = Annotated[list[FormCategory], Field(min_length=1, max_length=20), AfterValidator(_each_once)]


class ComplaintFormCreate(Input):
    """What a form says, and among what a customer chooses."""

    model_config = _examples(_EXAMPLE, _EXAMPLE_EN)

    name: Name
    title: SurveyWords
    intro: SurveyWords | None = None
    categories: Categories
    severity: Severity = "normal"


class ComplaintFormPatch(Patch):
    model_config = _examples({"status": "closed"}, {"name": "门店投诉表（新）"})

    name: Name = Field(default_factory=_kept)
    title: SurveyWords = Field(default_factory=_kept)
    intro: SurveyWords | None = None
    categories: Categories = Field(default_factory=_kept)
    severity: Severity = Field(default_factory=_kept)
    status: Literal["open", "closed"] = Field(default_factory=_kept)


class FormWordsRead(Output):
    zh: str | None = None
    en: str | None = None


class FormCategoryRead(Output):
    code: str
    text: FormWordsRead


class ComplaintFormRead(Output):
    model_config = _examples({**_READ, **_EXAMPLE}, {**_READ, **_EXAMPLE_EN})

    id: UUID
    name: str
    title: FormWordsRead
    intro: FormWordsRead | None
    categories: list[FormCategoryRead]
    severity: Severity
    status: Literal["open", "closed"]
    changed_by: UUID
    version: int
    created_at: Moment
    updated_at: Moment


class ComplaintFormQuery(ListQuery):
    status: Literal["open", "closed"] | None = None


class FormLinkCreate(Input):
    model_config = _examples({"customer_id": _CUSTOMER, "language": "zh"}, {"customer_id": _CUSTOMER})

    customer_id: UUID
    language: Language | None = Field(None, description="Default: what the customer's browser prefers.")
    valid_days: int = Field(90, ge=1, le=366)


class FormLinkMade(Output):
    """The link is told once and not kept."""

    model_config = _examples({**_LINK, "url": "https://crm.example.com/c/Qm5-s8Jq0c1vXy2ZkT4u"})

    id: UUID
    form_id: UUID
    customer_id: UUID
    language: Language | None
    expires_at: Moment
    created_by: UUID
    created_at: Moment
    url: str


class PageQuery(BaseModel):
    """Not strict: messengers append parameters of theirs to links."""

    lang: Language | None = None
    sent: Literal["1"] | None = None
