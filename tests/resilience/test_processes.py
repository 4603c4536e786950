"""A service's own process: leaving on SIGTERM, and killed between commit and answer."""

import asyncio
import base64
import contextlib
import json
import signal
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from tests.resilience.places import MANAGER, at_the_near_end, line_to
from tools.bench.processes import Child, free_port, spawn

from shared.testing import as_principal, jwks, migrated
from shared.testing.talking import Line, eventually
from tonglu_local.postgres import ServiceUrls

pytestmark = pytest.mark.slow
NO_BROKER = "amqp://guest:guest@127.0.0.1:1/"
LEAVE_SECONDS = 25
BODY = {"name": "海纳百货", "kind": "organisation"}


@dataclass
class Api:
    """customer-svc's API process and its database."""

    child: Child
    urls: ServiceUrls

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.child.port}"

    def client(self) -> httpx.AsyncClient:
        """Each request on a connection of its own, as a balancer's after a change of its members."""
        headers = {**as_principal(MANAGER, "customer-svc"), "Connection": "close"}
        return httpx.AsyncClient(base_url=self.address, headers=headers, timeout=30, trust_env=False)

    async def customers(self) -> int:
        connection = await asyncpg.connect(self.urls.owner_url)
        try:
            await connection.execute("SET app.distributor = '*'; SET app.holders = '*'")
            return int(await connection.fetchval("SELECT count(*) FROM customer"))
        finally:
            await connection.close()

    async def exit_code(self) -> int:
        return await asyncio.to_thread(self.child.process.wait, LEAVE_SECONDS * 2)


Start = Callable[..., Any]


@pytest.fixture
async def start(
    service_database: Callable[[str], ServiceUrls], tmp_path: Path
) -> AsyncIterator[Callable[..., Any]]:
    """Start a process; `through` is a line to its database."""
    started: list[Child] = []
    direct = service_database(f"process_{uuid4().hex[:8]}")
    await migrated("customer_svc", direct)

    async def begin(through: Line | None = None) -> Api:
        urls = direct if through is None else at_the_near_end(direct, through)
        environment = {
            "DATABASE_URL": urls.app_url,
            "DATA_KEY": base64.b64encode(bytes(range(32))).decode(),
            "INTERNAL_JWKS": jwks(),
            "AMQP_URL": NO_BROKER,
            "PORT": str(free_port()),
        }
        log = tmp_path / f"{len(started)}.log"
        child = spawn(["customer_svc", "api"], environment, log, port=int(environment["PORT"]))
        started.append(child)
        await child.ready()
        return Api(child, direct)

    begin.urls = direct  # type: ignore[attr-defined]
    yield begin
    for child in started:
        child.process.kill()
        child.process.wait()


async def _slow_request(api: Api, seconds: float) -> bytes:
    """A request whose body takes its time; what is answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", api.child.port)
    body = json.dumps(BODY).encode()
    head = [
        "POST /v1/customers HTTP/1.1",
        "Host: test",
        "Connection: close",
        "Content-Type: application/json",
    ]
    head += [f"{name}: {value}" for name, value in as_principal(MANAGER, "customer-svc").items()]
    head += [f"Content-Length: {len(body)}", "", ""]
    writer.write("\r\n".join(head).encode() + body[:5])
    await writer.drain()
    await asyncio.sleep(seconds)
    writer.write(body[5:])
    answer = await reader.read()
    writer.close()
    return answer


async def test_a_process_that_is_told_to_leave_answers_whatever_it_took(start: Start) -> None:
    api = await start()
    stop, statuses = asyncio.Event(), []

    async def load() -> None:
        async with api.client() as client:
            while not stop.is_set():
                statuses.append((await client.post("/v1/customers", json=BODY)).status_code)

    loads = [asyncio.create_task(load()) for _ in range(6)]
    slow = asyncio.create_task(_slow_request(api, 5.0))
    await asyncio.sleep(1)
    api.child.process.send_signal(signal.SIGTERM)
    told = time.monotonic()
    await asyncio.sleep(1)
    async with api.client() as client:
        leaving = await client.get("/readyz")
    assert leaving.status_code == 503
    assert leaving.json()["checks"]["staying"] is False
    stop.set()
    await asyncio.gather(*loads)
    assert (await slow).startswith(b"HTTP/1.1 201")
    assert await api.exit_code() == 0
    assert time.monotonic() - told < LEAVE_SECONDS
    assert set(statuses) == {201}
    assert await api.customers() == len(statuses) + 1


class CommitLine(Line):
    """A line to a database that goes silent when it has carried a customer's COMMIT: no answer comes back."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, port)
        self.armed = False
        self.silent = asyncio.Event()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        written = False
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                written = written or b"INSERT INTO customer " in data
                if self.silent.is_set():
                    continue
                sink.write(data)
                await sink.drain()
                if self.armed and written and b"COMMIT" in data:
                    self.silent.set()
        sink.transport.abort()


async def test_a_retry_after_a_kill_between_commit_and_answer_repeats_no_effect(start: Start) -> None:
    line = await _commit_line(start.urls.app_url)  # type: ignore[attr-defined]
    api = await start(line)
    headers = {"Idempotency-Key": uuid4().hex}
    async with api.client() as client:
        line.armed = True
        waiting = asyncio.create_task(client.post("/v1/customers", json=BODY, headers=headers))

        async def committed() -> bool:
            return bool(await api.customers() == 1)

        await eventually(committed)
        assert not waiting.done()
        api.child.process.kill()
        with pytest.raises(httpx.TransportError):
            await waiting
    await line.cut()
    again = await start()
    async with again.client() as client:
        answer = await client.post("/v1/customers", json=BODY, headers=headers)
    assert answer.status_code == 201
    assert answer.headers["idempotent-replayed"] == "true"
    assert await again.customers() == 1


async def _commit_line(url: str) -> CommitLine:
    plain = await line_to(url)
    host, port = plain._target
    await plain.cut()
    line = CommitLine(host, port)
    await line.mend()
    return line


ODD_BYTES = (
    b"GET /v1/customers/\xff\xfe HTTP/1.1\r\nHost: t\r\n\r\n",
    b"GET /v1/customers?q=\xff\xfe HTTP/1.1\r\nHost: t\r\n\r\n",
    b"GET /v1/customers?q=\x00 HTTP/1.1\r\nHost: t\r\n\r\n",
    b"GET /%ff%fe HTTP/1.1\r\nHost: t\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"POST /v1/customers HTTP/1.1\r\nHost: t\r\nContent-Length: -1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /v1/customers HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: t\r\n\r\n",
    b"GET /livez HTTP/1.1\r\nHost: t\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
    b"GET /livez HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    b"GET http://elsewhere/v1/customers HTTP/1.1\r\nHost: t\r\n\r\n",
    b"CONNECT elsewhere:443 HTTP/1.1\r\nHost: t\r\n\r\n",
)


async def test_odd_bytes_on_the_wire_break_nothing(start: Start) -> None:
    api = await start()
    for sent in ODD_BYTES:
        reader, writer = await asyncio.open_connection("127.0.0.1", api.child.port)
        writer.write(sent)
        with contextlib.suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(1):
                head = await reader.readuntil(b"\r\n")
                assert b" 5" not in head, (sent[:60], head)
        writer.close()
    async with api.client() as client:
        assert (await client.get("/readyz")).status_code == 200
    assert api.child.process.poll() is None
