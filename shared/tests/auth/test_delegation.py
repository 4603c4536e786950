"""Delegations: one exchange for all who ask, renewed in time, and the gateway's word on who may not go on."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from shared.auth.delegation import FRESH_SECONDS, PATH, Delegations
from shared.auth.tokens import MOST_SECONDS
from shared.http.client import make_client
from shared.problems import Forbidden, Problem, Unauthenticated, Unavailable


@dataclass
class Gateway:
    """Gives numbered tokens, or whatever else a test wants; asked by as many as come."""

    status: int = 200
    answer: Any = None
    asked: list[dict[str, str]] = field(default_factory=list)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert (scope["method"], scope["path"]) == ("POST", PATH)
        self.asked.append(json.loads((await receive())["body"]))
        told = self.answer if self.answer is not None else {"token": f"token {len(self.asked)}"}
        await self.may_answer.wait()
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        await send({"type": "http.response.start", "status": self.status, "headers": []})
        await send({"type": "http.response.body", "body": body})


class Watch:
    """Seconds that pass when a test says so."""

    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def gateway() -> Gateway:
    gateway = Gateway()
    gateway.may_answer.set()
    return gateway


def of(gateway: Gateway, **options: Any) -> Delegations:
    return Delegations(make_client(app=gateway), "http://gateway:8000/", **options)


async def test_a_token_is_remembered_for_its_original_and_audience(gateway: Gateway) -> None:
    delegations = of(gateway)
    assert await delegations.token("original", "interaction-svc") == "token 1"
    assert await delegations.token("original", "interaction-svc") == "token 1"
    assert await delegations.token("original", "scoring-svc") == "token 2"
    assert await delegations.token("another", "interaction-svc") == "token 3"
    assert gateway.asked == [
        {"token": "original", "audience": "interaction-svc"},
        {"token": "original", "audience": "scoring-svc"},
        {"token": "another", "audience": "interaction-svc"},
    ]


async def test_it_is_renewed_while_the_one_before_is_still_good(gateway: Gateway) -> None:
    watch = Watch()
    delegations = of(gateway, monotonic=watch)
    assert await delegations.token("original", "svc") == "token 1"
    watch.seconds += MOST_SECONDS - FRESH_SECONDS - 2
    assert await delegations.token("original", "svc") == "token 1"
    watch.seconds += 1
    assert await delegations.token("original", "svc") == "token 2"


async def test_many_who_ask_at_once_share_one_request(gateway: Gateway) -> None:
    gateway.may_answer.clear()
    delegations = of(gateway)
    asking = [asyncio.create_task(delegations.token("original", "svc")) for _ in range(20)]
    while not gateway.asked:  # noqa: ASYNC110 - whoever asks first has to have come through
        await asyncio.sleep(0)
    asking[0].cancel()
    gateway.may_answer.set()
    assert set(await asyncio.gather(*asking[1:])) == {"token 1"}
    assert len(gateway.asked) == 1


async def test_only_so_many_are_remembered(gateway: Gateway) -> None:
    delegations = of(gateway, most=2)
    for original in ("a", "b", "c", "c", "b", "a"):
        await delegations.token(original, "svc")
    assert [asked["token"] for asked in gateway.asked] == ["a", "b", "c", "a"]


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (401, "token_invalid", Unauthenticated),
        (401, "access_ended", Unauthenticated),
        (403, "scope_too_wide", Forbidden),
        (503, "unavailable", Unavailable),
        (500, "internal_error", Unavailable),
        (404, "not_found", Unavailable),
    ],
)
async def test_a_refusal_is_the_gateways_own_and_nothing_is_remembered_of_it(
    gateway: Gateway, status: int, code: str, expected: type[Problem]
) -> None:
    delegations = of(gateway)
    gateway.status, gateway.answer = status, {"code": code, "detail": "words of another service"}
    with pytest.raises(expected) as refused:
        await delegations.token("original", "svc")
    assert expected is Unavailable or refused.value.code == code
    assert "another service" not in str(refused.value)
    gateway.status, gateway.answer = 200, None
    assert await delegations.token("original", "svc") == "token 2"


@pytest.mark.parametrize("answer", [{}, [], {"token": 7}, b"<html>", b"", {"token": "x" * 20_000}])
async def test_what_is_no_answer_is_none(gateway: Gateway, answer: Any) -> None:
    gateway.answer = answer
    with pytest.raises(Unavailable, match="caller_unknown_now"):
        await of(gateway).token("original", "svc")


async def test_a_gateway_that_is_away_or_silent_is_not_waited_for_long() -> None:
    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await hung_up.wait()
        writer.close()

    hung_up = asyncio.Event()
    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with make_client() as client:
        async with server:
            with pytest.raises(Unavailable):
                await Delegations(client, url).token("original", "svc")
            hung_up.set()
        with pytest.raises(Unavailable):
            await Delegations(client, url).token("original", "svc")


async def test_an_address_that_is_none_is_a_gateway_that_is_away() -> None:
    async with make_client() as client:
        with pytest.raises(Unavailable):
            await Delegations(client, "gateway:8000").token("original", "svc")
