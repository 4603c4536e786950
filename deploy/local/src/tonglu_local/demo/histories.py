"""The sample's invoices, read once and gathered into buying histories."""

import csv
import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from importlib.resources import files

_FILE = "online_retail_invoices.csv.gz"
_WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Invoice:
    """One invoice or cancellation; `amount` in GBP, never negative."""

    number: str
    customer: str
    at: datetime
    amount: Decimal
    country: str
    returned: bool


@dataclass(frozen=True)
class History:
    """Everything that one customer bought and sent back, oldest first."""

    customer: str
    invoices: Sequence[Invoice]

    @cached_property
    def sales(self) -> Sequence[Invoice]:
        """Without the cancellations."""
        return [invoice for invoice in self.invoices if not invoice.returned]

    @cached_property
    def spent(self) -> Decimal:
        """GBP, before returns."""
        return sum((sale.amount for sale in self.sales), Decimal())

    @property
    def country(self) -> str:
        """Of the newest invoice."""
        return self.invoices[-1].country

    @property
    def first_at(self) -> datetime:
        """When the customer began."""
        return self.invoices[0].at

    @property
    def last_at(self) -> datetime:
        """The newest sale, or whatever came last."""
        return (self.sales or self.invoices)[-1].at

    @property
    def gap(self) -> timedelta | None:
        """The usual time between two days of sale; None before the second."""
        days = {sale.at.date() for sale in self.sales}
        return (self.last_at - self.sales[0].at) / (len(days) - 1) if len(days) > 1 else None


def weeks_to(now: datetime) -> int:
    """How many whole weeks the log is moved so that it ends in the seven days before `now`."""
    return (now - _log()[-1].at) // _WEEK


def invoices(weeks: int) -> list[Invoice]:
    """All invoices, oldest first, moved by so many weeks."""
    moved = _WEEK * weeks
    return [
        Invoice(one.number, one.customer, one.at + moved, one.amount, one.country, one.returned)
        for one in _log()
    ]


def histories(log: Sequence[Invoice]) -> list[History]:
    """By customer, in the order of the customers' numbers."""
    found: dict[str, list[Invoice]] = {}
    for invoice in log:
        found.setdefault(invoice.customer, []).append(invoice)
    return [History(customer, found[customer]) for customer in sorted(found)]


def _log() -> list[Invoice]:
    packed = files("tonglu_local").joinpath("sample", _FILE).read_bytes()
    rows = csv.DictReader(gzip.decompress(packed).decode().splitlines())
    log = [
        Invoice(
            number=row["invoice_no"],
            customer=row["customer_id"],
            at=datetime.fromisoformat(row["ts"]).replace(tzinfo=UTC),
            amount=abs(Decimal(row["amount"])),
            country=row["country"],
            returned=row["is_return"] == "1",
        )
        for row in rows
    ]
    return sorted(log, key=lambda invoice: (invoice.at, invoice.number))
