"""What the definition of a custom field looks like on the wire."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from customer_svc.custom_fields.domain import Entity, Status, Target, Type
from customer_svc.fields import Short, kept
from shared.http import Input, ListQuery, Output, Patch
from shared.http.masking import MASKABLE
from shared.http.types import NO_FLAG, Flag, Moment, clean_text

_MOST_OPTIONS = 200
_WORD = r"""^[^\s\[\].,:;|/~?#&%="'`<>\\]{1,48}$"""


def _free(key: str) -> str:
    """Not the name of a field that can be hidden from a key: filters by it would tell what is hidden."""
    if key.lower() in MASKABLE:
        raise PydanticCustomError("key_reserved", "is a reserved name", {"zh": "为保留名称"})
    return key


Word = Annotated[str, StringConstraints(pattern=_WORD), AfterValidator(clean_text)]
Key = Annotated[Word, AfterValidator(_free), Field(examples=["shop_count"])]
Position = Annotated[int, Field(ge=0, le=9999), NO_FLAG]


class Names(Input):
    """What people call it, in both languages."""

    en: Short = Field(examples=["Shops"])
    zh: Short = Field(examples=["门店数"])


class Option(Input):
    """One choice: its value stays for ever, its names may change, and a retired one is not offered."""

    value: Annotated[Word, Field(examples=["chain"])]
    names: Names
    retired: Flag = False


Options = Annotated[list[Option], Field(max_length=_MOST_OPTIONS)]
_SHOPS: dict[str, Any] = {
    "entity": "customer",
    "key": "门店数",
    "names": {"en": "Number of shops", "zh": "门店数"},
    "type": "number",
    "indexed": True,
    "position": 10,
}
_BUSINESS: dict[str, Any] = {
    "entity": "customer",
    "key": "business_form",
    "names": {"en": "Form of business", "zh": "yetai"},
    "type": "choice",
    "options": [{"value": "chain", "names": {"en": "Chain", "zh": "liansuo"}}],
    "position": 20,
}


class FieldCreate(Input):
    """A field of the company's own; entity, key and type stay as they are."""

    model_config = ConfigDict(json_schema_extra={"examples": [_BUSINESS, _SHOPS]})

    entity: Entity
    key: Key
    names: Names
    type: Type
    target: Target | None = Field(None, description="What a reference points at")
    options: Options = Field(default_factory=list)
    required: Flag = Field(default=False, description="Demanded of every record that is made or changed")
    unique: Flag = Field(default=False, description="No two customers of one distributor have one value")
    indexed: Flag = Field(default=False, description="Customers can be filtered and sorted by it")
    position: Position = 0


class FieldPatch(Patch):
    """The parts of a definition to change. Options may be added, renamed and retired, not removed."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"position": 30}, {"names": {"en": "Number of shops", "zh": "门店数量"}}]
        }
    )

    names: Names = kept(None)
    options: Options = kept(None)
    required: Flag = kept(stand_in=False)
    unique: Flag = kept(stand_in=False)
    indexed: Flag = kept(stand_in=False)
    position: Position = kept(0)
    status: Status = kept("active")


_READ: dict[str, Any] = {
    "id": "0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d8e",
    "target": None,
    "options": [],
    "required": False,
    "unique": False,
    "indexed": False,
    "status": "active",
    "ready": True,
    "operation_id": None,
    "version": 1,
    "created_at": "2026-03-01T09:30:00Z",
    "updated_at": "2026-03-01T09:30:00Z",
}


class OptionRead(Output):
    """One choice."""

    value: str
    names: Names
    retired: bool


class FieldRead(Output):
    """A custom field.

    `ready` is false while `operation_id` looks through the customers that are there already; until then
    they cannot be filtered or sorted by it.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **_READ,
                    **_BUSINESS,
                    "options": [
                        {"value": "chain", "names": {"en": "Chain", "zh": "liansuo"}, "retired": False}
                    ],
                },
                {**_READ, **_SHOPS},
            ]
        }
    )

    id: UUID
    entity: Entity
    key: str
    names: Names
    type: Type
    target: Target | None
    options: list[OptionRead]
    required: bool
    unique: bool
    indexed: bool
    position: int
    status: Status
    ready: bool
    operation_id: UUID | None
    version: int
    created_at: Moment
    updated_at: Moment


class FieldQuery(ListQuery):
    """Filters of the register."""

    entity: Entity | None = None
    type: Type | None = None
    status: Status | None = None


class SchemaQuery(Input):
    """Whose attributes are meant."""

    entity: Entity = "customer"


class AttributesSchema(Output):
    """The shape of `attributes` as it is now."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "entity": "customer",
                    "attributes": {
                        "type": "object",
                        "properties": {"shop_count": {"title": "Shops", "type": "number"}},
                        "required": [],
                        "additionalProperties": True,
                    },
                },
                {
                    "entity": "customer",
                    "attributes": {
                        "type": "object",
                        "properties": {"门店数": {"title": "Number of shops · 门店数", "type": "number"}},
                        "required": ["门店数"],
                        "additionalProperties": True,
                    },
                },
            ]
        }
    )

    entity: Entity
    attributes: dict[str, Any] = Field(description="A JSON Schema (2020-12), in the order of the form")
