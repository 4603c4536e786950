"""What processes know of use and of failures, joined in the database."""

from gateway.limits import commands, domain, queries
from gateway.limits.domain import Bucket
from gateway.limits.guesses import Guesses
from gateway.limits.ledger import Ledger
from shared.db import Database

_MOST_AT_ONCE = 2_000
_KEPT_DAYS = 2


async def restore(database: Database, ledger: Ledger, guesses: Guesses, now: int) -> None:
    """Begin with what was stored."""
    async with database.read() as reader:
        buckets = await queries.live_buckets(reader, day=now // domain.DAY, now=now)
        failures = await queries.live_failures(reader, since=now - domain.GUESS_WINDOW)
    ledger.restore(buckets)
    guesses.learn(failures)


async def settle_use(database: Database, ledger: Ledger, now: int) -> None:
    """Store what this process let in since last time, and learn what others did, of everybody it saw."""
    owed = ledger.owed(_MOST_AT_ONCE)
    if not owed:
        return
    try:
        async with database.begin() as tx:
            await queries.keep_others_out(tx)
            stored = await queries.buckets(tx, list(owed))
            changed = {
                subject: domain.settled(
                    stored.get(subject, Bucket()), each.bucket, each.plan, each.count, now
                )
                for subject, each in owed.items()
                if each.count
            }
            await commands.keep_buckets(tx, changed)
    except BaseException:
        ledger.disown(owed)
        raise
    ledger.settle(owed, {**stored, **changed}, now)


async def settle_failures(database: Database, guesses: Guesses) -> None:
    """Store who failed here, and learn how often they did elsewhere."""
    owed = guesses.owed()
    if not owed:
        return
    try:
        async with database.begin() as tx:
            await queries.keep_others_out(tx)
            stored = await queries.failures(tx, list(owed))
            together = {
                subject: guesses.joined(mine, stored.get(subject, ())) for subject, mine in owed.items()
            }
            await commands.keep_failures(
                tx, {subject: moments for subject, moments in together.items() if moments}
            )
    except BaseException:
        guesses.disown(owed)
        raise
    guesses.learn(together)


async def forget(database: Database, now: int) -> None:
    """Clear away what counts no more."""
    async with database.begin() as tx:
        await commands.forget(tx, day=now // domain.DAY - _KEPT_DAYS, before=now - domain.GUESS_WINDOW)
