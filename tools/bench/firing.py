"""A worker of notify-svc that does nothing but fire reminders, in a process of its own."""

import asyncio
import contextlib
import signal
import sys

import uvloop

from notify_svc.firing.clock import LOOK_SECONDS, fire_until_quiet
from shared.db import Database
from shared.loops import every
from shared.run import settled_heap
from shared.telemetry import logs


async def _main(url: str) -> None:
    database = Database(url)
    await database.open()
    settled_heap()
    firing = asyncio.create_task(_fire(database))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, firing.cancel)
    print("ready", flush=True)
    with contextlib.suppress(asyncio.CancelledError):
        await firing
    await database.close()


async def _fire(database: Database) -> None:
    await every(LOOK_SECONDS, lambda: fire_until_quiet(database))()


if __name__ == "__main__":
    logs.configure("WARNING")
    uvloop.run(_main(*sys.argv[1:]))
