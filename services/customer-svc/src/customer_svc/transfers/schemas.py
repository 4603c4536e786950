"""What an import looks like on the wire."""

from functools import cache
from typing import Annotated, Any, Literal, Self
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from customer_svc.transfers.columns import known_field
from customer_svc.transfers.domain import ENTITIES, HOME_ZONE, MOST_COLUMNS, Entity, ValueKind
from shared.http import Input, ListQuery, Output
from shared.http.types import Code, Moment, clean_text

Encoding = Literal["utf-8", "gb18030"]
Format = Literal["csv", "xlsx"]
Status = Literal["queued", "running", "succeeded", "failed", "cancelled"]
_Header = Annotated[
    str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True), AfterValidator(clean_text)
]
_Sheet = Annotated[
    str,
    StringConstraints(min_length=1, max_length=31),
    AfterValidator(clean_text),
    Field(examples=["Sheet1", "客户"]),
]
_Field = Annotated[str, StringConstraints(min_length=1, max_length=111), AfterValidator(clean_text)]


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _known_zone(name: str) -> str:
    if name not in _zones():
        raise PydanticCustomError("zone_unknown", "is no IANA time zone", {"zh": "不是有效的 IANA 时区"})
    return name


class ImportForm(Input):
    """The fields beside the file."""

    entity: Entity
    mapping: Annotated[dict[_Field, _Header], Field(min_length=1, max_length=MOST_COLUMNS)] | None = None
    dry_run: bool = False
    timezone: Annotated[str, Field(max_length=64), AfterValidator(_known_zone)] = HOME_ZONE
    encoding: Encoding | None = None
    sheet: _Sheet | None = None

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if self.mapping and any(not known_field(self.entity, name) for name in self.mapping):
            raise PydanticCustomError(
                "mapping_unknown_field", "maps a field that is not known", {"zh": "mapping 含有未知字段"}
            )
        return self


class ImportStarted(Output):
    """An import that is under way; `id` names its operation and the import alike."""

    id: UUID
    import_id: UUID
    entity: Entity
    dry_run: bool
    status: Status


class ImportRead(Output):
    """How far an import is: of `total` rows (null until the file was looked over) `read` are judged.

    `format` and `encoding` are how the file is read, null until then; a workbook has no encoding.

    `created` are new, `unchanged` were there with the same content, `duplicate` have the key of another one,
    `failed` are refused; the last two stand in the list of errors.
    """

    id: UUID
    entity: Entity
    dry_run: bool
    status: Status
    size: int
    format: Format | None = Field(examples=["csv"])
    encoding: Encoding | None = Field(examples=["gb18030"])
    sheet: str | None = Field(examples=[None])
    total: int | None
    read: int
    created: int
    unchanged: int
    duplicate: int
    failed: int
    created_by: UUID
    created_at: Moment
    updated_at: Moment
    version: int


class FaultRead(Output):
    """One refused cell, or row (kind `row`): where it is, what it looks like, why; never the value."""

    line: int = Field(examples=[17])
    column: str | None = Field(description="As the file names it", examples=["手机", "phone"])
    field: str | None = Field(examples=["phone"])
    code: str = Field(examples=["phone_invalid"])
    kind: ValueKind
    reason: str = Field(examples=["is not a phone number", "不是有效的电话号码"])


class ImportQuery(ListQuery):
    """Filters of the list of imports."""

    entity: Entity | None = None
    dry_run: bool | None = None


class FaultQuery(ListQuery):
    """Filters of an import's errors."""

    code: Code | None = None
    field: _Field | None = None


_FORM: dict[str, Any] = {"entity": "customers", "dry_run": False, "timezone": "Asia/Shanghai"}
_FORM_EXAMPLES: dict[str, Any] = {
    "en": {
        "summary": "English",
        "value": {**_FORM, "file": "name,kind,phone\nHarbour Lights Ltd,organisation,+44 20 7946 0018\n"},
    },
    "zh": {
        "summary": "中文",
        "value": {
            **_FORM,
            "file": "客户名称,类型,手机\n上海海纳百货有限公司,organisation,021-62881234\n",
            "mapping": {"name": "客户名称", "kind": "类型", "phone": "手机"},
        },
    },
}

FORM_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file", "entity"],
                "properties": {
                    "file": {
                        "type": "string",
                        "format": "binary",
                        "description": "CSV or .xlsx, at most 200 MiB",
                    },
                    "entity": {"type": "string", "enum": list(ENTITIES)},
                    "mapping": {
                        "type": "object",
                        "additionalProperties": {"type": "string", "minLength": 1, "maxLength": 100},
                        "minProperties": 1,
                        "maxProperties": MOST_COLUMNS,
                        "description": "Field of ours → header of the file; then only these columns are read",
                        "examples": [{"name": "客户名称", "kind": "类型", "phone": "手机"}],
                    },
                    "dry_run": {"type": "boolean", "default": False},
                    "timezone": {
                        "type": "string",
                        "maxLength": 64,
                        "default": HOME_ZONE,
                        "examples": ["Europe/London"],
                    },
                    "encoding": {
                        "type": "string",
                        "enum": ["utf-8", "gb18030"],
                        "description": "Of a CSV file; found out if it is left out",
                    },
                    "sheet": {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": 31,
                        "description": "Name of the worksheet; the first one that is shown if it is left out",
                        "examples": ["Sheet1"],
                    },
                },
            },
            "examples": _FORM_EXAMPLES,
            "encoding": {"mapping": {"contentType": "application/json"}},
        }
    },
}

FAULT_FILE: dict[str, Any] = {
    "schema": {"type": "string"},
    "examples": {
        "en": {
            "summary": "English",
            "value": '"line","column","field","code","kind","reason"\r\n'
            '"17","phone","phone","phone_invalid","text","is not a phone number"\r\n',
        },
        "zh": {
            "summary": "中文",
            "value": '"line","column","field","code","kind","reason"\r\n'
            '"17","手机","phone","phone_invalid","text","不是有效的电话号码"\r\n',
        },
    },
}

REFUSED_FILE: dict[str, Any] = {
    "schema": {"type": "string"},
    "examples": {
        "en": {
            "summary": "English",
            "value": '"name","kind","phone","import_errors"\r\n'
            '"Harbour Lights Ltd","organisation","n/a","phone: is not a phone number"\r\n',
        },
        "zh": {
            "summary": "中文",
            "value": '"客户名称","类型","手机","导入错误"\r\n'
            '"上海海纳百货有限公司","organisation","无","手机：不是有效的电话号码"\r\n',
        },
    },
}

WORKBOOK_FILE: dict[str, Any] = {
    "schema": {"type": "string", "format": "binary"},
    "examples": {"workbook": {"summary": "A zip file", "value": "PK"}},
}
