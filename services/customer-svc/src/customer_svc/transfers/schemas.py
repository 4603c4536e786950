"""What an import looks like on the wire."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from customer_svc.transfers.columns import known_field
from customer_svc.transfers.domain import HOME_ZONE, SUGGESTED, Entity, Policy
from shared.http import Input, ListQuery, Output
from shared.http.types import Code, Moment, Zone, clean_text
from shared.sheets.texts import MOST_COLUMNS, ValueKind

Encoding = Literal["utf-8", "gb18030"]
Format = Literal["csv", "xlsx"]
Status = Literal["queued", "running", "succeeded", "failed", "cancelled"]
Header = Annotated[
    str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True), AfterValidator(clean_text)
]
SheetName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=31),
    AfterValidator(clean_text),
    Field(examples=["Sheet1", "客户"]),
]
FieldName = Annotated[str, StringConstraints(min_length=1, max_length=111), AfterValidator(clean_text)]


Mapping = Annotated[dict[FieldName, Header], Field(min_length=1, max_length=MOST_COLUMNS)]


def _or_the_word(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    return value if value == SUGGESTED else read(value)


MappingOrWord = Annotated[
    Mapping, WrapValidator(_or_the_word), PlainSerializer(lambda value: value, return_type=Any)
]
"""A mapping, or the word `suggested`; not a union, whose findings would not say where they are."""


def check_mapping(entity: Entity, mapping: Any) -> None:
    """Raise for a mapping of a field that the entity does not have."""
    if isinstance(mapping, dict) and any(not known_field(entity, name) for name in mapping):
        raise PydanticCustomError(
            "mapping_unknown_field", "maps a field that is not known", {"zh": "mapping 含有未知字段"}
        )


def check_policy(entity: Entity, policy: Policy) -> None:
    """Raise for a policy that is for customers only."""
    if policy != "skip" and entity != "customers":
        raise PydanticCustomError(
            "policy_of_customers",
            "can only be skip: other policies are for customers",
            {"zh": "只能为 skip：其他策略仅用于客户"},
        )


class ImportForm(Input):
    """The fields beside the file."""

    entity: Entity
    mapping: MappingOrWord | None = None
    dry_run: bool = False
    timezone: Zone = HOME_ZONE
    encoding: Encoding | None = None
    sheet: SheetName | None = None
    policy: Policy = "skip"
    template_id: UUID | None = None

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        check_mapping(self.entity, self.mapping)
        check_policy(self.entity, self.policy)
        return self


class SuggestionQuery(Input):
    """The columns of a file as its header names them, from the left."""

    entity: Entity
    columns: Annotated[
        list[Annotated[str, StringConstraints(max_length=100), AfterValidator(clean_text)]],
        BeforeValidator(lambda value: [value] if isinstance(value, str) else value),
        Field(min_length=1, max_length=MOST_COLUMNS, examples=[["客户名称", "手机"]]),
    ]


class SuggestionRead(Output):
    """A `mapping` for an import, the columns that mean nothing known, and groups of which one is missing."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "mapping": {"name": "Company", "phone": "Mobile"},
                    "unmapped": ["Remarks"],
                    "missing": [["kind"]],
                },
                {
                    "mapping": {"name": "客户名称", "phone": "手机"},
                    "unmapped": ["备注"],
                    "missing": [["kind"]],
                },
            ]
        }
    )

    mapping: dict[str, str]
    unmapped: list[str]
    missing: list[list[str]]


class ImportStarted(Output):
    """An import that is under way; `id` names its operation and the import alike."""

    id: UUID
    import_id: UUID
    entity: Entity
    dry_run: bool
    status: Status


class UndoRead(Output):
    """How far the undoing of an import is: of `total` records `undone` are taken back and `kept` stay.

    `undone_at` is null until every record is judged.
    """

    operation_id: UUID
    status: Status
    total: int
    undone: int
    kept: int
    created_by: UUID
    created_at: Moment
    undone_at: Moment | None


_UNDO: dict[str, Any] = {
    "operation_id": "0192f0c2-77aa-7b1c-8e21-0a1b2c3d4e51",
    "status": "succeeded",
    "total": 22180,
    "undone": 22178,
    "kept": 2,
    "created_by": "0192f0c1-6a00-7d11-8a2b-0c1d2e3f4a5b",
    "created_at": "2026-03-01T10:00:00Z",
    "undone_at": "2026-03-01T10:00:31Z",
}
_READ: dict[str, Any] = {
    "id": "0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d81",
    "entity": "customers",
    "dry_run": False,
    "status": "succeeded",
    "size": 1843200,
    "policy": "skip",
    "total": 22190,
    "read": 22190,
    "created": 22180,
    "changed": 0,
    "unchanged": 4,
    "duplicate": 1,
    "failed": 5,
    "created_by": "0192f0c1-6a00-7d11-8a2b-0c1d2e3f4a5b",
    "created_at": "2026-03-01T09:30:00Z",
    "updated_at": "2026-03-01T09:30:20Z",
    "version": 25,
    "undo": None,
}
_READ_EN: dict[str, Any] = {
    "format": "xlsx",
    "encoding": None,
    "sheet": "Customers",
    "columns": ["Company", "Type", "Mobile"],
    "mapping": {"name": "Company", "kind": "Type", "phone": "Mobile"},
}
_READ_ZH: dict[str, Any] = {
    "format": "csv",
    "encoding": "gb18030",
    "sheet": None,
    "columns": ["客户名称", "类型", "手机"],
    "mapping": {"name": "客户名称", "kind": "类型", "phone": "手机"},
}


class ImportRead(Output):
    """How far an import is: of `total` rows (null until the file was looked over) `read` are judged.

    `format` and `encoding` are how the file is read, null until then; a workbook has no encoding.

    `columns` is the header of the file and `mapping` which of them is read into which field, null until the
    first rows were judged. `created` are new, `changed` have other content now, `unchanged` were there with
    the same content, `duplicate` have the key of another one, `failed` are refused; the last two stand in
    the list of errors. `undo` is null unless somebody had the import undone.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**_READ, **_READ_EN}, {**_READ, **_READ_ZH, "undo": _UNDO}]}
    )

    id: UUID
    entity: Entity
    dry_run: bool
    status: Status
    size: int
    format: Format | None
    encoding: Encoding | None
    sheet: str | None
    policy: Policy
    columns: list[str] | None
    mapping: dict[str, str] | None
    total: int | None
    read: int
    created: int
    changed: int
    unchanged: int
    duplicate: int
    failed: int
    created_by: UUID
    created_at: Moment
    updated_at: Moment
    version: int
    undo: UndoRead | None


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
    field: FieldName | None = None
