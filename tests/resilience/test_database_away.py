"""PostgreSQL goes: the services say so at once, lose nothing, and come back by themselves."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.resilience.places import OPERATOR, Pair, at_the_near_end, busy, client_ready, line_to, pair

from shared.messaging.local import LocalBus
from shared.testing import service_client
from shared.testing.talking import Line, eventually
from tonglu_local.postgres import EmbeddedPostgres

pytestmark = pytest.mark.slow
REQUEST_SECONDS = 2
MOST_SECONDS = 6.0


@dataclass
class Place:
    """Two services, their server, and the line between."""

    server: EmbeddedPostgres
    line: Line
    pair: Pair

    def crash(self) -> None:
        """End the server at once, as a power cut would."""
        assert self.server.pid is not None
        os.kill(self.server.pid, signal.SIGQUIT)
        self.server.stop()

    def start(self) -> None:
        """Start it on the same files; it comes back on another port, which the line knows."""
        self.server.start()
        self.line._target = ("127.0.0.1", urlsplit(self.server.admin_url).port or 0)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    with EmbeddedPostgres(tmp_path) as server:
        urls = [server.ensure_service(name) for name in ("customer", "interaction")]
        line = await line_to(server.admin_url)
        near = [at_the_near_end(each, line) for each in urls]
        bus = LocalBus(expects=["customer-svc", "interaction-svc"])
        async with pair(near[0], near[1], (bus, bus), request_seconds=REQUEST_SECONDS) as both:
            yield Place(server, line, both)
            await line.mend()
        await line.cut()


async def refuses_properly(place: Place) -> None:
    """Reading and writing get 503 with Retry-After in bounded time, and readiness says what is wrong."""
    async with asyncio.timeout(MOST_SECONDS):
        answers = [await place.pair.make(), await place.pair.client.get("/v1/customers")]
    for answer in answers:
        assert answer.status_code == 503, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert int(answer.headers["retry-after"]) > 0
    async with asyncio.timeout(MOST_SECONDS):
        ready = await place.pair.client.get("/readyz")
        alive = await place.pair.client.get("/livez")
    assert ready.status_code == 503
    assert ready.json()["checks"]["database"] is False
    assert ready.json()["checks"]["loops"] is True
    assert alive.status_code == 200


async def works_again(place: Place) -> None:
    """Without a restart: requests, relay, consumer and jobs."""
    await eventually(place.pair.ready)

    async def makes() -> bool:
        return (await place.pair.make()).status_code == 201

    await eventually(makes)
    await eventually(place.pair.settled)
    assert place.pair.alive()
    rows = "name,kind\nafter the storm,organisation\n"
    async with service_client(place.pair.teller, OPERATOR) as client:
        started = await client.post(
            "/v1/imports", data={"entity": "customers"}, files={"file": ("a.csv", rows)}
        )
        assert started.status_code == 202, started.text

        async def imported() -> bool:
            answer = await client.get(f"/v1/imports/{started.json()['id']}")
            return bool(answer.json().get("created") == 1)

        await eventually(imported)


async def test_a_server_that_crashes_and_starts_again_costs_nothing_acknowledged(place: Place) -> None:
    await place.pair.make()
    await eventually(place.pair.settled)
    stop = asyncio.Event()
    writing = [asyncio.create_task(busy(place.pair, stop)) for _ in range(4)]

    async def made(count: int) -> None:
        while len(place.pair.made) < count:  # noqa: ASYNC110 - the writers ring no bell
            await asyncio.sleep(0.01)

    await made(6)
    place.crash()
    await refuses_properly(place)
    place.start()
    await eventually(lambda: client_ready(place.pair.teller))
    await made(len(place.pair.made) + 5)
    stop.set()
    refused = [answer for answers in await asyncio.gather(*writing) for answer in answers]
    assert {answer.status_code for answer in refused} <= {503}
    await works_again(place)


async def test_a_line_that_is_cut_is_survived(place: Place) -> None:
    await place.pair.make()
    await place.line.cut()
    await refuses_properly(place)
    await place.line.mend()
    await works_again(place)


async def test_a_line_that_hangs_holds_nobody_for_long(place: Place) -> None:
    await place.pair.make()
    await eventually(place.pair.settled)
    place.line.hang()
    await refuses_properly(place)
    async with asyncio.timeout(MOST_SECONDS * 2):
        answers = await asyncio.gather(*(place.pair.make() for _ in range(40)))
    assert {answer.status_code for answer in answers} == {503}
    await place.line.cut()
    await place.line.mend()
    await works_again(place)


async def test_a_line_that_stops_hanging_serves_again(place: Place) -> None:
    await place.pair.make()
    place.line.hang()
    await asyncio.gather(*(place.pair.make() for _ in range(20)))
    await place.line.mend()
    await works_again(place)
