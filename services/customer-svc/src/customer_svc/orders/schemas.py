"""What an order looks like on the wire."""

from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from customer_svc.fields import Short
from customer_svc.identities.schemas import IdentityRef
from customer_svc.orders.domain import Kind, Status
from shared.http import Input, ListQuery, Money, Output
from shared.http.batches import Items
from shared.http.types import NO_FLAG, Code, Currency, Line, Moment, clean_text

_MOST_LINES = 200
Shown = Literal[Status, "all"]
_WAYS = 3  # of naming the customer
OrderNo = Annotated[
    str, StringConstraints(max_length=64, min_length=1, strip_whitespace=True), AfterValidator(clean_text)
]


def _number(quantity: Decimal) -> int | float:
    return int(quantity) if quantity == quantity.to_integral_value() else float(quantity)


Quantity = Annotated[Decimal, PlainSerializer(_number, return_type=float, when_used="json")]


Ordered = Annotated[
    Decimal,
    Field(gt=0, max_digits=15, decimal_places=3),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0},
                {"type": "string", "pattern": r"^[0-9]{1,12}(\.[0-9]{1,3})?$"},
            ]
        }
    ),
]


class Amount(Money):
    """An amount that is never negative: a return is a kind of order, not a sign."""

    amount_minor: Annotated[int, Field(ge=0, le=2**63 - 1, examples=[12900]), NO_FLAG]


class OrderLine(Input):
    """One product of an order; `amount` is for the whole line, in the order's currency."""

    sku: Short | None = None
    name: Line | None = None
    category: Short | None = None
    quantity: Ordered = Decimal(1)
    amount: Amount | None = None


_EXAMPLES: dict[str, Any] = {
    "examples": [
        {
            "identity": {"channel": "wechat", "external_id": "oX9f-7Qw2"},
            "order_no": "SO-2026-0301",
            "ordered_at": "2026-03-01T09:30:00Z",
            "channel": "online_shop",
            "amount": {"amount_minor": 12900, "currency": "CNY"},
            "lines": [
                {
                    "sku": "TEA-250",
                    "name": "龙井茶 250g",
                    "category": "茶叶",
                    "quantity": 1,
                    "amount": {"amount_minor": 12900, "currency": "CNY"},
                }
            ],
        },
        {
            "customer_code": "C-1024",
            "order_no": "CR-778",
            "ordered_at": "2026-03-04T16:05:00+01:00",
            "channel": "store",
            "amount": {"amount_minor": 4550, "currency": "GBP"},
            "kind": "return",
            "return_of": "SO-771",
        },
    ]
}


class OrderCreate(Input):
    """A sale or a return of one customer, named by exactly one of id, code and identity."""

    model_config = ConfigDict(json_schema_extra=_EXAMPLES)

    customer_id: UUID | None = None
    customer_code: Code | None = None
    identity: IdentityRef | None = None
    order_no: OrderNo
    ordered_at: Moment
    amount: Amount
    channel: Code
    lines: Annotated[list[OrderLine], Field(max_length=_MOST_LINES)] = Field(default_factory=list)
    distributor_id: UUID | None = None
    kind: Kind = "sale"
    return_of: OrderNo | None = Field(None, description="Number of the returned sale on the same channel")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        unnamed = (self.customer_id is None) + (self.customer_code is None) + (self.identity is None)
        if unnamed != _WAYS - 1:
            raise PydanticCustomError(
                "customer_not_named",
                "must name the customer by exactly one of customer_id, customer_code and identity",
                {"zh": "须用 customer_id、customer_code、identity 之一指明客户"},
            )
        if self.return_of is not None and self.kind != "return":
            raise PydanticCustomError(
                "return_of_sale",
                "only a return can be the return of a sale",
                {"zh": "只有退货可以填写 return_of"},
            )
        lines = self.lines  # none is what most orders of a file have
        if lines and any(line.amount and line.amount.currency != self.amount.currency for line in lines):
            raise PydanticCustomError(
                "currency_mixed", "holds lines in another currency", {"zh": "明细币种与订单币种不一致"}
            )
        return self


class OrderBatch(Input):
    """Up to 1000 orders; each is judged by itself."""

    items: Items[OrderCreate]


class LineRead(Output):
    """One product of an order."""

    sku: str | None
    name: str | None
    category: str | None
    quantity: Quantity
    amount: Money | None


_BRIEF: dict[str, Any] = {
    "id": "0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d8e",
    "channel": "online_shop",
    "order_no": "SO-2026-0301",
    "kind": "sale",
    "return_of": None,
    "distributor_id": None,
    "customer_id": "0192f0c1-6a00-7d11-8a2b-0c1d2e3f4a5b",
    "ordered_at": "2026-03-01T09:30:00Z",
    "amount": {"amount_minor": 12900, "currency": "CNY"},
    "created_at": "2026-03-01T09:30:00Z",
    "status": "recorded",
    "voided_at": None,
    "voided_by": None,
}
_VOIDED: dict[str, Any] = {
    **_BRIEF,
    "status": "voided",
    "voided_at": "2026-03-02T10:00:00Z",
    "voided_by": "0192f0c1-6a00-7d11-8a2b-0c1d2e3f4a5b",
}
_LINE: dict[str, Any] = {
    "sku": "TEA-250",
    "quantity": 1,
    "amount": {"amount_minor": 12900, "currency": "CNY"},
}


class OrderBrief(Output):
    """An order as it stands in lists; a voided one was never meant and counts nowhere."""

    model_config = ConfigDict(json_schema_extra={"examples": [_BRIEF, _VOIDED]})

    id: UUID
    channel: str
    order_no: str
    kind: Kind
    return_of: str | None
    customer_id: UUID
    distributor_id: UUID | None
    ordered_at: Moment
    amount: Money
    created_at: Moment
    status: Status
    voided_at: Moment | None
    voided_by: UUID | None


class OrderRead(OrderBrief):
    """An order with its lines."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {**_BRIEF, "lines": [{**_LINE, "name": "龙井茶 250g", "category": "茶叶"}]},
                {**_BRIEF, "lines": [{**_LINE, "name": "Longjing green tea 250 g", "category": "tea"}]},
            ]
        }
    )

    lines: list[LineRead]


class CurrencyTotal(Output):
    """What was bought and returned in one currency, in minor units; `net_minor` is the difference."""

    currency: str
    sale_count: int
    return_count: int
    sales_minor: int
    returns_minor: int
    net_minor: int


class OrderSummary(Output):
    """A customer's sales history in one look, without what was voided."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "customer_id": "0192f0c1-6a00-7d11-8a2b-0c1d2e3f4a5b",
                    "sale_count": 2,
                    "return_count": 1,
                    "first_ordered_at": "2025-11-11T03:00:00Z",
                    "last_ordered_at": "2026-03-01T09:30:00Z",
                    "totals": [
                        {
                            "currency": "CNY",
                            "sale_count": 2,
                            "return_count": 1,
                            "sales_minor": 25800,
                            "returns_minor": 2900,
                            "net_minor": 22900,
                        }
                    ],
                }
            ]
        }
    )

    customer_id: UUID
    sale_count: int
    return_count: int
    first_ordered_at: Moment | None
    last_ordered_at: Moment | None
    totals: list[CurrencyTotal]


class OrderQuery(ListQuery):
    """Filters of the order list; voided orders only come when they are asked for."""

    customer_id: UUID | None = None
    distributor_id: UUID | None = None
    channel: Code | None = None
    order_no: OrderNo | None = None
    kind: Kind | None = None
    currency: Currency | None = None
    status: Shown = "recorded"
    ordered_at_gte: Moment | None = Field(None, alias="ordered_at[gte]")
    ordered_at_lt: Moment | None = Field(None, alias="ordered_at[lt]")


class CustomerOrderQuery(ListQuery):
    """Filters of one customer's orders."""

    channel: Code | None = None
    kind: Kind | None = None
    status: Shown = "recorded"
    ordered_at_gte: Moment | None = Field(None, alias="ordered_at[gte]")
    ordered_at_lt: Moment | None = Field(None, alias="ordered_at[lt]")
