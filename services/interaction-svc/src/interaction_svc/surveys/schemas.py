"""What requests about questionnaires look like, and what is answered."""

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from interaction_svc.sla.domain import Severity
from interaction_svc.surveys.domain import (
    MOST_OPTIONS,
    MOST_QUESTIONS,
    MOST_SECTIONS,
    Indicator,
    Occasion,
    Op,
    QuestionType,
    SurveyStatus,
    VersionStatus,
)
from interaction_svc.surveys.samples import DOCUMENT_EN, DOCUMENT_ZH
from shared.http import Input, ListQuery, Output, Patch
from shared.http.types import NO_FLAG, Code, Flag, Line, Moment, Name

_MOST_DAYS = 365
_EXAMPLE_ZH: dict[str, Any] = {
    "name": "投诉处理回访",
    "topic": "客服",
    "invite_on": ["complaint.closed"],
    "min_days_between": 30,
    "open_complaint": {
        "on": True,
        "rating_at_most": 2,
        "nps_at_most": None,
        "category": "service",
        "severity": "high",
    },
}
_EXAMPLE_EN: dict[str, Any] = {"name": "Yearly survey of key accounts", "topic": "Relationship"}
_READ: dict[str, Any] = {
    "id": "0196f0e0-1a2b-7c3d-8e4f-5a6b7c8d9e0f",
    "topic": None,
    "status": "open",
    "current_version": 2,
    "invite_on": [],
    "min_days_between": 30,
    "valid_days": 30,
    "open_complaint": None,
    "created_by": "0196f0c0-0000-7000-8000-000000000001",
    "version": 3,
    "created_at": "2026-03-02T01:00:00Z",
    "updated_at": "2026-03-02T01:00:00Z",
}
_VERSION_READ: dict[str, Any] = {
    "survey_id": "0196f0e0-1a2b-7c3d-8e4f-5a6b7c8d9e0f",
    "number": 2,
    "status": "published",
    "answered": True,
    "published_at": "2026-03-02T02:00:00Z",
    "created_by": "0196f0c0-0000-7000-8000-000000000001",
    "version": 2,
    "created_at": "2026-03-02T01:00:00Z",
    "updated_at": "2026-03-02T02:00:00Z",
}

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
"""What an answer, or one of the options, is called by programs."""
Days = Annotated[int, Field(ge=0, le=_MOST_DAYS), NO_FLAG]


def _examples(*examples: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": list(examples)})


def _kept() -> Any:
    """The default of a field that a patch may leave out but not clear."""
    return None


class SurveyWords(Input):
    """The same in both languages; where one is missing, the other is shown."""

    model_config = _examples({"en": "How was it?"}, {"zh": "您满意吗？", "en": "How was it?"})

    zh: Annotated[Line, Field(min_length=1)] | None = None
    en: Annotated[Line, Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _in_one_at_least(self) -> Self:
        if self.zh is None and self.en is None:
            raise PydanticCustomError(
                "words_missing", "must be said in zh or en", {"zh": "zh、en 至少填写一种"}
            )
        return self


class QuestionOption(Input):
    code: Key
    text: SurveyWords


class ShowIf(Input):
    """Ask only after such an answer to an earlier question; after none the question is not asked.

    `includes` is for `multi_choice`, `lte` and `gte` are for numbers.
    """

    question: Key
    op: Op
    value: Annotated[int, Field(ge=0, le=10, strict=True)] | Key


class SurveyQuestion(Input):
    """`rating` is answered from 1 to 5, `nps` from 0 to 10; without an `indicator` both are `overall`."""

    code: Key
    type: QuestionType
    text: SurveyWords
    required: Flag = False
    options: list[QuestionOption] = Field(default_factory=list, max_length=MOST_OPTIONS)
    indicator: Indicator | None = None
    show_if: ShowIf | None = None


class SurveySection(Input):
    title: SurveyWords
    questions: list[SurveyQuestion] = Field(min_length=1, max_length=MOST_QUESTIONS)


class SurveyDocument(Input):
    """What the customer reads; at most 60 questions in all sections together."""

    model_config = _examples(DOCUMENT_EN, DOCUMENT_ZH)

    title: SurveyWords
    intro: SurveyWords | None = None
    thanks: SurveyWords | None = None
    sections: list[SurveySection] = Field(min_length=1, max_length=MOST_SECTIONS)


class OpenComplaint(Input):
    """What makes an answer so bad that it opens a complaint, and which."""

    on: Flag
    rating_at_most: Annotated[int, Field(ge=1, le=4), NO_FLAG] | None = None
    nps_at_most: Annotated[int, Field(ge=0, le=9), NO_FLAG] | None = None
    category: Code
    severity: Severity = "normal"

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if self.on and self.rating_at_most is None and self.nps_at_most is None:
            raise PydanticCustomError(
                "threshold_missing",
                "needs rating_at_most or nps_at_most",
                {"zh": "须设置 rating_at_most 或 nps_at_most"},
            )
        return self


class SurveyCreate(Input):
    """A questionnaire; what it asks stands in its versions."""

    model_config = _examples(_EXAMPLE_ZH, _EXAMPLE_EN)

    name: Name
    topic: Line | None = None
    invite_on: list[Occasion] = Field(
        default_factory=list, max_length=1, description="What invites the customer by itself, once each."
    )
    min_days_between: Days = Field(
        30, description="A customer who was invited to any survey within so many days is not invited again."
    )
    valid_days: Annotated[int, Field(ge=1, le=_MOST_DAYS), NO_FLAG] = Field(
        30, description="For how many days a link works, if the invitation does not say."
    )
    open_complaint: OpenComplaint | None = None


class SurveyPatch(Patch):
    model_config = _examples({"status": "closed"}, {"name": "投诉处理回访（2026）"})

    name: Name = Field(default_factory=_kept)
    topic: Line | None = None
    status: SurveyStatus = Field(default_factory=_kept, description="Links of a closed survey do not work.")
    invite_on: list[Occasion] = Field(default_factory=_kept, max_length=1)
    min_days_between: Days = Field(default_factory=_kept)
    valid_days: Annotated[int, Field(ge=1, le=_MOST_DAYS), NO_FLAG] = Field(default_factory=_kept)
    open_complaint: OpenComplaint | None = None


class OpenComplaintRead(Output):
    on: bool
    rating_at_most: int | None
    nps_at_most: int | None
    category: str
    severity: Severity


class SurveyRead(Output):
    model_config = _examples({**_READ, **_EXAMPLE_ZH}, {**_READ, **_EXAMPLE_EN})

    id: UUID
    name: str
    topic: str | None
    status: SurveyStatus
    current_version: int | None = Field(description="What is asked; null before a version is published.")
    invite_on: list[Occasion]
    min_days_between: int
    valid_days: int
    open_complaint: OpenComplaintRead | None
    created_by: UUID
    version: int
    created_at: Moment
    updated_at: Moment


class SurveyQuery(ListQuery):
    status: SurveyStatus | None = None


class SurveyVersionWrite(Input):
    """A version as a whole."""

    model_config = _examples({"document": DOCUMENT_EN}, {"document": DOCUMENT_ZH})

    document: SurveyDocument


class SurveyVersionRead(Output):
    """`answered`: a customer began to answer it, so it stays as it is."""

    model_config = _examples(
        {**_VERSION_READ, "document": DOCUMENT_EN}, {**_VERSION_READ, "document": DOCUMENT_ZH}
    )

    survey_id: UUID
    number: int
    status: VersionStatus
    answered: bool
    document: SurveyDocument
    published_at: Moment | None
    created_by: UUID
    version: int
    created_at: Moment
    updated_at: Moment


class VersionQuery(ListQuery):
    status: VersionStatus | None = None
