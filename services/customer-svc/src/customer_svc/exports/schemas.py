"""What an export looks like on the wire."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from customer_svc.contacts.schemas import ContactQuery
from customer_svc.customers.schemas import CustomerQuery
from customer_svc.distributors.schemas import DistributorQuery
from customer_svc.exports.domain import MORE, USUAL, Encoding, Entity, Format
from customer_svc.orders.schemas import OrderQuery
from shared.http import Input, ListQuery, Output
from shared.http.types import JsonObject, Moment

Status = Literal["queued", "running", "succeeded", "failed", "cancelled"]
QUERIES: Mapping[str, type[ListQuery]] = {
    "customers": CustomerQuery,
    "orders": OrderQuery,
    "contacts": ContactQuery,
    "distributors": DistributorQuery,
}
"""By whose filters each entity is narrowed."""
PAGING = frozenset(ListQuery.model_fields)
Column = Annotated[str, StringConstraints(min_length=1, max_length=100)]
_EN: dict[str, Any] = {"entity": "customers", "filters": {"kind": "organisation"}, "format": "xlsx"}
_ZH: dict[str, Any] = {
    "entity": "customers",
    "filters": {"q": "海纳", "created_at[gte]": "2026-01-01T00:00:00Z"},
    "columns": ["code", "name", "phone"],
    "format": "csv",
    "encoding": "gb18030",
}
_DONE: dict[str, Any] = {
    "id": "0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d81",
    "status": "succeeded",
    "encoding": "utf-8-bom",
    "columns": None,
    "rows": 22190,
    "size": 1843200,
    "expires_at": "2026-03-08T09:30:00Z",
    "created_by": "0192f0c1-6a00-7d11-8a2b-0c1d2e3f4a5b",
    "created_at": "2026-03-01T09:30:00Z",
    "updated_at": "2026-03-01T09:30:20Z",
    "version": 2,
}


class ExportCreate(Input):
    """What to export, by the filters of its list; without `columns` those that an import reads."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EN, _ZH]})

    entity: Entity
    filters: JsonObject = Field(default_factory=dict)
    columns: Annotated[list[Column], Field(min_length=1, max_length=50)] | None = None
    format: Format = "csv"
    encoding: Encoding = "utf-8-bom"

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        known = (*USUAL[self.entity], *MORE[self.entity])
        columns = self.columns or ()
        if any(name not in known for name in columns) or len(set(columns)) != len(columns):
            raise PydanticCustomError(
                "columns_unknown",
                "names a column twice, or one that there is not",
                {"zh": "包含重复或未知的列"},
            )
        return self


class ExportStarted(Output):
    """An export that is under way; `id` names its operation and the export alike."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"id": _DONE["id"], "entity": "customers", "status": "queued"}]}
    )

    id: UUID
    entity: Entity
    status: Status


class ExportRead(Output):
    """An export; its file is there from its success until `expires_at`. `columns` null are the usual ones."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_DONE, **_EN}, {**_DONE, **_ZH}]})

    id: UUID
    entity: Entity
    status: Status
    filters: dict[str, Any]
    columns: list[str] | None
    format: Format
    encoding: Encoding
    rows: int | None
    size: int | None
    expires_at: Moment | None
    created_by: UUID
    created_at: Moment
    updated_at: Moment
    version: int


class ExportQuery(ListQuery):
    """Filters of the list of exports."""

    entity: Entity | None = None
    format: Format | None = None
