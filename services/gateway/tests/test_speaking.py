"""Tokens for services that speak for themselves: for who knows the secret, and for what the table says."""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import httpx
import pytest
from pydantic import SecretStr

from gateway.app import Gateway, build
from gateway.edge.speaking import GRANTED
from shared.auth.permissions import EVERY_PERMISSION, FOR_SERVICES, GRANTABLE
from shared.auth.signatures import signed
from shared.auth.speaking import PATH, ServiceTokens
from shared.http.client import make_client
from shared.messaging.local import LocalBus
from shared.problems import Unavailable

from .test_exchange import claims_of

SECRET = b"known to two"


@pytest.fixture
async def knowing(world: Any, settings: Any) -> AsyncIterator[Gateway]:
    """A gateway that shares a secret with another service."""
    told = settings.model_copy(update={"service_secret": SecretStr(SECRET.decode())})
    gateway = build(told, LocalBus(), clients={}, clock=world.clock)
    await gateway.database.open()
    yield gateway
    await gateway.database.close()


def inside(gateway: Gateway) -> httpx.AsyncClient:
    """A client that is past the edge."""
    return make_client("http://gateway", app=gateway.asgi)


async def ask(gateway: Gateway, body: Any, *, secret: bytes = SECRET, ago: int = 0) -> Any:
    content = json.dumps(body).encode()
    headers = signed(secret, content, int(gateway.database.now().timestamp()) - ago)
    async with inside(gateway) as client:
        return await client.post(PATH, content=content, headers=headers)


async def test_a_service_gets_what_the_table_gives_it_there(knowing: Gateway) -> None:
    for (name, audience), granted in GRANTED.items():
        answer = await ask(knowing, {"service": name, "audience": audience})
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store"), answer.text
        claims = claims_of(answer.json()["token"])
        assert (claims["kind"], claims["roles"], claims["granted"]) == ("service", [], sorted(granted))
        assert claims["sub"] == str(uuid5(NAMESPACE_URL, f"tonglu:{name}"))
        assert claims["exp"] - claims["iat"] <= 60
        assert audience in claims["aud"]
        assert "asks" not in claims


async def test_a_pair_that_the_table_does_not_have_gets_nothing(knowing: Gateway) -> None:
    for name, audience in (("notify-svc", "scoring-svc"), ("scoring-svc", "customer-svc"), ("", "")):
        answer = await ask(knowing, {"service": name, "audience": audience})
        assert (answer.status_code, answer.json()["code"]) == (403, "service_not_allowed")


async def test_who_does_not_know_the_secret_or_comes_late_is_nobody(knowing: Gateway) -> None:
    body = {"service": "notify-svc", "audience": "customer-svc"}
    for refused in (await ask(knowing, body, secret=b"another"), await ask(knowing, body, ago=3600)):
        assert (refused.status_code, refused.json()["code"]) == (401, "token_invalid")
    async with inside(knowing) as client:
        assert (await client.post(PATH, content=b"{}")).status_code == 401


async def test_without_a_secret_there_are_no_such_tokens(world: Any) -> None:
    answer = await ask(world.gateway, {"service": "notify-svc", "audience": "customer-svc"})
    assert answer.status_code == 401
    async with inside(world.gateway) as client:
        for secret in (None, SECRET):
            with pytest.raises(Unavailable):
                await ServiceTokens("notify-svc", client, "http://gateway", secret).token("customer-svc")


async def test_one_token_serves_all_who_ask_within_half_a_minute(knowing: Gateway) -> None:
    moment = [0.0]
    async with inside(knowing) as client:
        tokens = ServiceTokens(
            "notify-svc",
            client,
            "http://gateway",
            SECRET,
            clock=knowing.database.now,
            monotonic=lambda: moment[0],
        )
        first = await tokens.token("customer-svc")
        assert await tokens.token("customer-svc") == first
        assert await tokens.token("gateway") != first


def test_what_services_may_no_role_and_no_key_has() -> None:
    assert not FOR_SERVICES & (EVERY_PERMISSION | GRANTABLE)
