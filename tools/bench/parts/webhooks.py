"""Webhooks: signed deliveries a second into a sink that verifies each, beside the client alone."""

import asyncio
import time
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
from sqlalchemy import text
from tools.bench.figures import Goal, Line, ratios
from tools.bench.processes import free_port, serving
from tools.bench.stage import KEY, Stage

from notify_svc.deliveries import domain, matching
from notify_svc.dispatching.dispatcher import WIDTH, Dispatcher
from notify_svc.dispatching.sending import Sender
from notify_svc.webhooks import commands, signing
from shared.clock import new_id, utc_now
from shared.db import Database
from shared.events import Envelope
from shared.events.customer import OrderRecorded
from shared.http.guard import Trusted, target_of, trusted_of
from shared.http.outward import Outward
from shared.sealing import Sealer
from shared.testing.clients import staff

_PATIENCE = 300
_SECRET = bytes(range(32))
_AT_ONCE = 500
_WAITING = text("SELECT count(*) FROM webhook_delivery WHERE state = 'waiting'")


async def measure(stage: Stage) -> AsyncIterator[Line]:
    """From the first look at what is due to the last outcome that is written down."""
    urls = await stage.database("webhooks", "notify_svc")
    port = free_port()
    environment = {"SINK_SECRET": signing.shown(_SECRET)}
    log = stage.folder / "hooksink.log"
    async with serving(["tools.bench.hooksink", str(port)], environment, log, port=port):
        bench = _Bench(Database(urls.app_url), port, stage.sizes.events)
        await bench.database.open()
        try:
            one = await bench.webhook()
            await bench.sent(2 * WIDTH)  # warms up
            alone, logged = [], []
            for _ in range(stage.sizes.rounds):
                alone.append(await bench.posted())
                logged.append(await bench.sent(stage.sizes.events))
            for _ in range(9):
                await bench.webhook()
            spread = [await bench.sent(stage.sizes.events // 10) for _ in range(stage.sizes.rounds)]
            await bench.check(one)
        finally:
            await bench.database.close()
    yield Line("the sink asked by the same client alone", alone, "/s", beside="five at a time, signed")
    yield Line("deliveries to one webhook", logged, "/s", goal=Goal(300), beside="claimed, sent, written")
    yield Line("the share of the client alone", ratios(logged, alone))
    yield Line("deliveries to ten webhooks", spread, "/s", goal=Goal(300))


class _Bench:
    """A database with webhooks that lead to one sink."""

    def __init__(self, database: Database, port: int, count: int) -> None:
        self.database = database
        self._url = f"http://127.0.0.1:{port}"
        self._trusted: Trusted = trusted_of([f"127.0.0.1:{port}"])
        self._count = count
        self._sealer = Sealer(KEY)
        self._posted = 0

    async def webhook(self) -> UUID:
        """One more webhook, which has the secret that the sink knows."""
        given = {"url": f"{self._url}/in", "event_types": ["order.*"], "description": None}
        async with self.database.begin() as tx:
            made, _ = await commands.create(
                tx, given, caller=staff("manager"), sealer=self._sealer, trusted=self._trusted
            )
            known = signing.sealed(self._sealer, made, _SECRET)
            await tx.connection.execute("UPDATE webhook_endpoint SET secret = $2 WHERE id = $1", made, known)
        return made

    async def posted(self) -> float:
        """The limit: the bodies signed and posted by the client, and nothing else."""
        outward = Outward()
        target = target_of(f"{self._url}/in", self._trusted)
        body = domain.body_of("order.recorded.v1", utc_now(), _order().model_dump_json())
        left = iter(range(self._count))

        async def work() -> None:
            for place in left:
                now = int(time.time())
                headers = [
                    ("content-type", "application/json"),
                    ("webhook-id", f"msg_{place}"),
                    ("webhook-timestamp", str(now)),
                    ("webhook-signature", signing.signature([_SECRET], f"msg_{place}", now, body)),
                ]
                found = await outward.post(target, body, headers, seconds=domain.SECONDS)
                if found.status != httpx.codes.OK:
                    raise RuntimeError(f"the sink said {found.status}")

        started = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(WIDTH):
                group.create_task(work())
        spent = time.perf_counter() - started
        await outward.close()
        self._posted += self._count
        return self._count / spent

    async def sent(self, events: int) -> float:
        """Deliveries a second: so many events for every webhook, stored before the clock starts."""
        for begin in range(0, events, _AT_ONCE):
            async with self.database.begin() as tx:
                for _ in range(min(_AT_ONCE, events - begin)):
                    await matching.hear(tx, Envelope(new_id(), utc_now(), None, _order()))
        async with self.database.read() as reader:
            waiting: int = await reader.value(_WAITING)
        sender = Sender(Outward(), self._sealer, self._trusted, self.database.now)
        started = time.perf_counter()
        task = asyncio.create_task(Dispatcher(self.database, sender).run())
        try:
            async with asyncio.timeout(_PATIENCE), self.database.read() as reader:
                while await reader.value(_WAITING):  # noqa: ASYNC110 - another task does it
                    await asyncio.sleep(0.02)
            spent = time.perf_counter() - started
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        return waiting / spent

    async def check(self, webhook: UUID) -> None:
        """Raise unless everything was delivered and the sink verified each of them."""
        async with httpx.AsyncClient() as client:
            verified, refused = map(int, (await client.get(self._url)).text.split())
        async with self.database.read() as reader:
            delivered = await reader.connection.fetchval(
                "SELECT count(*) FROM webhook_delivery WHERE state = 'delivered'"
            )
            attempts = await reader.connection.fetchval("SELECT count(*) FROM webhook_attempt")
            figure = await reader.connection.fetchval(
                "SELECT delivered FROM webhook_lane WHERE endpoint_id = $1", webhook
            )
        if refused or verified != delivered + self._posted or attempts != delivered or not figure:
            raise RuntimeError(f"{verified} verified, {refused} refused, {delivered} delivered")


def _order() -> OrderRecorded:
    return OrderRecorded(
        subject=new_id(),
        version=1,
        distributor_id=None,
        customer_id=new_id(),
        order_id=new_id(),
        ordered_at=utc_now(),
        amount_minor=12900,
        currency="CNY",
        channel="online_shop",
        kind="sale",
    )
