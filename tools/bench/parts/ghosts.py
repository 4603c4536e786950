"""Whether time tells what is there: a foreign id, of one that never was, asked with a partner's key."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from itertools import cycle
from uuid import UUID, uuid4

import httpx
from tools.bench.figures import Goal, Line, percentile, ratios
from tools.bench.parts.http import Arm, alternate
from tools.bench.stage import PASSWORD, Stage
from tools.bench.wire import Round, load, request

_FOREIGN = 200
_SCOPES = ["customers:read", "interactions:read", "interactions:write"]
_UNLIMITED = {"code": "bench", "name": "Bench", "requests_per_minute": 1_000_000, "burst": 100_000}
_ALIKE = Goal(1.05, at_most=True)
_SAID = {"channel": "call", "direction": "inbound", "occurred_at": "2026-01-05T09:00:00Z", "summary": "-"}
Ask = Callable[[UUID], bytes]


@dataclass(frozen=True)
class Scene:
    """A partner's key, and customers and interactions of another distributor."""

    port: int
    key: str
    customers: list[UUID]
    interactions: list[UUID]


async def measure(stage: Stage) -> AsyncIterator[Line]:
    """Reading by id in two services, and writing about a customer that its service has to ask for."""
    async with stage.launcher() as child:
        scene = await _scene(child.port)
        shown = {"X-API-Key": scene.key}

        def about(customer: UUID) -> bytes:
            body = json.dumps({**_SAID, "customer_id": str(customer)}).encode()
            return request("POST", "/v1/interactions", shown, body)

        probes: dict[str, tuple[list[UUID], Ask]] = {
            "GET a customer": (
                scene.customers,
                lambda each: request("GET", f"/v1/customers/{each}", shown),
            ),
            "GET an interaction": (
                scene.interactions,
                lambda each: request("GET", f"/v1/interactions/{each}", shown),
            ),
            "POST about a customer": (scene.customers, about),
        }
        for told, (foreign, ask) in probes.items():
            yield await _compared(stage, scene.port, told, foreign, ask)


async def _compared(stage: Stage, port: int, told: str, foreign: list[UUID], ask: Ask) -> Line:
    there = cycle(foreign)

    def arm(named: Callable[[], UUID]) -> Arm:
        async def play(connections: int) -> Round:
            seconds = stage.sizes.seconds
            return await load(
                port, lambda: ask(named()), connections=connections, seconds=seconds, status=404
            )

        return Arm(play)

    arms = {"foreign": arm(lambda: next(there)), "ghost": arm(uuid4)}
    await alternate(arms, stage, 1)
    half = [[percentile(each.latencies, 0.5) for each in one.rounds] for one in arms.values()]
    return Line(f"{told}: p50, foreign of ghost", ratios(*half), goal=_ALIKE, beside=str(arms["foreign"]))


async def _scene(port: int) -> Scene:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client:
        signed_in = await client.post("/v1/auth/token", data={"username": "admin", "password": PASSWORD})
        client.headers["Authorization"] = f"Bearer {signed_in.raise_for_status().json()['access_token']}"
        owner, stranger = [await _made(client, "/v1/distributors", code=code, name=code) for code in "AB"]
        plan = await _made(client, "/v1/plans", **_UNLIMITED)
        named = {"name": "stranger", "distributor_id": stranger["id"], "scopes": _SCOPES}
        key = (await _made(client, "/v1/api-keys", **named, plan=plan["code"]))["key"]
        firm = {"name": "Harbour Lights Ltd", "kind": "organisation", "distributor_id": owner["id"]}
        customers = [UUID((await _made(client, "/v1/customers", **firm))["id"]) for _ in range(_FOREIGN)]
        said = [
            UUID((await _made(client, "/v1/interactions", **_SAID, customer_id=str(each)))["id"])
            for each in customers
        ]
        return Scene(port, key, customers, said)


async def _made(client: httpx.AsyncClient, path: str, **body: object) -> dict[str, str]:
    """Make something; an administrator's plan is for people, so it waits when told to."""
    answer = await client.post(path, json=body)
    while answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        await asyncio.sleep(float(answer.headers["Retry-After"]))
        answer = await client.post(path, json=body)
    made: dict[str, str] = answer.raise_for_status().json()
    return made
