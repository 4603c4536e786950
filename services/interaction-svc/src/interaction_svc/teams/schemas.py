"""What requests about teams look like, and what is answered."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from shared.http import Input, ListQuery, Output, Patch
from shared.http.types import Code, Moment, Name

_LEAD = "0196f0c0-0000-7000-8000-000000000001"
_MEMBER = "0196f0c0-0000-7000-8000-000000000002"
_UNIT = "0196f0c0-0000-7000-8000-00000000a001"
_EXAMPLE_ZH: dict[str, Any] = {
    "name": "华东客服组",
    "lead_id": _LEAD,
    "manager_id": None,
    "members": [
        {"staff_id": _LEAD, "skills": ["quality", "billing"], "territories": [_UNIT]},
        {"staff_id": _MEMBER, "skills": ["delivery"], "territories": []},
    ],
}
_EXAMPLE_EN: dict[str, Any] = {
    "name": "Key account desk",
    "lead_id": _LEAD,
    "manager_id": _MEMBER,
    "members": [{"staff_id": _LEAD, "skills": [], "territories": []}],
}
_READ: dict[str, Any] = {
    "id": "0196f0d2-3c4d-7e5f-8061-7c8d9e0f1a2b",
    "version": 1,
    "created_at": "2026-03-02T01:00:00Z",
    "updated_at": "2026-03-02T01:00:00Z",
}


def _kept() -> Any:
    """The default of a field that a patch may leave out but not clear."""
    return None


class Member(Input):
    """Somebody of a team: skills are categories of complaints, territories org units of customers."""

    staff_id: UUID
    skills: Annotated[list[Code], Field(max_length=50)] = Field(default_factory=list)
    territories: Annotated[list[UUID], Field(max_length=200)] = Field(default_factory=list)


def _each_once(members: list[Member]) -> list[Member]:
    if len({member.staff_id for member in members}) < len(members):
        raise PydanticCustomError("member_twice", "must name each member once", {"zh": "同一成员不得重复"})
    return members


Members = Annotated[list[Member], Field(max_length=500), AfterValidator(_each_once)]


class TeamCreate(Input):
    """People who handle complaints together; breaches are told to `lead_id` and `manager_id` by policy."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE_ZH, _EXAMPLE_EN]})

    name: Name
    lead_id: UUID | None = None
    manager_id: UUID | None = None
    members: Members = Field(default_factory=list)


class TeamPatch(Patch):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"lead_id": _MEMBER}, {"members": [{"staff_id": _MEMBER}]}]}
    )

    name: Name = Field(default_factory=_kept)
    lead_id: UUID | None = None
    manager_id: UUID | None = None
    members: Members = Field(default_factory=_kept)


class MemberRead(Output):
    staff_id: UUID
    skills: list[str]
    territories: list[UUID]


class TeamRead(Output):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{**_READ, **_EXAMPLE_ZH}, {**_READ, **_EXAMPLE_EN}]}
    )

    id: UUID
    name: str
    lead_id: UUID | None
    manager_id: UUID | None
    members: list[MemberRead]
    version: int
    created_at: Moment
    updated_at: Moment


class TeamQuery(ListQuery):
    member_id: UUID | None = Field(None, description="The team that this member of staff is in.")
