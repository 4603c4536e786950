"""Everything that is known, taken out of the database once for a run, where the base is large."""

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scoring_svc.facts import queries as facts
from scoring_svc.profiles.kinds import CODES
from scoring_svc.runs import queries
from scoring_svc.scores import last
from shared.db import Database

if TYPE_CHECKING:
    from scoring_svc.bulk.base import Base

Progress = Callable[[int, int], Awaitable[bool]]
"""Takes how many are done and how many there are; False stops the run."""

LARGE = 50_000
"""From so many customers on a run goes by bulk; each of them counts as ten orders do."""
FALLBACK_CURRENCY = "CNY"
LAST, KINDS = "last", "kinds"
"""The logs of the last scores and of the codes of `profiles.kinds`."""
_ORDERS_A_CUSTOMER = 10
_LONG_SECONDS = 900


@dataclass(frozen=True)
class Snapshot:
    """What was known at `taken_at`, amounts in `currency`; `orders` counts every currency."""

    base: "Base"
    taken_at: datetime
    currency: str
    orders: int


@asynccontextmanager
async def snapshot(
    database: Database, *, currency: str | None = None, large: int = LARGE
) -> AsyncIterator[Snapshot | None]:
    """A snapshot in a scratch folder (of TMPDIR) that goes with it; None of a base that needs none.

    Amounts are those in `currency`, or in that of most orders.
    """
    async with database.read() as reader:
        customers, orders = await queries.customer_count(reader), await facts.order_count(reader)
    if max(customers, orders // _ORDERS_A_CUSTOMER) < large:
        yield None
        return
    from scoring_svc.bulk.base import opened  # noqa: PLC0415 - costs the start half a second and 100 MB

    with tempfile.TemporaryDirectory(prefix="tonglu-scoring-", ignore_cleanup_errors=True) as folder:
        taken_at = database.now()
        as_of = taken_at.astimezone(UTC).replace(tzinfo=None)
        with opened(Path(folder), as_of, key="UUID", rows=orders, customers=customers) as base:
            spoken = await _fill(database, base, currency)
            yield Snapshot(base, taken_at, spoken, orders)


async def _fill(database: Database, base: "Base", wanted: str | None) -> str:
    from scoring_svc.bulk import intake  # noqa: PLC0415 - as above

    columns = ", ".join(
        f"{last.MONEY[name]} AS {name}" if name in last.MONEY else name for name in last.KINDS
    )
    kinds: Any = last.KINDS
    async with database.begin(timeout=_LONG_SECONDS, bulk=True) as tx:
        currency = wanted or await facts.main_currency(tx) or FALLBACK_CURRENCY
        more = {
            LAST: intake.outlet(last.last_scores(currency=currency), kinds, columns),
            KINDS: intake.outlet(CODES, {"code": "bigint"}, "code"),
        }
        await intake.fill(tx, base, currency=currency, more=more)
    return currency
