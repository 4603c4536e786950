"""The shapes that requests and answers are made of."""

from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from shared.http.types import Currency, Int64

Item = TypeVar("Item")


class Input(BaseModel):
    """A request body: unknown fields are refused, numbers are finite."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Patch(Input):
    """A JSON merge patch (RFC 7396): a field that is not sent stays as it is, null clears it.

    Defaults only make fields optional; they are never applied, so the published schema does not show them.
    """

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """The schema without defaults."""
        schema = handler(core_schema)
        for each in handler.resolve_ref_schema(schema).get("properties", {}).values():
            each.pop("default", None)
        return schema

    def changes(self) -> dict[str, Any]:
        """Only the fields that were sent, as plain values; what is inside them is whole."""
        return self.model_dump(include=self.model_fields_set)


class Output(BaseModel):
    """An answer; made from a row or a value by attribute or key."""

    model_config = ConfigDict(from_attributes=True)


class Money(BaseModel):
    """An amount in minor units (分, cents) and its ISO 4217 currency."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    amount_minor: Int64 = Field(examples=[12900])
    currency: Currency = "CNY"


class PageInfo(Output):
    """Where the list goes on. `total` only with `?count=exact`."""

    next_cursor: str | None = Field(examples=["QmVnaW4gYmVoaW5k"])
    has_more: bool = Field(examples=[True])
    total: int | None = Field(default=None, examples=[2190])


class Page(Output, Generic[Item]):
    """One page of a list."""

    data: list[Item]
    page: PageInfo

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """`CustomerPage` for a page of `CustomerRead`: what generated clients call it."""
        name = getattr(params[0], "__name__", None)
        return f"{name.removesuffix('Read')}Page" if name else super().model_parametrized_name(params)


class ListQuery(Input):
    """What every list takes; a subclass adds its filters."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str, Field(max_length=2000)] | None = None
    sort: Annotated[str, Field(max_length=60, examples=["-created_at"])] | None = None
    count: Literal["exact"] | None = None

    def filters(self) -> dict[str, Any]:
        """The filters that were sent, by field name."""
        chosen = self.model_dump(exclude={"limit", "cursor", "sort", "count"}, exclude_none=True)
        return dict(sorted(chosen.items()))


class BatchResult(Output):
    """What became of one item of a batch; `problem` is a problem document (RFC 9457)."""

    index: int = Field(examples=[0])
    status: int = Field(examples=[201])
    id: str | None = Field(default=None, examples=["0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d8e"])
    problem: dict[str, Any] | None = Field(default=None, examples=[None])


class BatchResults(Output):
    """The answer (207) to a batch, in the order of its items."""

    results: list[BatchResult]
