"""What a distributor looks like on the wire."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field

from customer_svc.changes import EXAMPLE, ChangeRead
from customer_svc.distributors.domain import Stage, Status, Verb
from customer_svc.fields import EmailAddress, PhoneNumber, Short, kept
from customer_svc.regions import RegionCode, Territory
from shared.http import Input, ListQuery, Output, Patch
from shared.http.types import Code, Line, Moment, Name

_MOST_LINES = 100


def _each_once(codes: list[str]) -> list[str]:
    return sorted(set(codes))


ProductLines = Annotated[
    list[Code],
    Field(max_length=_MOST_LINES, examples=[["TEA", "COFFEE"]]),
    AfterValidator(_each_once),
]

_PLACES: dict[str, Any] = {
    "id": "0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d8e",
    "status": "active",
    "level": "A",
    "parent_id": None,
}
_EAST: dict[str, Any] = {"code": "D-EAST-01", "name": "华东海纳商贸有限公司", "classification": "批发"}
_NORTH: dict[str, Any] = {
    "code": "D-UK-01",
    "name": "Northern Wholesale Ltd",
    "classification": "wholesale",
}


def _place(firm: dict[str, Any]) -> dict[str, Any]:
    return {**_PLACES, "code": firm["code"], "name": firm["name"]}


_SERVED: dict[str, Any] = {"region": "310000", "territory": ["310000", "330100"], "product_lines": ["TEA"]}
_READ: dict[str, Any] = {
    **_PLACES,
    **_SERVED,
    "onboarding_stage": "active",
    "contact_phone": "+862162881234",
    "contact_email": None,
    "address": None,
    "version": 1,
    "created_at": "2026-03-01T09:30:00Z",
    "updated_at": "2026-03-01T09:30:00Z",
}
_STEP: dict[str, Any] = {
    **EXAMPLE,
    "field": "onboarding_stage",
    "old": "reviewing",
    "new": "contract",
}


class DistributorCreate(Input):
    """A distributor as it is entered.

    One that is still to be won is a `prospect`, or `onboarding` when its review has begun: see the operation
    that moves the onboarding on.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **_EAST,
                    **_SERVED,
                    "level": "A",
                    "contact_name": "李雷",
                    "contact_phone": "021-62881234",
                },
                {**_NORTH, "status": "prospect"},
            ]
        }
    )

    code: Code
    name: Name
    status: Status = "active"
    classification: Short | None = None
    level: Short | None = None
    region: Short | None = None
    territory: Territory = Field(default_factory=list)
    product_lines: ProductLines = Field(default_factory=list)
    parent_id: UUID | None = None
    contact_name: Short | None = None
    contact_phone: PhoneNumber | None = None
    contact_email: EmailAddress | None = None
    address: Line | None = None


class DistributorPatch(Patch):
    """The fields to change; null clears one that may be empty. The code stays, lists are replaced."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"level": "B"}, {"name": "海纳商贸", "territory": ["310000"]}]}
    )

    name: Name = kept("")
    status: Status = kept("active")
    classification: Short | None = None
    level: Short | None = None
    region: Short | None = None
    territory: Territory = Field(default_factory=list)
    product_lines: ProductLines = Field(default_factory=list)
    parent_id: UUID | None = None
    contact_name: Short | None = None
    contact_phone: PhoneNumber | None = None
    contact_email: EmailAddress | None = None
    address: Line | None = None


class OnboardingMove(Input):
    """The next step of becoming a distributor, and if need be a word about it, kept with the history."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"verb": "review", "note": "资料齐全"},
                {"verb": "review", "note": "papers complete"},
            ]
        }
    )

    verb: Verb
    note: Line | None = None


class DistributorBrief(Output):
    """A distributor as it stands in a tree; `parent_id` is null where the parent is out of sight."""

    model_config = ConfigDict(json_schema_extra={"examples": [_place(_EAST), _place(_NORTH)]})

    id: UUID
    code: str
    name: str
    status: Status
    level: str | None
    parent_id: UUID | None


class DistributorRead(DistributorBrief):
    """A distributor; its `version` is also its ETag. `territory` holds region codes (GB/T 2260)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {**_READ, **_EAST, "contact_name": "李雷"},
                {**_READ, **_NORTH, "contact_name": "Jane Porter"},
            ]
        }
    )

    onboarding_stage: Stage
    classification: str | None
    region: str | None
    territory: list[str]
    product_lines: list[str]
    contact_name: str | None
    contact_phone: str | None
    contact_email: str | None
    address: str | None
    version: int
    created_at: Moment
    updated_at: Moment


class DistributorNode(DistributorBrief):
    """A place in the tree: so many levels below the one that was asked for, with so many right below."""

    depth: int
    children: int


def _tree(firm: dict[str, Any]) -> dict[str, Any]:
    return {"path": [], "nodes": [{**_place(firm), "depth": 0, "children": 0}], "complete": True}


class DistributorTree(Output):
    """`path`: those above that are in sight, from the top; `nodes`: the distributor and those below.

    Nodes come level by level. `complete` is false when something below was left out; ask for the tree of a
    node that has `children`.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_tree(_EAST), _tree(_NORTH)]})

    path: list[DistributorBrief]
    nodes: list[DistributorNode]
    complete: bool


class DistributorChangeRead(ChangeRead):
    """One field that changed, with the note of an onboarding step; notes are for the company's staff."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**_STEP, "note": "资料齐全"}, {**_STEP, "note": "papers complete"}]}
    )

    note: str | None


class DistributorQuery(ListQuery):
    """Filters of the archive; `parent_id` lists the ones right below one, `ancestor_id` all below it."""

    code: Code | None = None
    status: Status | None = None
    onboarding_stage: Stage | None = None
    classification: Short | None = None
    level: Short | None = None
    region: Short | None = None
    territory: RegionCode | None = Field(
        None, description="Who serves this region: it, its prefecture or its province is in their territory"
    )
    product_line: Code | None = None
    parent_id: UUID | None = None
    ancestor_id: UUID | None = None
