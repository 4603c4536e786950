"""Books are brought up to date every minute."""

from typing import Any

from scoring_svc.books.commands import bring_up_to_date
from shared.jobs import Every, JobContext, Jobs

UPDATE = "books.update"
_SECONDS = 60


async def _update(job: JobContext, _args: dict[str, Any]) -> None:
    await bring_up_to_date(job.db)


BOOK_JOBS = Jobs({UPDATE: _update}, [Every(UPDATE, seconds=_SECONDS)])
