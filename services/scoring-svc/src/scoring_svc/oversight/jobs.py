"""The daily end of decisions that were kept long enough."""

from datetime import timedelta
from typing import Any

from scoring_svc.oversight import commands
from shared.jobs import Every, JobContext, Jobs

FORGET = "scoring.forget_decisions"
_DAY = 86_400


def oversight_jobs(days: int) -> Jobs:
    """Decisions are kept for so many days."""

    async def forget(job: JobContext, _args: dict[str, Any]) -> None:
        await commands.forget(job.db, older_than=timedelta(days=days))

    return Jobs({FORGET: forget}, [Every(FORGET, seconds=_DAY, first_after=3600)])
