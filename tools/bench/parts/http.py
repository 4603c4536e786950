"""One customer written and read: by a service's process and by the whole system, against raw asyncpg."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from random import Random
from statistics import median
from uuid import UUID, uuid4

import httpx
from tools.bench.figures import Goal, Line, percentile, ratios
from tools.bench.parts import raw
from tools.bench.processes import Child, free_port, serving
from tools.bench.stage import NO_BROKER, PASSWORD, Stage
from tools.bench.wire import Round, load, request

from shared.auth import Principal
from shared.testing.clients import as_principal, staff
from tonglu_local.postgres import ServiceUrls

Play = Callable[[int], Awaitable[Round]]
_GET = Goal(0.10, 0.20)
_POST = Goal(0.18, 0.35)
_UNLIMITED = {"requests_per_minute": 1_000_000, "burst": 100_000, "requests_per_day": None}


@dataclass
class Arm:
    """One way of doing the same work: its rounds, and the process whose CPU it costs."""

    play: Play
    child: Child | None = None
    rounds: list[Round] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    async def go(self, connections: int) -> None:
        """One more round."""
        before = self.child.cpu_seconds if self.child else 0.0
        played = await self.play(connections)
        self.rounds.append(played)
        if self.child:
            self.cpu.append((self.child.cpu_seconds - before) / len(played.latencies) * 1e6)

    @property
    def rates(self) -> list[float]:
        return [each.rate for each in self.rounds]

    @property
    def p99(self) -> list[float]:
        """Milliseconds, a value a round."""
        return [percentile(each.latencies, 0.99) * 1000 for each in self.rounds]

    def __str__(self) -> str:
        half = median(percentile(each.latencies, 0.5) for each in self.rounds) * 1000
        cpu = f", {median(self.cpu):,.0f} us CPU" if self.cpu else ""
        return f"{median(self.rates):,.0f}/s, p50 {half:.1f} p99 {median(self.p99):.1f} ms{cpu}"


async def measure(stage: Stage) -> AsyncIterator[Line]:
    """GET and POST at 1 and 16 connections."""
    async with _doors(stage) as doors:
        for connections in (16, 1):
            async for line in _reading(stage, doors, connections):
                yield line
            async for line in _writing(stage, doors, connections):
                yield line


@dataclass(frozen=True)
class Doors:
    """The ways in: a service's process with a broker and without one, the edge of the whole system, plain."""

    urls: ServiceUrls
    ids: list[UUID]
    service: Child
    alone: Child
    edge: Child
    plain: Child
    edge_ids: list[UUID]
    edge_token: str


@asynccontextmanager
async def _doors(stage: Stage) -> AsyncIterator[Doors]:
    urls = await stage.database("archive", "customer_svc")
    port = free_port()
    plain = ["tools.bench.plain", urls.app_url, str(port)]
    async with AsyncExitStack() as stack:
        start = stack.enter_async_context
        ids = await raw.fill(urls.app_url, stage.sizes.customers)
        service = await start(stage.service("customer_svc", urls, amqp_url=stage.amqp_url or NO_BROKER))
        other = await stage.database("quiet", "customer_svc")
        alone = await start(stage.service("customer_svc", other, amqp_url=NO_BROKER))
        edge = await start(stage.launcher())
        edge_ids = await raw.fill(stage.postgres.ensure_service("customer").owner_url, stage.sizes.customers)
        await raw.fill(other.app_url, stage.sizes.customers)
        bare = await start(serving(plain, {}, stage.folder / "plain.log", port=port))
        token = await _signed_in(edge.port)
        yield Doors(urls, ids, service, alone, edge, bare, edge_ids, token)


async def _signed_in(port: int) -> str:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        answer = await client.post("/v1/auth/token", data={"username": "admin", "password": PASSWORD})
        token: str = answer.raise_for_status().json()["access_token"]
        await _let_ask_much(client, {"Authorization": f"Bearer {token}"})
        return token


async def _let_ask_much(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    """Measure the way, not the plan of administrators; the door knows of a changed plan within a second."""
    found = (await client.get("/v1/plans?code=admin", headers=headers)).raise_for_status().json()
    plan = f"/v1/plans/{found['data'][0]['id']}"
    answer = await client.patch(plan, json=_UNLIMITED, headers=headers)
    while "q=1000000" not in answer.raise_for_status().headers["RateLimit-Policy"]:
        await asyncio.sleep(0.05)
        answer = await client.get(plan, headers=headers)


async def _reading(stage: Stage, doors: Doors, connections: int) -> AsyncIterator[Line]:
    chance = Random(1)  # noqa: S311 - which customers are read is no secret

    def get(child: Child, ids: list[UUID], headers: Callable[[], dict[str, str]]) -> Arm:
        async def play(connections: int) -> Round:
            given = headers()
            return await load(
                child.port,
                lambda: request("GET", f"/v1/customers/{chance.choice(ids)}", given),
                connections=connections,
                seconds=stage.sizes.seconds,
            )

        return Arm(play, child)

    arms = {
        "raw": Arm(_raw(stage, doors, raw.reading(doors.ids, chance))),
        "plain": get(doors.plain, doors.ids, dict),
        "service": get(doors.service, doors.ids, _internal),
        "edge": get(doors.edge, doors.edge_ids, partial(_bearer, doors)),
    }
    await alternate(arms, stage, connections)
    told = f"GET, {connections} connection{'s' * (connections > 1)}"
    base = arms["raw"].rates
    yield Line(f"{told}: raw asyncpg", [1.0], beside=str(arms["raw"]))
    yield _line(f"{told}: thinnest FastAPI", arms["plain"], base)
    goal = _GET if connections > 1 else None
    yield _line(f"{told}: service, with auth", arms["service"], base, goal)
    yield Line(
        f"{told}: service of thinnest", ratios(arms["service"].rates, arms["plain"].rates), goal=Goal(0.75)
    )
    yield _line(f"{told}: whole system's edge", arms["edge"], base)
    if connections > 1:
        yield Line(f"{told}: p99, service", arms["service"].p99, " ms", goal=Goal(20, 8, at_most=True))


async def _writing(stage: Stage, doors: Doors, connections: int) -> AsyncIterator[Line]:
    def post(child: Child, headers: Callable[[], dict[str, str]]) -> Arm:
        async def play(connections: int) -> Round:
            return await load(
                child.port,
                partial(_post, headers()),
                connections=connections,
                seconds=stage.sizes.seconds,
                status=201,
            )

        return Arm(play, child)

    arms = {
        "customer": Arm(_raw(stage, doors, raw.one_statement(1))),
        "raw": Arm(_raw(stage, doors, raw.one_statement(2))),
        "three": Arm(_raw(stage, doors, raw.transaction)),
        "plain": post(doors.plain, dict),
        "service": post(doors.service, _internal),
        "alone": post(doors.alone, _internal),
        "edge": post(doors.edge, partial(_bearer, doors)),
    }
    await alternate(arms, stage, connections)
    told = f"POST, {connections} connection{'s' * (connections > 1)}"
    base = arms["raw"].rates
    goal = _POST if connections > 1 else None
    saved = [1 - ratio for ratio in ratios(base, arms["customer"].rates)]
    yield Line(f"{told}: raw, one statement with outbox", [1.0], beside=str(arms["raw"]))
    yield Line(f"{told}: the outbox's cost in it", saved, "", goal=Goal(0.20, 0.15, at_most=True))
    yield _line(f"{told}: raw, as we write, 5 trips", arms["three"], base)
    yield _line(f"{told}: thinnest FastAPI, no key", arms["plain"], base)
    yield _line(f"{told}: service, relay publishing", arms["service"], base, goal)
    yield _line(f"{told}: service, broker away", arms["alone"], base, goal)
    yield Line(
        f"{told}: service of thinnest", ratios(arms["service"].rates, arms["plain"].rates), goal=Goal(0.75)
    )
    yield _line(f"{told}: whole system's edge", arms["edge"], base)


def _line(what: str, arm: Arm, base: list[float], goal: Goal | None = None) -> Line:
    return Line(what, ratios(arm.rates, base), beside=str(arm), goal=goal)


async def alternate(arms: dict[str, Arm], stage: Stage, connections: int) -> None:
    """Play every arm in turn, round after round."""
    for arm in arms.values():  # the first round warms caches, plans and the heap, and is forgotten
        await arm.play(connections)
    for _ in range(stage.sizes.rounds):
        for arm in arms.values():
            await arm.go(connections)


def _raw(stage: Stage, doors: Doors, call: raw.Call) -> Play:
    async def play(connections: int) -> Round:
        return await raw.loop(doors.urls.app_url, call, connections=connections, seconds=stage.sizes.seconds)

    return play


_MANAGER: Principal = staff("manager")


def _internal() -> dict[str, str]:
    """A token lives for a minute, longer than a round."""
    return as_principal(_MANAGER, "customer-svc")


def _bearer(doors: Doors) -> dict[str, str]:
    return {"Authorization": f"Bearer {doors.edge_token}"}


def _post(headers: dict[str, str]) -> bytes:
    key = uuid4().hex
    own = {
        "name": f"Harbour {key[:6]} Lights Ltd",
        "phone": f"+86138{int(key[:8], 16) % 10**8:08}",
        "email": f"{key}@harbourlights.example",
    }
    body = json.dumps({**raw.BODY, **own}).encode()
    return request("POST", "/v1/customers", {**headers, "Idempotency-Key": key}, body)
