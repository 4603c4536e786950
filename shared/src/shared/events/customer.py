"""What customer-svc tells: customers as reference rows, orders as facts, distributors, org units."""

from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from shared.events.base import MAX_CHUNK, Code, Currency, Event, Fact, Int64, Label, Moment, Version

MAX_LINES = 200
"""The most lines that one order has."""


class CustomerState(Fact):
    """The whole reference row but for its id, version and distributor: it replaces what was known before.

    What it is by kind, industry, region (a GB/T 2260 code) and size, and who referred it, came later: an
    event without a `kind` is from before that, and says nothing of any of them.
    """

    owner_id: UUID | None
    org_unit_id: UUID | None
    status: Code
    channel: Code | None
    kind: Literal["organisation", "person"] | None = None
    industry: Label | None = None
    region: Annotated[str, Field(pattern=r"^[0-9]{6}$")] | None = None
    size: Label | None = None
    referred_by: UUID | None = None


class CustomerRegistered(Event, CustomerState):
    """A customer is new; the subject is the customer."""

    type: ClassVar[str] = "customer.registered.v1"
    publisher: ClassVar[str] = "customer-svc"


class CustomerUpdated(Event, CustomerState):
    """Something of a customer changed, perhaps only what other services do not keep."""

    type: ClassVar[str] = "customer.updated.v1"
    publisher: ClassVar[str] = "customer-svc"


class CustomerAssigned(Event, CustomerState):
    """A customer has another owner, org unit or distributor."""

    type: ClassVar[str] = "customer.assigned.v1"
    publisher: ClassVar[str] = "customer-svc"


class CustomerMerged(Event, CustomerState):
    """A customer was merged into another one, which keeps all that is its own; the subject is the first."""

    type: ClassVar[str] = "customer.merged.v1"
    publisher: ClassVar[str] = "customer-svc"

    merged_into: UUID


class CustomerUnmerged(Event, CustomerState):
    """A merge was undone: the subject is a customer of its own again, with all that was recorded for it."""

    type: ClassVar[str] = "customer.unmerged.v1"
    publisher: ClassVar[str] = "customer-svc"


class ReferenceRow(CustomerState):
    """One customer of a chunk; `version` is the customer's."""

    customer_id: UUID
    version: Version
    distributor_id: UUID | None


class CustomersImported(Event):
    """A chunk of a bulk load is stored; the subject is the import, the version the chunk's number."""

    type: ClassVar[str] = "customers.imported.v1"
    publisher: ClassVar[str] = "customer-svc"

    customers: Annotated[tuple[ReferenceRow, ...], Field(max_length=MAX_CHUNK)]


class OrderLineFact(Fact):
    """One product of an order by its codes, never by its name; its amount is in the order's currency."""

    sku: Label | None
    category: Label | None
    quantity: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    amount_minor: Int64 | None


class OrderFact(Fact):
    """An order's worth in minor units of its currency (CNY: fen); returns have a positive amount, too.

    `customer_id` is for whom it was recorded: the customer that it is merged into may keep the order now.
    `lines` are its products in their order; a voided order is told without them.
    """

    customer_id: UUID
    order_id: UUID
    ordered_at: Moment
    amount_minor: Int64
    currency: Currency
    channel: Code | None
    kind: Literal["sale", "return"]
    lines: Annotated[tuple[OrderLineFact, ...], Field(max_length=MAX_LINES)] = ()


class OrderRecorded(Event, OrderFact):
    """A sale is recorded; the subject is the order."""

    type: ClassVar[str] = "order.recorded.v1"
    publisher: ClassVar[str] = "customer-svc"


class OrderReturned(Event, OrderFact):
    """A return is recorded as an order of its own; the subject is that order."""

    type: ClassVar[str] = "order.returned.v1"
    publisher: ClassVar[str] = "customer-svc"


class ImportedOrder(OrderFact):
    """One order of a chunk."""

    distributor_id: UUID | None


class OrdersImported(Event):
    """A chunk of a bulk load is stored; the subject is the import, the version the chunk's number.

    A chunk of many lines is told in parts, of which those after the first have subjects of their own.
    """

    type: ClassVar[str] = "orders.imported.v1"
    publisher: ClassVar[str] = "customer-svc"

    orders: Annotated[tuple[ImportedOrder, ...], Field(max_length=MAX_CHUNK)]


class OrderVoided(Event, OrderFact):
    """An order was never meant, as somebody found out: whoever counted it takes it out again."""

    type: ClassVar[str] = "order.voided.v1"
    publisher: ClassVar[str] = "customer-svc"


class OrdersVoided(Event):
    """A chunk of an import's orders is voided; the subject is the import, the version the chunk's number."""

    type: ClassVar[str] = "orders.voided.v1"
    publisher: ClassVar[str] = "customer-svc"

    orders: Annotated[tuple[ImportedOrder, ...], Field(max_length=MAX_CHUNK)]


class ContractChanged(Event):
    """A contract is drawn up, changed, put in force or over; the subject is the contract, all of it is told.

    `customer_id` is for whom it was drawn up. Dates are whole days, the last one included; no end: it goes
    on. Without an `owner_id` the customer's owner answers for it. `renewal_of` is the contract whose place it
    takes.
    """

    type: ClassVar[str] = "contract.changed.v1"
    publisher: ClassVar[str] = "customer-svc"

    customer_id: UUID
    owner_id: UUID | None
    kind: Literal["sales", "service", "confidentiality"]
    status: Literal["draft", "active", "ended", "terminated"]
    starts_on: date | None
    ends_on: date | None
    renewal_of: UUID | None = None


class DistributorChanged(Event):
    """A distributor is new or changed; the subject is the distributor, `parent_id` the one above it."""

    type: ClassVar[str] = "distributor.changed.v1"
    publisher: ClassVar[str] = "customer-svc"

    parent_id: UUID | None
    status: Code


class OrgUnitChanged(Event):
    """An org unit is new, changed or deleted (then `closed`); the subject is the unit."""

    type: ClassVar[str] = "org_unit.changed.v1"
    publisher: ClassVar[str] = "customer-svc"

    parent_id: UUID | None
    status: Code
