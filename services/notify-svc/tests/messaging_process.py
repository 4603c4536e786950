"""A worker that does nothing but send messages, as a process of its own that a test can kill."""

import asyncio
import random
import sys
from datetime import timedelta

from notify_svc.messages.desk import Desk
from notify_svc.messages.dispatcher import Dispatcher
from notify_svc.messages.leaving import UnsubscribeLinks
from notify_svc.preferences import commands as preferences
from notify_svc.recipients.domain import Person
from notify_svc.templates import queries as templates
from notify_svc.templates.rendering import render
from shared.db import Database
from shared.http.guard import trusted_of
from shared.http.outward import Outward
from shared.sealing import Sealer
from shared.testing.services import DATA_KEY


async def find(refs):
    """Everybody is there, at an address of their own."""
    return {
        ref: Person(ref.id, ref.kind, ref.id, "王芳", email=f"{ref.id}@example.com", phone=None)
        for ref in refs
    }


async def send(url, place, lease):
    database = Database(url, max_size=6)
    await database.open()
    sealer = Sealer(DATA_KEY)
    desk = Desk(
        find=find,
        judge=preferences.judge,
        texts=templates.published,
        render=render,
        links=UnsubscribeLinks(sealer, None),
        sealer=sealer,
        outward=Outward(),
        trusted=trusted_of([place]),
        now=database.now,
        chance=random.random,
    )
    await Dispatcher(database, desk, seconds=0.1, lease=timedelta(seconds=lease)).run()


if __name__ == "__main__":
    asyncio.run(send(sys.argv[1], sys.argv[2], float(sys.argv[3])))
