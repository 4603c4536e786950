"""What a customer looks like on the wire."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    model_validator,
)
from pydantic_core import PydanticCustomError

from customer_svc.customers import domain
from customer_svc.customers.asking import FIELD_SORT, MOST_ASKED, AskedField, asked_fields
from customer_svc.customers.domain import Kind, Status
from customer_svc.fields import EmailAddress, PhoneNumber, Short, Tag, Website, kept
from customer_svc.regions import Region
from customer_svc.tax_numbers import TaxNumber
from shared.http import Input, ListQuery, Output, Patch
from shared.http.batches import Items
from shared.http.types import NO_FLAG, Code, Flag, JsonObject, Line, Moment, Name

_MOST_TAGS = 50
REFERRER = "The customer by whose recommendation it came · 推荐人（客户）"


class Birthday(Input):
    """A day of the solar or the lunar calendar; `leap` means the leap month of that number."""

    calendar: Literal["solar", "lunar"] = "solar"
    month: Annotated[int, Field(ge=1, le=12), NO_FLAG]
    day: Annotated[int, Field(ge=1, le=31), NO_FLAG]
    leap: Flag = False
    year: Annotated[int, Field(ge=1900, le=2100), NO_FLAG] | None = None

    @model_validator(mode="after")
    def _exists(self) -> Self:
        if not domain.birthday_exists(self.calendar, self.month, self.day, leap=self.leap, year=self.year):
            raise PydanticCustomError(
                "birthday_invalid", "is no day of that calendar", {"zh": "该历法中没有这一天"}
            )
        return self


def whole_birthday(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The wish with a birthday, if there is one, that is replaced as a whole."""
    day = wanted.get("birthday")
    return dict(wanted) if day is None else {**wanted, "birthday": Birthday(**day).model_dump()}


def _once_each(tags: list[str]) -> list[str]:
    return list(dict.fromkeys(tags))


Tags = Annotated[list[Tag], Field(max_length=_MOST_TAGS), AfterValidator(_once_each)]

_EXAMPLES: dict[str, Any] = {
    "examples": [
        {
            "name": "Harbour Lights Ltd",
            "kind": "organisation",
            "phone": "+44 20 7946 0018",
            "email": "buying@harbourlights.example",
            "tax_number": "GB123456789",
            "industry": "retail",
            "business_scope": "Lamps and garden furniture",
            "region": "South West England",
            "channel": "online_shop",
            "tags": ["wholesale"],
        },
        {
            "code": "C-1024",
            "name": "上海海纳百货有限公司",
            "kind": "organisation",
            "phone": "021-62881234",
            "tax_number": "91310000MA1FL0001R",
            "industry": "零售",
            "business_scope": "日用百货、家居用品批发与零售",
            "region": "310000",
            "channel": "distributor",
            "tags": ["重点"],
            "attributes": {"门店数": 12},
        },
        {
            "name": "王小明",
            "kind": "person",
            "phone": "138 0013 8000",
            "referred_by": "0192f0c1-6a00-7d11-8a2b-0c1d2e3f4a5b",
            "birthday": {"calendar": "lunar", "month": 8, "day": 15, "year": 1988},
        },
    ]
}


_READ: dict[str, Any] = {
    **dict.fromkeys(
        ("code", "email", "size", "region", "address", "website", "tax_number", "business_scope")
    ),
    **dict.fromkeys(("distributor_id", "owner_id", "org_unit_id", "referred_by", "birthday", "merged_into")),
    "id": "0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d8e",
    "status": "active",
    "version": 1,
    "preferences": {},
    "attributes": {},
    "created_at": "2026-03-01T09:30:00Z",
    "updated_at": "2026-03-01T09:30:00Z",
}
_ENGLISH, _CHINESE, _ = _EXAMPLES["examples"]
READ_EXAMPLES: list[Any] = [
    {**_READ, **_ENGLISH, "phone": "+442079460018"},
    {**_READ, **_CHINESE, "phone": "+862162881234"},
]


class CustomerCreate(Input):
    """A customer as it is registered; a phone number without country code is read as a Chinese one."""

    model_config = ConfigDict(json_schema_extra=_EXAMPLES)

    code: Code | None = None
    name: Name
    kind: Kind
    phone: PhoneNumber | None = None
    email: EmailAddress | None = None
    tax_number: TaxNumber | None = None
    industry: Short | None = None
    business_scope: Line | None = Field(None, description="What it deals in 主营业务")
    size: Short | None = None
    region: Region | None = None
    address: Line | None = None
    website: Website | None = None
    channel: Code | None = None
    distributor_id: UUID | None = None
    owner_id: UUID | None = None
    org_unit_id: UUID | None = None
    referred_by: UUID | None = Field(None, description=REFERRER)
    birthday: Birthday | None = None
    tags: Tags = Field(default_factory=list)
    preferences: JsonObject = Field(default_factory=dict)
    attributes: JsonObject = Field(default_factory=dict)


class CustomerBatch(Input):
    """Up to 1000 customers; each is judged by itself."""

    items: Items[CustomerCreate]


class CustomerPatch(Patch):
    """The fields to change; null clears one that may be empty. The owner changes by `assign`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"phone": "13900139000", "tags": ["重点", "华东"]},
                {"name": "Harbour Lights plc", "email": None},
                {"referred_by": "0192f0c1-6a00-7d11-8a2b-0c1d2e3f4a5b"},
            ]
        }
    )

    code: Code | None = None
    name: Name = kept("")
    kind: Kind = kept("organisation")
    phone: PhoneNumber | None = None
    email: EmailAddress | None = None
    tax_number: TaxNumber | None = None
    industry: Short | None = None
    business_scope: Line | None = Field(None, description="What it deals in 主营业务")
    size: Short | None = None
    region: Region | None = None
    address: Line | None = None
    website: Website | None = None
    channel: Code | None = None
    distributor_id: UUID | None = None
    referred_by: UUID | None = Field(None, description=REFERRER)
    birthday: Birthday | None = None
    tags: Tags = Field(default_factory=list)
    preferences: JsonObject = Field(default_factory=dict)
    attributes: JsonObject = Field(default_factory=dict)


class CustomerAssign(Input):
    """Who looks after the customer from now on; null takes it from everybody.

    Without `org_unit_id` the customer goes to the new owner's own unit, if there is one.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"owner_id": "0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d8e"}]}
    )

    owner_id: UUID | None
    org_unit_id: UUID | None = None


class CustomerRead(Output):
    """A customer; its `version` is also its ETag."""

    model_config = ConfigDict(json_schema_extra={"examples": READ_EXAMPLES})

    id: UUID
    code: str | None
    name: str
    kind: Kind
    status: Status
    phone: str | None
    email: str | None
    tax_number: str | None
    industry: str | None
    business_scope: str | None
    size: str | None
    region: str | None
    address: str | None
    website: str | None
    channel: str | None
    distributor_id: UUID | None
    owner_id: UUID | None
    org_unit_id: UUID | None
    referred_by: UUID | None = Field(description=REFERRER)
    birthday: dict[str, Any] | None
    tags: list[str]
    preferences: dict[str, Any]
    attributes: dict[str, Any]
    merged_into: UUID | None = Field(description="The customer that it was merged into · 已并入的客户")
    version: int
    created_at: Moment
    updated_at: Moment


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class CustomerQuery(ListQuery):
    """Filters of the customer list; `tags` may be repeated, all of them must be there."""

    q: Short | None = Field(None, description="Part of the name, in Chinese or Latin letters")
    code: Code | None = None
    tax_number: TaxNumber | None = None
    kind: Kind | None = None
    status: Literal["active", "archived", "merged", "all"] = "active"
    industry: Short | None = None
    size: Short | None = None
    region: Short | None = None
    channel: Code | None = None
    distributor_id: UUID | None = None
    owner_id: UUID | None = None
    org_unit_id: UUID | None = None
    referred_by: UUID | None = None
    tags: Annotated[list[Tag], BeforeValidator(_listed), Field(max_length=10)] | None = None
    created_at_gte: Moment | None = Field(None, alias="created_at[gte]")
    created_at_lt: Moment | None = Field(None, alias="created_at[lt]")
    updated_at_gte: Moment | None = Field(None, alias="updated_at[gte]")

    families: ClassVar = ("attributes[",)
    _fields: tuple[AskedField, ...] = PrivateAttr(())

    @property
    def fields(self) -> tuple[AskedField, ...]:
        """The filters by custom fields, which have names of their own."""
        return self._fields

    @property
    def by_field(self) -> bool:
        """Whether the list asks by custom fields at all."""
        return bool(self._fields) or (self.sort or "").removeprefix("-").startswith(FIELD_SORT)

    def filters(self) -> dict[str, Any]:
        """The filters that were sent, those by custom fields as one."""
        asked = {"attributes": [list(each) for each in self._fields]} if self._fields else {}
        return super().filters() | asked

    @model_validator(mode="wrap")
    @classmethod
    def _set_apart(cls, sent: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if not isinstance(sent, Mapping):
            return handler(sent)
        asked = {name: found for name, value in sent.items() if (found := asked_fields(name, value))}
        made = handler({name: value for name, value in sent.items() if name not in asked})
        made._fields = tuple(each for found in asked.values() for each in found)
        if len(made._fields) > MOST_ASKED:
            raise PydanticCustomError("too_many_filters", "asks by too many fields", {"zh": "筛选字段过多"})
        return made
