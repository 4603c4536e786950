"""What a saved view looks like on the wire."""

import re
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, ValidationError

from customer_svc.customers.schemas import CustomerQuery, CustomerRead
from customer_svc.fields import kept
from customer_svc.orders.schemas import OrderBrief, OrderQuery
from customer_svc.views.domain import Entity
from shared.http import Input, ListQuery, Output, Patch
from shared.http.types import Flag, Moment, Name, clean_text
from shared.http.wording import explain
from shared.problems import FieldError

_QUERIES: dict[Entity, type[ListQuery]] = {"customers": CustomerQuery, "orders": OrderQuery}
_SHOWN: dict[Entity, frozenset[str]] = {
    "customers": frozenset(CustomerRead.model_fields),
    "orders": frozenset(OrderBrief.model_fields),
}
_OF_A_PAGE = {"limit", "cursor", "count"}
_OWN_FIELD = re.compile(r"attributes\[[^\[\]]{1,100}\](\[(gte|lt)\])?")
_OWN_COLUMN = re.compile(r"attributes\.[^\s.]{1,100}")

Value = Annotated[str, StringConstraints(max_length=500), AfterValidator(clean_text)]
Filters = Annotated[
    dict[Annotated[str, Field(max_length=120)], Value | Annotated[list[Value], Field(max_length=10)]],
    Field(
        max_length=30,
        description="Filters and `sort` as the list takes them, by their names in its address",
        examples=[{"q": "海纳", "status": "active", "sort": "name"}],
    ),
]
Columns = Annotated[
    list[Annotated[str, Field(max_length=120)]],
    Field(
        max_length=60,
        description="Which fields to show, in order; `attributes.key` is a field of the company's own",
        examples=[["name", "phone", "owner_id"]],
    ),
]

_EXAMPLE: dict[str, Any] = {
    "entity": "customers",
    "query": {"region": "310000", "sort": "name"},
    "columns": ["name", "phone", "owner_id"],
    "shared": True,
}
_READ: dict[str, Any] = {
    "id": "0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d8e",
    "owner_id": "0192f0c1-6a00-7d11-8a2b-0c1d2e3f4a5b",
    "version": 1,
    "created_at": "2026-03-01T09:30:00Z",
    "updated_at": "2026-03-01T09:30:00Z",
}
_EXAMPLES: list[Any] = [
    {**_EXAMPLE, "name": "上海重点客户"},
    {**_EXAMPLE, "name": "Key accounts in Shanghai"},
]


def faults(entity: Entity, query: dict[str, Any], columns: list[str]) -> list[FieldError]:
    """What the entity's list would refuse, and fields that it does not have.

    A page's place and size are no part of a view.
    """
    found = [_fault(name, "extra_forbidden") for name in sorted(_OF_A_PAGE & query.keys())]
    asked = {
        name: value
        for name, value in query.items()
        if not _OWN_FIELD.fullmatch(name) and name not in _OF_A_PAGE
    }
    try:
        _QUERIES[entity].model_validate(asked)
    except ValidationError as error:
        found += [
            _fault(str(each["loc"][0]), each["type"], each.get("ctx"), each["msg"])
            for each in error.errors(include_input=False, include_url=False)
        ]
    for place, name in enumerate(columns):
        if name not in _SHOWN[entity] and not _OWN_COLUMN.fullmatch(name):
            said = {"en": "There is no such field.", "zh": "没有这个字段。"}
            found.append(FieldError(f"/columns/{place}", "field_unknown", **said))
    return found


def _fault(name: str, kind: str, context: Any = None, message: str = "") -> FieldError:
    return FieldError(f"/query/{name}", *explain(kind, context, message))


class ViewCreate(Input):
    """A view as it is saved."""

    model_config = ConfigDict(json_schema_extra={"examples": _EXAMPLES})

    entity: Entity
    name: Name
    query: Filters = Field(default_factory=dict)
    columns: Columns = Field(default_factory=list)
    shared: Flag = False


class ViewPatch(Patch):
    """The fields to change; `query` and `columns` are replaced as a whole. The entity stays."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "华东重点客户"}, {"name": "Key accounts, east"}]}
    )

    name: Name = kept("")
    query: Filters = kept({})
    columns: Columns = kept([])
    shared: Flag = kept(stand_in=False)


class ViewRead(Output):
    """A view; its `version` is also its ETag. Only its owner may change it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_READ, **each} for each in _EXAMPLES]})

    id: UUID
    entity: Entity
    name: str
    query: dict[str, Any]
    columns: list[str]
    shared: bool
    owner_id: UUID
    version: int
    created_at: Moment
    updated_at: Moment


class ViewQuery(ListQuery):
    """Filters of the views that one sees: one's own and those that are shared."""

    entity: Entity | None = None
    shared: bool | None = None
    owner_id: UUID | None = None
