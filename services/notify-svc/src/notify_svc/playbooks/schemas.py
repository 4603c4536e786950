"""What playbooks take and answer."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue, StringConstraints

from notify_svc.playbooks.definitions import PlaybookDefinition
from notify_svc.playbooks.domain import State
from shared.http import Input, ListQuery, Output, Patch
from shared.http.types import Flag, Moment, Name

_DEFINITION: dict[str, JsonValue] = {
    "trigger": {"on": "stage", "entered": ["lost"]},
    "condition": {"all": [{"field": "orders", "at_least": 2}]},
    "entry": {"mode": "per_days", "days": 180},
    "goal": {"event": "order.recorded"},
    "steps": [
        {
            "kind": "reminder",
            "subject_zh": "致电了解客户流失原因",
            "subject_en": "Call and ask why the customer left",
            "due_days": 1,
        },
        {"kind": "wait", "days": 7},
        {"kind": "wait_until_workday", "at": "10:00", "timezone": "Asia/Shanghai"},
        {
            "kind": "message",
            "template": "winback.lost",
            "channels": ["email", "sms"],
            "purpose": "marketing",
        },
    ],
}
_CREATE: dict[str, JsonValue] = {
    "code": "winback.big",
    "title_zh": "大客户流失挽回",
    "title_en": "Win back large customers",
    "definition": _DEFINITION,
}
_SMALL: dict[str, JsonValue] = {
    "trigger": {"on": "tier", "entered": ["core"]},
    "entry": {"mode": "once"},
    "steps": [{"kind": "set_tag", "tag": "VIP"}],
}
_CREATE_EN: dict[str, JsonValue] = {
    "code": "vip.tag",
    "title_zh": "VIP",
    "title_en": "Tag core customers",
    "definition": _SMALL,
}
_ANSWER: dict[str, JsonValue] = {
    **_CREATE,
    "id": "0197c2f1-20cb-7a55-9d1e-6b0c1f2a3d4e",
    "state": "active",
    "published": 1,
    "number": 1,
    "shipped": False,
    "created_by": "0197c2ed-7d4a-7e52-9c1b-2f3c8e0d5a77",
    "created_at": "2026-02-27T08:12:30.120Z",
    "updated_at": "2026-02-27T08:12:30.120Z",
    "version": 2,
}
PlaybookCode = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$"), Field(examples=["winback.big"])
]


class PlaybookCreate(Input):
    """A playbook as a draft; nobody enters before it is published."""

    model_config = ConfigDict(json_schema_extra={"examples": [_CREATE_EN, _CREATE]})

    code: PlaybookCode
    title_zh: Name
    title_en: Name
    definition: PlaybookDefinition


_unsent: Any = PlaybookDefinition.model_construct


class PlaybookPatch(Patch):
    """A merge patch; a definition is sent whole. After publishing it becomes a new version, a draft."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"title_en": "Win back"}, {"title_zh": "流失客户挽回"}]}
    )

    title_zh: Name = Field(default_factory=str)
    title_en: Name = Field(default_factory=str)
    definition: PlaybookDefinition = Field(default_factory=_unsent)


class PlaybookPublish(Input):
    """Which version shall hold from now on: the latest, or an older one again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}, {"number": 1}]})

    number: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None


class PlaybookArchive(Input):
    """Whether the runs that are going on end, too; else they go on to their end."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"stop_runs": True}]})

    stop_runs: Flag = False


class PlaybookQuery(ListQuery):
    """What the list of playbooks may be filtered by."""

    state: State | None = None
    code: PlaybookCode | None = None


class PlaybookBrief(Output):
    """A playbook without its steps."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {name: said[name] for name in said if name != "definition"}
                for said in ({**_ANSWER, **_CREATE_EN}, _ANSWER)
            ]
        }
    )

    id: UUID
    code: str
    title_zh: str
    title_en: str
    state: State
    published: int | None = Field(description="The version by which new runs go.")
    number: int = Field(description="The latest version.")
    shipped: bool = Field(description="Whether it came with Tonglu.")
    created_by: UUID | None
    created_at: Moment
    updated_at: Moment
    version: int


class PlaybookRead(PlaybookBrief):
    """A playbook with its latest version."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_ANSWER, **_CREATE_EN}, _ANSWER]})

    definition: dict[str, Any]


class PlaybookVersionRead(Output):
    """One version of a playbook; one that was published once does not change any more."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "number": 1,
                    "definition": said,
                    "used": True,
                    "created_by": "0197c2ed-7d4a-7e52-9c1b-2f3c8e0d5a77",
                    "created_at": "2026-02-27T08:12:30.120Z",
                }
                for said in (_SMALL, _DEFINITION)
            ]
        }
    )

    number: int
    definition: dict[str, Any]
    used: bool
    created_by: UUID | None
    created_at: Moment
