"""What an import template looks like on the wire."""

from typing import Any, Self
from uuid import UUID

from pydantic import ConfigDict, model_validator

from customer_svc.fields import kept
from customer_svc.transfers.domain import HOME_ZONE, Entity, Policy
from customer_svc.transfers.schemas import (
    Encoding,
    Mapping,
    SheetName,
    check_mapping,
    check_policy,
)
from shared.http import Input, ListQuery, Output, Patch
from shared.http.types import Moment, Name, Zone

_EN: dict[str, Any] = {
    "name": "Web shop customers",
    "entity": "customers",
    "mapping": {"name": "Company", "kind": "Type", "phone": "Mobile"},
    "timezone": "Europe/London",
}
_ZH: dict[str, Any] = {
    "name": "金蝶客户导出",
    "entity": "customers",
    "mapping": {"name": "客户名称", "kind": "类型", "phone": "手机"},
    "encoding": "gb18030",
    "policy": "update",
}
_KEPT: dict[str, Any] = {
    "id": "0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d8e",
    **dict.fromkeys(("encoding", "sheet")),
    "timezone": HOME_ZONE,
    "policy": "skip",
    "created_by": "0192f0c1-6a00-7d11-8a2b-0c1d2e3f4a5b",
    "created_at": "2026-03-01T09:30:00Z",
    "updated_at": "2026-03-01T09:30:00Z",
    "version": 1,
}


class TemplateCreate(Input):
    """How files of one kind are read; what is left out is found out for each file."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EN, _ZH]})

    name: Name
    entity: Entity
    mapping: Mapping | None = None
    encoding: Encoding | None = None
    sheet: SheetName | None = None
    timezone: Zone = HOME_ZONE
    policy: Policy = "skip"

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        check_mapping(self.entity, self.mapping)
        check_policy(self.entity, self.policy)
        return self


class TemplatePatch(Patch):
    """The fields to change; null clears one that may be empty. The entity stays."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "用友客户导出"}, {"mapping": {"name": "Company", "kind": "Type"}}]
        }
    )

    name: Name = kept("")
    mapping: Mapping | None = None
    encoding: Encoding | None = None
    sheet: SheetName | None = None
    timezone: Zone = kept(HOME_ZONE)
    policy: Policy = kept("skip")


class TemplateRead(Output):
    """A template; its `version` is also its ETag."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_KEPT, **_EN}, {**_KEPT, **_ZH}]})

    id: UUID
    name: str
    entity: Entity
    mapping: dict[str, str] | None
    encoding: Encoding | None
    sheet: str | None
    timezone: str
    policy: Policy
    created_by: UUID
    created_at: Moment
    updated_at: Moment
    version: int


class TemplateQuery(ListQuery):
    """Filters of the list of templates."""

    entity: Entity | None = None
