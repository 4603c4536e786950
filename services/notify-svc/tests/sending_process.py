"""A worker that does nothing but send webhooks, as a process of its own that a test can kill."""

import asyncio
import sys
from datetime import timedelta

from notify_svc.dispatching.dispatcher import Dispatcher
from notify_svc.dispatching.sending import Sender
from shared.db import Database
from shared.http.guard import trusted_of
from shared.http.outward import Outward
from shared.sealing import Sealer
from shared.testing.services import DATA_KEY


async def send(url: str, place: str, lease: float) -> None:
    database = Database(url, max_size=4)
    await database.open()
    sender = Sender(Outward(), Sealer(DATA_KEY), trusted_of([place]), database.now, 5.0)
    await Dispatcher(database, sender, lease=timedelta(seconds=lease)).run()


if __name__ == "__main__":
    asyncio.run(send(sys.argv[1], sys.argv[2], float(sys.argv[3])))
