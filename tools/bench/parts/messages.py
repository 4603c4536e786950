"""Messages by e-mail: sent a second to a sink that takes everything, beside aiosmtplib alone."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from uuid import UUID, uuid4

import aiosmtplib
import httpx
from sqlalchemy import text
from tools.bench.figures import Line, ratios
from tools.bench.processes import free_port, serving
from tools.bench.stage import KEY, Stage

from notify_svc.messages import commands
from notify_svc.messages.desk import Desk
from notify_svc.messages.dispatcher import WIDTH, Dispatcher
from notify_svc.messages.domain import MessageRequest
from notify_svc.messages.leaving import UnsubscribeLinks
from notify_svc.preferences import commands as preferences
from notify_svc.recipients.domain import Person, Ref
from notify_svc.senders import commands as senders
from notify_svc.senders.domain import Outgoing
from notify_svc.senders.mime import composed
from notify_svc.senders.schemas import SenderCreate
from notify_svc.templates import queries as templates
from notify_svc.templates.rendering import render
from notify_svc.templates.shipping import ship
from shared.clock import new_id
from shared.db import Database
from shared.http.guard import Trusted, trusted_of
from shared.http.outward import Outward
from shared.sealing import Sealer

_PATIENCE = 300
_AT_ONCE = 500
_MOST_A_MINUTE = 6000
_WAITING = text("SELECT count(*) FROM message WHERE state = 'pending'")
_HTML = "<!doctype html><p>" + "x" * 4000


async def measure(stage: Stage) -> AsyncIterator[Line]:
    """From the first look at what is due to the last outcome that is written down."""
    urls = await stage.database("messages", "notify_svc")
    port, mail_port = free_port(), free_port()
    log = stage.folder / "smtpsink.log"
    async with serving(["tools.bench.smtpsink", str(port), str(mail_port)], {}, log, port=port):
        bench = _Bench(Database(urls.app_url), port, mail_port)
        await bench.database.open()
        count = stage.sizes.events
        asked: list[float] = []
        kept, anew, one, four = [], [], [], []
        try:
            await bench.prepare()
            await bench.sent(4 * WIDTH, senders=1)  # warms up
            for _ in range(stage.sizes.rounds):
                kept.append(await bench.alone(count, keep=True))
                anew.append(await bench.alone(count, keep=False))
                one.append(await bench.sent(count, senders=1, asked=asked))
                four.append(await bench.sent(count, senders=4, asked=asked))
            await bench.check()
        finally:
            await bench.database.close()
    yield Line("messages asked for, in calls of 500", asked, "/s")
    yield Line("aiosmtplib alone, connections kept", kept, "/s", beside=f"{WIDTH} at a time")
    yield Line("aiosmtplib alone, a connection a message", anew, "/s", beside=f"{WIDTH} at a time")
    yield Line("messages by one sender", one, "/s", beside="judged, filled in, sent, written")
    yield Line("the share of the connections kept", ratios(one, kept))
    yield Line("the share of a connection a message", ratios(one, anew))
    yield Line("messages by four senders", four, "/s")


class _Bench:
    """A database with four mail senders that lead to one sink."""

    def __init__(self, database: Database, port: int, mail_port: int) -> None:
        self.database = database
        self._counts = f"http://127.0.0.1:{port}"
        self._port = mail_port
        self._trusted: Trusted = trusted_of([f"127.0.0.1:{mail_port}"])
        self._sealer = Sealer(KEY)
        self._senders: list[UUID] = []
        self._alone = 0

    @property
    def _config(self) -> dict[str, str | int]:
        return {"host": "127.0.0.1", "port": self._port, "tls": "none", "from_address": "crm@example.com"}

    async def prepare(self) -> None:
        """Senders, and the templates that come with the system."""
        async with self.database.begin() as tx:
            await ship(tx)
            for number in range(4):
                body = SenderCreate.model_validate(
                    {
                        "name": f"mail {number}",
                        "kind": "smtp",
                        "config": self._config,
                        "per_minute": _MOST_A_MINUTE,
                    }
                )
                made = await senders.create(tx, body, sealer=self._sealer, trusted=self._trusted)
                self._senders.append(made["id"])

    async def alone(self, count: int, *, keep: bool) -> float:
        """The limit: one mail again and again by the library alone."""
        out = Outgoing("bench", "somebody@example.com", "x" * 400, subject="Hello", html=_HTML)
        raw = composed(self._config, out)
        left = iter(range(count))

        async def work() -> None:
            client = aiosmtplib.SMTP(hostname="127.0.0.1", port=self._port, start_tls=False)
            for _ in left:
                if not client.is_connected:
                    await client.connect()
                await client.sendmail("crm@example.com", ["somebody@example.com"], raw)
                if not keep:
                    await client.quit()
            client.close()

        started = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(WIDTH):
                group.create_task(work())
        self._alone += count
        return count / (time.perf_counter() - started)

    async def sent(self, count: int, *, senders: int, asked: list[float] | None = None) -> float:
        """Messages a second, asked for before the clock starts, each for a customer of its own."""
        wanted = await self._wanted(count, self._senders[:senders])
        started = time.perf_counter()
        for begin in range(0, count, _AT_ONCE):
            async with self.database.begin() as tx:
                await commands.request(tx, wanted[begin : begin + _AT_ONCE])
        if asked is not None:
            asked.append(count / (time.perf_counter() - started))
        started = time.perf_counter()
        task = asyncio.create_task(Dispatcher(self.database, self._desk()).run())
        try:
            async with asyncio.timeout(_PATIENCE), self.database.read() as reader:
                while await reader.value(_WAITING):  # noqa: ASYNC110 - another task does it
                    await asyncio.sleep(0.02)
            return count / (time.perf_counter() - started)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _wanted(self, count: int, by: Sequence[UUID]) -> list[MessageRequest]:
        """Requests of customers that are known here; what was sent before is older than a minute."""
        customers = [new_id() for _ in range(count)]
        async with self.database.begin() as tx:
            await tx.connection.execute("UPDATE message_attempt SET at = at - interval '2 minutes'")
            await tx.connection.execute(
                "INSERT INTO customer_ref (id, status, version, updated_at) "
                "SELECT id, 'active', 1, now() FROM unnest($1::uuid[]) AS id",
                customers,
            )
        return [
            MessageRequest(
                purpose="transactional",
                channels=("email",),
                recipient=Ref("customer", customer),
                template="care.birthday",
                variables={},
                source="api",
                source_id=uuid4(),
                dedup_key=str(customer),
                customer_id=customer,
                sender_id=by[place % len(by)],
            )
            for place, customer in enumerate(customers)
        ]

    def _desk(self) -> Desk:
        return Desk(
            find=_find,
            judge=preferences.judge,
            texts=templates.published,
            render=partial(render, company="Tonglu"),
            links=UnsubscribeLinks(self._sealer, "http://127.0.0.1"),
            sealer=self._sealer,
            outward=Outward(),
            trusted=self._trusted,
            now=self.database.now,
            chance=random.random,
        )

    async def check(self) -> None:
        """Raise unless everything was sent once, each to its own address."""
        async with httpx.AsyncClient() as client:
            taken, recipients = map(int, (await client.get(self._counts)).text.split())
        async with self.database.read() as reader:
            sent = await reader.connection.fetchval("SELECT count(*) FROM message WHERE state = 'sent'")
            every = await reader.connection.fetchval("SELECT count(*) FROM message")
        if taken != sent + self._alone or recipients != sent + 1 or sent != every:
            raise RuntimeError(f"{taken} taken for {recipients} recipients, {sent} of {every} sent")


async def _find(refs: Sequence[Ref]) -> Mapping[Ref, Person]:
    """Everybody is there, at an address of their own."""
    return {
        ref: Person(ref.id, ref.kind, ref.id, "王芳", email=f"{ref.id}@example.com", phone=None)
        for ref in refs
    }
