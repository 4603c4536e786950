"""A service that hears events in a process of its own and says on standard output when each took effect."""

import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import Callable

import uvloop

from shared.db import Database, Tx
from shared.messaging import Consumers, Inbox
from shared.messaging.bus import EventBus
from shared.messaging.rabbit import RabbitBus
from shared.run import settled_heap
from shared.testing.talking import ThingMoved, write_down

NAME = "listener"
Heard = Callable[[int, float], None]


def inbox(database: Database, heard: Heard) -> Inbox:
    """Each event makes one row; once that is committed, `heard` gets its number and the moment."""

    async def handle(tx: Tx, event: ThingMoved) -> None:
        await write_down(tx, event)
        tx.after_commit(lambda: heard(event.weight, time.monotonic()))

    return Inbox(NAME, database, Consumers({ThingMoved: handle}))


async def listen(database: Database, bus: EventBus, heard: Heard) -> None:
    """Hear until cancelled."""
    await bus.subscribe(NAME, [ThingMoved.type], inbox(database, heard).deliver)


async def _main(url: str, amqp_url: str, prefix: str) -> None:
    database, bus = Database(url), RabbitBus(amqp_url, prefix=prefix)
    await database.open()
    settled_heap()
    listening = asyncio.create_task(
        listen(database, bus, lambda number, at: print(number, at, time.process_time(), flush=True))
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, listening.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await listening
    await database.close()


if __name__ == "__main__":
    uvloop.run(_main(*sys.argv[1:]))
