"""Books made anew of the log, for those whose orders changed."""

from scoring_svc.books import statements
from shared.db import Database

_MOST = 2_000
_SECONDS = 600


async def bring_up_to_date(database: Database) -> int:
    """Have every book say what the log says; how many were made.

    What tells of a change goes first and the log is read after it, in another statement: whoever writes
    meanwhile either is in the new book, or has its change still there. One at a time, or an older book could
    be written over a newer one: who finds another at it leaves the rest to that.
    """
    made = 0
    while True:
        async with database.begin(timeout=_SECONDS, bulk=True) as tx:
            if not await tx.value(statements.LOCK):
                return made
            chosen = [row["customer_id"] for row in await tx.rows(statements.TAKE, most=_MOST)]
            if chosen:
                await tx.run(statements.WRITE, customers=sorted(chosen))
        made += len(chosen)
        if len(chosen) < _MOST:
            return made
