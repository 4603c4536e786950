"""Work by the calendar: contracts whose last day has passed end."""

from typing import Any
from zoneinfo import ZoneInfo

from customer_svc.contracts.commands import MOST, end_some
from shared.jobs import JobContext

JOB = "contracts.end"
_DAYS_OF = ZoneInfo("Asia/Shanghai")
"""By whose calendar a contract's last day passes: contracts name days, not moments."""


async def end_contracts(job: JobContext, _args: dict[str, Any]) -> None:
    """End what is over, in transactions of at most 500; again changes nothing."""
    ended = MOST
    while ended == MOST:
        async with job.begin() as tx:
            ended = await end_some(tx, tx.now.astimezone(_DAYS_OF).date())
