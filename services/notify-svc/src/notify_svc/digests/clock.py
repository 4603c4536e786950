"""Door for time: opens a transaction when the digest of somebody is due."""

from notify_svc.digests.commands import MOST, tell_due
from shared.db import Database

LOOK_SECONDS = 5.0


async def tell_until_quiet(database: Database) -> None:
    """Give everybody whose moment has come their digest; any number of replicas may do so at once."""
    turns = MOST
    while turns == MOST:
        async with database.begin() as tx:
            turns = await tell_due(tx)
