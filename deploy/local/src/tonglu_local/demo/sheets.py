"""The two files that are imported, written row by row while they are sent."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from tonglu_local.demo import cast
from tonglu_local.demo.company import Company
from tonglu_local.demo.customers import Customer
from tonglu_local.demo.histories import Invoice

CUSTOMER_COLUMNS = (
    "code",
    "name",
    "kind",
    "email",
    "industry",
    "size",
    "region",
    "channel",
    "external_id",
    "distributor_code",
    "owner_id",
    "tags",
    "contact_name",
    "contact_post",
)
ORDER_COLUMNS = ("order_no", "channel", "ordered_at", "amount", "currency", "kind", "external_id")


def customer_rows(customers: Iterable[Customer], company: Company) -> Iterator[Sequence[str]]:
    """In the order of `CUSTOMER_COLUMNS`."""
    for one in customers:
        yield (
            one.code,
            one.name,
            one.kind,
            one.email,
            one.industry,
            one.size,
            one.history.country,
            cast.CHANNEL,
            one.history.customer,
            one.distributor or "",
            company.staff[one.seller.username],
            cast.TAG,
            one.contact or "",
            one.post or "",
        )


def order_rows(invoices: Iterable[Invoice]) -> Iterator[Sequence[str]]:
    """In the order of `ORDER_COLUMNS`."""
    for one in invoices:
        kind = "return" if one.returned else "sale"
        at = one.at.isoformat().replace("+00:00", "Z")
        yield one.number, cast.CHANNEL, at, str(one.amount), "GBP", kind, one.customer


class CsvStream(io.RawIOBase):
    """A file to be read once, front to back, that never exists as a whole; `sent` hears of each row."""

    def __init__(
        self, columns: Sequence[str], rows: Iterable[Sequence[str]], sent: Callable[[], Any]
    ) -> None:
        self._lines = _lines(columns, rows, sent)
        self._rest = b""

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill what there is room for."""
        while len(self._rest) < len(buffer):
            line = next(self._lines, None)
            if line is None:
                break
            self._rest += line
        taken, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)


def _lines(columns: Sequence[str], rows: Iterable[Sequence[str]], sent: Callable[[], Any]) -> Iterator[bytes]:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    for row in rows:
        writer.writerow(row)
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()
        sent()
    yield text.getvalue().encode()
