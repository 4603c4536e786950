"""What becomes of warnings outside requests: queues filled up, and what customers did afterwards."""

from typing import Any

from scoring_svc.warnings.observing import OBSERVE, observe_all
from scoring_svc.warnings.queue import fill_all
from scoring_svc.workload.domain import FILL
from shared.jobs import Every, JobContext, Jobs

_HOUR = 3600


async def _fill(job: JobContext, _args: dict[str, Any]) -> None:
    await fill_all(job.db)


async def _observe(job: JobContext, _args: dict[str, Any]) -> None:
    await observe_all(job.db)


WARNING_JOBS = Jobs(
    {FILL: _fill, OBSERVE: _observe}, [Every(FILL, seconds=_HOUR), Every(OBSERVE, seconds=_HOUR)]
)
