"""What the edge costs: a service asked directly with a trusted token, and through nginx with a sign-in.

All processes run as they are deployed, but nginx' hard caps are lifted: one credential from one address makes
more requests here than anybody may.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from uuid import UUID

import httpx
from tools import nginx
from tools.bench.figures import Goal, Line, percentile, ratios
from tools.bench.parts import raw
from tools.bench.parts.http import Arm, alternate
from tools.bench.processes import Child, free_port
from tools.bench.stage import KEY, NO_BROKER, PASSWORD, Stage
from tools.bench.wire import Round, load, request

from gateway.app import ensure_admin
from gateway.keys.ring import KeyRing
from gateway.sessions import tokens
from gateway.sessions.tokens import Access
from shared.auth.tokens import HEADER
from shared.db import Database
from shared.sealing import Sealer
from tonglu_local.postgres import ServiceUrls

_PACKAGES = {
    "customer-svc": "customer_svc",
    "interaction-svc": "interaction_svc",
    "scoring-svc": "scoring_svc",
    "notify-svc": "notify_svc",
    "gateway": "gateway",
}
_LIFTED = {
    "rate=500r/s": "rate=1000000r/s",
    "rate=200r/s": "rate=1000000r/s",
    "burst=3000": "burst=1000000",
    "burst=1500": "burst=1000000",
}
_PATH = "/v1/customers"
_CHECKS_A_SECOND = 3000


@dataclass(frozen=True)
class Front:
    """The processes, what is asked for, and what somebody signed in shows."""

    service: Child
    gateway: Child
    nginx_port: int
    ids: list[UUID]
    bearer: str
    fresh: Callable[[int], list[str]]

    def internal(self) -> str:
        """The token that the edge would get now; good for half a minute at least."""
        with httpx.Client(base_url=f"http://127.0.0.1:{self.gateway.port}", trust_env=False) as client:
            token: str = client.get("/auth/check", headers=_question(self.bearer)).headers[HEADER]
            return token


async def measure(stage: Stage) -> AsyncIterator[Line]:
    """GET one customer at 16 connections and at 1, and the check alone with credentials never seen before."""
    try:
        nginx.program()
    except nginx.NoNginxError as error:
        print(f"  {error}")
        return
    async with _front(stage) as front:
        for connections in (16, 1):
            async for line in _reading(stage, front, connections):
                yield line
        yield await _checking(stage, front)


async def _reading(stage: Stage, front: Front, connections: int) -> AsyncIterator[Line]:
    chance = Random(1)  # noqa: S311 - which customers are read is no secret

    def get(port: int, headers: Callable[[], dict[str, str]]) -> Arm:
        async def play(connections: int) -> Round:
            given = headers()
            return await load(
                port,
                lambda: request("GET", f"{_PATH}/{chance.choice(front.ids)}", given),
                connections=connections,
                seconds=stage.sizes.seconds,
            )

        return Arm(play)

    direct = get(front.service.port, lambda: {HEADER: front.internal()})
    through = get(front.nginx_port, lambda: {"Authorization": front.bearer})
    await alternate({"direct": direct, "through": through}, stage, connections)
    told = f"GET, {connections} connection{'s' * (connections > 1)}"
    goal = Goal(0.75, 0.90) if connections > 1 else Goal(0.55)
    yield Line(f"{told}: direct, trusted token", [1.0], beside=str(direct))
    yield Line(f"{told}: through nginx", ratios(through.rates, direct.rates), goal=goal, beside=str(through))
    if connections == 1:
        added = [more - less for more, less in zip(_half(through), _half(direct), strict=True)]
        yield Line(f"{told}: p50 added", added, " ms", goal=Goal(0.5, at_most=True))


async def _checking(stage: Stage, front: Front) -> Line:
    async def play(connections: int) -> Round:
        shown = iter(front.fresh(int(stage.sizes.seconds * _CHECKS_A_SECOND)))
        return await load(
            front.gateway.port,
            lambda: request("GET", "/auth/check", _question(f"Bearer {next(shown)}")),
            connections=connections,
            seconds=stage.sizes.seconds,
        )

    arm = Arm(play)
    await alternate({"check": arm}, stage, 1)
    return Line("check of a credential never seen: p50", _half(arm), " ms", str(arm), Goal(1.5, at_most=True))


def _half(arm: Arm) -> list[float]:
    """The median latency of each round, in milliseconds."""
    return [percentile(each.latencies, 0.5) * 1000 for each in arm.rounds]


def _question(bearer: str) -> dict[str, str]:
    """As nginx asks."""
    asked = {"X-Original-Method": "GET", "X-Original-URI": _PATH, "X-Forwarded-For": "127.0.0.1"}
    return {"Authorization": bearer, **asked}


@asynccontextmanager
async def _front(stage: Stage) -> AsyncIterator[Front]:
    async with AsyncExitStack() as stack:
        children, archive = await _started(stage, stack)
        ids = await raw.fill(archive.app_url, stage.sizes.customers)
        ports = {name: [child.port] for name, child in children.items()}
        edge = stack.enter_context(nginx.running(ports, _LIFTED))
        bearer = f"Bearer {await _signed_in(edge.port)}"
        fresh = await stack.enter_async_context(_minting(stage, bearer))
        yield Front(children["customer-svc"], children["gateway"], edge.port, ids, bearer, fresh)


async def _started(stage: Stage, stack: AsyncExitStack) -> tuple[dict[str, Child], ServiceUrls]:
    """The api of every service; they believe the tokens of this gateway, which tells where they are."""
    urls = {name: await stage.database(f"edge_{package}", package) for name, package in _PACKAGES.items()}
    ports = {name: free_port() for name in _PACKAGES}
    await _first_account(urls["gateway"])
    addresses = {
        f"{name.removesuffix('-svc').upper()}_URL": f"http://127.0.0.1:{port}" for name, port in ports.items()
    }
    believed = {"INTERNAL_JWKS": "", "INTERNAL_JWKS_URL": f"{addresses['GATEWAY_URL']}/internal/jwks.json"}
    started = await asyncio.gather(
        *(
            stack.enter_async_context(
                stage.service(
                    package, urls[name], amqp_url=NO_BROKER, port=ports[name], **addresses, **believed
                )
            )
            for name, package in _PACKAGES.items()
        )
    )
    return dict(zip(_PACKAGES, started, strict=True)), urls["customer-svc"]


async def _first_account(urls: ServiceUrls) -> None:
    database = Database(urls.app_url)
    await database.open()
    try:
        await ensure_admin(database, PASSWORD)
    finally:
        await database.close()


async def _signed_in(port: int) -> str:
    """An access token; waits until the gateway has heard from every service what it publishes."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client:
        while (await client.get("/v1/nothing")).status_code != httpx.codes.NOT_FOUND:  # noqa: ASYNC110 - only asking can tell
            await asyncio.sleep(0.1)
        answer = await client.post("/v1/auth/token", data={"username": "admin", "password": PASSWORD})
        token: str = answer.raise_for_status().json()["access_token"]
        return token


@asynccontextmanager
async def _minting(stage: Stage, bearer: str) -> AsyncIterator[Callable[[int], list[str]]]:
    """Makes access tokens of this session that nobody has seen yet, each with an end of its own."""
    urls = await stage.database("edge_gateway", "gateway")
    database = Database(urls.app_url, max_size=1)
    await database.open()
    try:
        ring = KeyRing(database, Sealer(KEY))
        key = await ring.signing("access")
        access = await tokens.read(
            bearer.removeprefix("Bearer "), lambda kid: ring.believed("access", kid), issuer="tonglu"
        )
    finally:
        await database.close()
    made = 0

    def fresh(count: int) -> list[str]:
        nonlocal made
        now = datetime.now(UTC)
        ends = [access.expires + made + number for number in range(1, count + 1)]
        made += count
        return [
            tokens.issue(Access(access.staff_id, access.session_id, end), key, issuer="tonglu", now=now)
            for end in ends
        ]

    yield fresh
