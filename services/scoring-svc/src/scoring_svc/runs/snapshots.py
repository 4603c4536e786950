"""Everything that is known, taken out of the database once for a run, where the base is large."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scoring_svc.facts import queries as facts
from scoring_svc.policies import queries as policies
from scoring_svc.runs import queries
from scoring_svc.scores import standing
from shared.db import Database

if TYPE_CHECKING:
    from scoring_svc.bulk.base import Base

LARGE = 50_000
"""From so many customers on a run goes by bulk; each of them counts as ten orders do."""
FALLBACK_CURRENCY = "CNY"
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

    async with database.begin(timeout=_LONG_SECONDS, bulk=True) as tx:
        policy = await policies.current(tx)
        currency = wanted or await facts.main_currency(tx) or FALLBACK_CURRENCY
        kinds: Any = standing.KINDS
        columns = ", ".join(
            f"{standing.MONEY[name]} AS {name}" if name in standing.MONEY else name for name in kinds
        )
        scores = standing.standing_scores(policy_version=policy.version, currency=currency)
        held = intake.outlet(scores, kinds, columns)
        await intake.fill(tx, base, currency=currency, more={"standing": held})
    return currency
