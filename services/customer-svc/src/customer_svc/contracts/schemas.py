"""What a contract looks like on the wire."""

from datetime import date
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from customer_svc.changes import EXAMPLE, ChangeRead
from customer_svc.contracts.domain import Kind, Status
from customer_svc.fields import Short, kept
from shared.db import Record
from shared.http import Input, ListQuery, Money, Output, Patch
from shared.http.types import NO_FLAG, Day, Line, Moment, Name, Text

_CUSTOMER = "0192f0c1-6a00-7d11-8a2b-0c1d2e3f4a5b"
_ZH: dict[str, JsonValue] = {
    "kind": "sales",
    "number": "HT-2026-0318",
    "title": "2026 年度经销合同",
    "starts_on": "2026-01-01",
    "ends_on": "2026-12-31",
    "amount": {"amount_minor": 120000000, "currency": "CNY"},
}
_EN: dict[str, JsonValue] = {
    "kind": "service",
    "number": "SA-2026-07",
    "title": "Service agreement, cold chain",
    "starts_on": "2026-04-01",
}
_REST: dict[str, JsonValue] = {
    "id": "0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d8e",
    "customer_id": _CUSTOMER,
    "distributor_id": None,
    "owner_id": None,
    "status": "active",
    "ends_on": None,
    "amount": None,
    "renewal_of": None,
    "note": None,
    "version": 2,
    "created_by": "0192f0c1-6a00-7d11-8a2b-0c1d2e3f4a5c",
    "closed_at": None,
    "created_at": "2026-03-01T09:30:00Z",
    "updated_at": "2026-03-02T09:30:00Z",
}


class Worth(Money):
    """What the contract is worth over its whole term, never negative."""

    amount_minor: Annotated[int, Field(ge=0, le=2**63 - 1, examples=[120000000]), NO_FLAG]


class ContractCreate(Input):
    """A new contract, a draft until it is put in force; the number is the company's own."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ZH, _EN]})

    kind: Kind
    number: Short
    title: Name
    starts_on: Day | None = None
    ends_on: Day | None = Field(default=None, description="The last day, included; null: it goes on.")
    amount: Worth | None = None
    owner_id: UUID | None = Field(default=None, description="Who answers for it; null: the customer's owner.")
    renewal_of: UUID | None = Field(default=None, description="A contract of the same customer.")
    note: Text | None = None


class ContractPatch(Patch):
    """The fields to change; null clears one that may be empty."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"ends_on": "2027-12-31"}, {"title": "2026 年度经销合同（修订）"}]}
    )

    number: Short = kept("")
    title: Name = kept("")
    starts_on: Day | None = None
    ends_on: Day | None = None
    amount: Worth | None = None
    owner_id: UUID | None = None
    note: Text | None = None


class ContractTermination(Input):
    """Why it ends before its time; kept in the history."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"reason": "客户转由其他经销商供货"}, {"reason": "Ended by mutual consent"}]
        }
    )

    reason: Line


class ContractRead(Output):
    """A contract; its `version` is also its ETag."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_REST, **_ZH}, {**_REST, **_EN}]})

    id: UUID
    customer_id: UUID
    distributor_id: UUID | None
    owner_id: UUID | None
    kind: Kind
    number: str
    title: str
    status: Status
    starts_on: date | None
    ends_on: date | None
    amount: Money | None
    renewal_of: UUID | None
    note: str | None
    version: int
    created_by: UUID
    closed_at: Moment | None
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, row: Record | dict[str, Any]) -> Self:
        """A row as it is answered."""
        amount = None
        if row["amount_minor"] is not None:
            amount = {"amount_minor": row["amount_minor"], "currency": row["currency"]}
        return cls.model_validate({**dict(row), "amount": amount})


class ContractChangeRead(ChangeRead):
    """One field of a contract that changed; `changed_by` is null where the calendar did it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {**EXAMPLE, "field": "status", "old": "active", "new": "ended", "changed_by": None},
                {**EXAMPLE, "field": "ends_on", "old": "2026-12-31", "new": "2027-12-31"},
            ]
        }
    )

    changed_by: UUID | None  # type: ignore[assignment]


class CustomerContractQuery(ListQuery):
    """Filters of a customer's contracts."""

    kind: Kind | None = None
    status: Status | None = None


class ContractQuery(CustomerContractQuery):
    """Filters of all contracts in sight."""

    customer_id: UUID | None = None
    owner_id: UUID | None = None
    number: Short | None = None
    ends_on_gte: Annotated[Day | None, Field(alias="ends_on[gte]")] = None
    ends_on_lt: Annotated[Day | None, Field(alias="ends_on[lt]")] = None
