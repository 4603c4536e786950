"""What an org unit looks like on the wire."""

from typing import Any
from uuid import UUID

from pydantic import ConfigDict

from customer_svc.fields import kept
from customer_svc.org_units.domain import Kind, Status
from shared.http import Input, ListQuery, Output, Patch
from shared.http.types import Code, Moment, Name

_TOP: dict[str, Any] = {
    "id": "0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d8e",
    "code": "SALES-EAST",
    "kind": "region",
    "status": "active",
    "parent_id": None,
}
_PART: dict[str, Any] = {
    "id": "0192f0c1-6a00-7d11-8a2b-0c1d2e3f4a5b",
    "code": "SALES-EAST-1",
    "kind": "team",
    "status": "active",
    "parent_id": _TOP["id"],
}
_KEPT: dict[str, Any] = {
    "manager_id": "0192f0c1-7b00-7e22-8b3c-1d2e3f4a5b6c",
    "version": 1,
    "created_at": "2026-03-01T09:30:00Z",
    "updated_at": "2026-03-01T09:30:00Z",
}
_EN, _ZH = ("East China", "Team one"), ("华东大区", "一组")


def _nodes(names: tuple[str, str]) -> dict[str, Any]:
    top, part = names
    return {
        "path": [],
        "nodes": [
            {**_TOP, "name": top, "depth": 0, "children": 1},
            {**_PART, "name": part, "depth": 1, "children": 0},
        ],
        "complete": True,
    }


class OrgUnitCreate(Input):
    """An org unit as it is entered."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"code": "SALES-EAST", "name": _ZH[0], "kind": "region"},
                {"code": "SALES-EAST", "name": _EN[0], "kind": "region"},
            ]
        }
    )

    code: Code
    name: Name
    kind: Kind
    parent_id: UUID | None = None
    manager_id: UUID | None = None


class OrgUnitPatch(Patch):
    """The fields to change; null clears one that may be empty. The code stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": _ZH[1]}, {"name": _EN[1]}]})

    name: Name = kept("")
    kind: Kind = kept("team")
    status: Status = kept("active")
    parent_id: UUID | None = None
    manager_id: UUID | None = None


class OrgUnitBrief(Output):
    """An org unit as it stands in a tree."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**_TOP, "name": _ZH[0]}, {**_TOP, "name": _EN[0]}]}
    )

    id: UUID
    code: str
    name: str
    kind: Kind
    status: Status
    parent_id: UUID | None


class OrgUnitRead(OrgUnitBrief):
    """An org unit; its `version` is also its ETag. `manager_id` is the staff account of who leads it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**_TOP, **_KEPT, "name": _ZH[0]}, {**_TOP, **_KEPT, "name": _EN[0]}]}
    )

    manager_id: UUID | None
    version: int
    created_at: Moment
    updated_at: Moment


class OrgUnitNode(OrgUnitBrief):
    """A place in the tree: so many levels below the one that was asked for, with so many right below."""

    depth: int
    children: int


class OrgUnitTree(Output):
    """`path`: those above, from the top; `nodes`: the unit and those below, level by level.

    `complete` is false when something below was left out; ask for the tree of a node that has `children`.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_nodes(_ZH), _nodes(_EN)]})

    path: list[OrgUnitBrief]
    nodes: list[OrgUnitNode]
    complete: bool


class OrgUnitQuery(ListQuery):
    """Filters of the register; `parent_id` lists the ones right below, `ancestor_id` all below."""

    code: Code | None = None
    kind: Kind | None = None
    status: Status | None = None
    parent_id: UUID | None = None
    ancestor_id: UUID | None = None
    manager_id: UUID | None = None
