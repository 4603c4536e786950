"""What requests about templates of service processes look like, and what is answered."""

from collections.abc import Sequence
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from interaction_svc.processes.domain import FieldType, Phase, Role
from shared.http import Input, ListQuery, Output, Patch
from shared.http.types import NO_FLAG, Flag, Moment, Name

_MOST_STEPS = 30
_MOST_FIELDS = 30
_MOST_OPTIONS = 50
_MOST_MINUTES = 366 * 24 * 60
_EXAMPLE_ZH: dict[str, Any] = {
    "name": {"en": "Repair", "zh": "售后维修"},
    "phase": "after_sale",
    "steps": [
        {
            "code": "accept",
            "name": {"en": "Take in", "zh": "受理"},
            "role": "service",
            "expected_minutes": 60,
            "form": [
                {
                    "code": "fault",
                    "label": {"en": "Fault", "zh": "故障现象"},
                    "type": "choice",
                    "required": True,
                    "options": ["漏水", "不加热"],
                }
            ],
        },
        {
            "code": "repair",
            "name": {"en": "Repair", "zh": "维修"},
            "role": "service",
            "expected_minutes": 960,
            "form": [
                {
                    "code": "result",
                    "label": {"en": "Result", "zh": "结果"},
                    "type": "choice",
                    "required": True,
                    "options": ["已修复", "已换新"],
                }
            ],
        },
    ],
}
_EXAMPLE_EN: dict[str, Any] = {
    "name": {"en": "Product demonstration", "zh": None},
    "phase": "pre_sale",
    "steps": [
        {
            "code": "demo",
            "name": {"en": "Demonstrate", "zh": None},
            "role": "sales",
            "expected_minutes": 480,
            "form": [
                {
                    "code": "visitors",
                    "label": {"en": "How many came", "zh": None},
                    "type": "number",
                    "required": False,
                    "options": [],
                }
            ],
        }
    ],
}
_READ: dict[str, Any] = {
    "id": "0196f0e6-1a2b-7c3d-8e4f-5a6b7c8d9e0f",
    "active": True,
    "version": 1,
    "changed_by": "0196f0c0-0000-7000-8000-000000000001",
    "changed_at": "2026-03-02T01:00:00Z",
    "created_at": "2026-03-02T01:00:00Z",
}


def _examples(*examples: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": list(examples)})


def _kept() -> Any:
    """The default of a field that a patch may leave out but not clear."""
    return None


def _spelled_out(value: Any) -> Any:
    return {"en": value, "zh": value} if isinstance(value, str) else value


class Words(Input):
    """How something is called in English and Chinese; one of them at least."""

    en: Name | None = Field(None, examples=["Repair"])
    zh: Name | None = Field(None, examples=["维修"])

    @model_validator(mode="after")
    def _one_at_least(self) -> Self:
        if self.en is None and self.zh is None:
            raise PydanticCustomError(
                "words_missing", "must be said in one language at least", {"zh": "至少须填写一种语言"}
            )
        return self


Said = Annotated[Words, BeforeValidator(_spelled_out, json_schema_input_type=Words | Name)]
"""A plain text is short for the same words in both languages."""
PlaceCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
"""Stands in addresses, so it holds nothing that means something there."""


class FormField(Input):
    """One question of a step's form; a choice has options, the others have none."""

    code: PlaceCode = Field(examples=["fault"])
    label: Said
    type: FieldType
    required: Flag = False
    options: Annotated[list[Name], Field(max_length=_MOST_OPTIONS, examples=[["已修复"]])] = Field(
        default_factory=list
    )

    @model_validator(mode="after")
    def _options_fit(self) -> Self:
        if (self.type == "choice") != bool(self.options):
            raise PydanticCustomError(
                "options_wrong",
                "must have options if, and only if, it is a choice",
                {"zh": "仅选择题须有选项"},
            )
        if len(set(self.options)) < len(self.options):
            raise PydanticCustomError("option_twice", "must have each option once", {"zh": "选项不得重复"})
        return self


def _each_code_once(items: list[Any]) -> list[Any]:
    if len({item.code for item in items}) < len(items):
        raise PydanticCustomError("code_twice", "must have each code once", {"zh": "编码不得重复"})
    return items


class ProcessStep(Input):
    """One step: whose role it needs, and how much working time it may take from when it is possible."""

    code: PlaceCode = Field(examples=["accept"])
    name: Said
    role: Role
    expected_minutes: Annotated[int, Field(ge=1, le=_MOST_MINUTES), NO_FLAG]
    form: Annotated[list[FormField], Field(max_length=_MOST_FIELDS), AfterValidator(_each_code_once)] = Field(
        default_factory=list
    )


Steps = Annotated[
    list[ProcessStep], Field(min_length=1, max_length=_MOST_STEPS), AfterValidator(_each_code_once)
]


class ServiceProcessCreate(Input):
    """A template: its steps are taken one after the other."""

    model_config = _examples(_EXAMPLE_EN, _EXAMPLE_ZH)

    name: Said
    phase: Phase
    active: Flag = Field(default=True, description="Whether services can be started by it.")
    steps: Steps


class ServiceProcessPatch(Patch):
    """Changes to a template; `steps` are replaced as a whole."""

    model_config = _examples({"active": False}, {"name": {"en": "Repair", "zh": "上门维修"}})

    name: Said = Field(default_factory=_kept)
    phase: Phase = Field(default_factory=_kept)
    active: Flag = Field(default_factory=_kept)
    steps: Steps = Field(default_factory=_kept)


class WordsRead(Output):
    en: str | None = Field(None, examples=["Repair"])
    zh: str | None = Field(None, examples=["维修"])


class FormFieldRead(Output):
    code: str = Field(examples=["fault"])
    label: WordsRead
    type: FieldType
    required: bool
    options: list[str] = Field(examples=[[]])


class ProcessStepRead(Output):
    code: str = Field(examples=["accept"])
    name: WordsRead
    role: Role
    expected_minutes: int
    form: Sequence[FormFieldRead]


class ServiceProcessRead(Output):
    """A template as it is in one of its versions."""

    model_config = _examples({**_READ, **_EXAMPLE_EN}, {**_READ, **_EXAMPLE_ZH})

    id: UUID
    name: WordsRead
    phase: Phase
    active: bool
    steps: list[ProcessStepRead]
    version: int
    changed_by: UUID
    changed_at: Moment
    created_at: Moment


class ServiceProcessQuery(ListQuery):
    phase: Phase | None = None
    active: bool | None = None
