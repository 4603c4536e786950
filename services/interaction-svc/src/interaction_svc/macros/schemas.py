"""What requests about macros look like, and what is answered."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, TypeAdapter, model_validator
from pydantic_core import PydanticCustomError

from interaction_svc.handling import schemas as verbs
from interaction_svc.notes.schemas import NoteCreate
from shared.http import Input, ListQuery, Output, Patch
from shared.http.types import Moment, Name

_MOST_AT_ONCE = 100
_OWNER = "0196f0c0-0000-7000-8000-000000000001"
_COMPLAINT = "0196f0c6-22bb-7c4d-8e5f-2a3b4c5d6e7f"
_MACRO = "0196f0d4-5e6f-7071-8283-9e0f1a2b3c4d"
_EXAMPLE_ZH: dict[str, Any] = {
    "name": "物流丢件",
    "actions": [
        {"verb": "classify", "category": "delivery", "severity": "high"},
        {"verb": "answer", "text": "您好，投诉 {number} 已受理，正在向承运商核实。"},
        {"verb": "note", "text": "已按丢件流程处理"},
    ],
}
_EXAMPLE_EN: dict[str, Any] = {
    "name": "Hand over to billing",
    "actions": [{"verb": "assign", "owner_id": _OWNER, "note": "Billing question"}],
}
_READ: dict[str, Any] = {
    "id": _MACRO,
    "version": 1,
    "created_at": "2026-03-02T01:00:00Z",
    "updated_at": "2026-03-02T01:00:00Z",
}


class Classify(verbs.ComplaintClassify):
    verb: Literal["classify"]


class Assign(verbs.ComplaintAssign):
    verb: Literal["assign"]


class Answer(verbs.ComplaintAnswer):
    verb: Literal["answer"]


class Start(verbs.ComplaintStart):
    verb: Literal["start"]


class Wait(verbs.ComplaintWait):
    verb: Literal["wait"]


class Resume(verbs.ComplaintResume):
    verb: Literal["resume"]


class Escalate(verbs.ComplaintEscalate):
    verb: Literal["escalate"]


class Resolve(verbs.ComplaintResolve):
    verb: Literal["resolve"]


class Inform(verbs.ComplaintInform):
    verb: Literal["inform"]


class Close(verbs.ComplaintClose):
    verb: Literal["close"]


class Note(NoteCreate):
    verb: Literal["note"]


Action = Annotated[
    Classify | Assign | Answer | Start | Wait | Resume | Escalate | Resolve | Inform | Close | Note,
    Field(discriminator="verb"),
]
Actions = Annotated[list[Action], Field(min_length=1, max_length=10)]
_ACTIONS: TypeAdapter[list[Action]] = TypeAdapter(Actions)


def actions_of(stored: list[Any]) -> list[Action]:
    """Deeds as they were stored."""
    return _ACTIONS.validate_python(stored)


def _examples(*examples: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": list(examples)})


def _kept() -> Any:
    """The default of a field that a patch may leave out but not clear."""
    return None


class MacroCreate(Input):
    """Deeds in their order. In texts `{number}` and `{subject}` become those of the complaint."""

    model_config = _examples(_EXAMPLE_ZH, _EXAMPLE_EN)

    name: Name
    actions: Actions


class MacroPatch(Patch):
    model_config = _examples({"name": "物流丢件（国内）"}, {"actions": _EXAMPLE_EN["actions"]})

    name: Name = Field(default_factory=_kept)
    actions: Actions = Field(default_factory=_kept)


class MacroRead(Output):
    model_config = _examples({**_READ, **_EXAMPLE_ZH}, {**_READ, **_EXAMPLE_EN})

    id: UUID
    name: str
    actions: list[dict[str, Any]]
    version: int
    created_at: Moment
    updated_at: Moment


class MacroQuery(ListQuery):
    """Nothing but the page."""


class MacroApply(Input):
    model_config = _examples({"macro_id": _MACRO})

    macro_id: UUID


class Bulk(Input):
    """Up to 100 complaints, and either deeds or a macro for all of them."""

    model_config = _examples(
        {"complaint_ids": [_COMPLAINT], "actions": _EXAMPLE_EN["actions"]},
        {"complaint_ids": [_COMPLAINT], "actions": [{"verb": "answer", "text": "{number} 已受理"}]},
    )

    complaint_ids: Annotated[list[UUID], Field(min_length=1, max_length=_MOST_AT_ONCE)]
    actions: Actions | None = None
    macro_id: UUID | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.actions is None) == (self.macro_id is None):
            raise PydanticCustomError(
                "actions_or_macro",
                "must have exactly one of actions and macro_id",
                {"zh": "actions 与 macro_id 须且仅须填写一项"},
            )
        return self
