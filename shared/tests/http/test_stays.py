"""A key's stream ends soon, a person's does not."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi.sse import EventSourceResponse

from shared.auth import Principal
from shared.auth.tokens import TokenVerifier
from shared.http import Router, needs, stays
from shared.http.application import create_app
from shared.http.frame import Frame
from shared.testing.clients import as_principal, jwks, staff

router = Router(tags=["ticks"])


@router.get("/ticks", operation_id="ticks", response_class=EventSourceResponse, **needs())
async def ticks() -> AsyncIterator[dict[str, int]]:
    """More than anybody reads."""
    for number in range(1000):
        yield {"number": number}
        await asyncio.sleep(0.5)


APP = create_app(title="Ticks", description="", version="1", routers=[router])
VERIFIER = TokenVerifier("ticks", jwks=jwks())
FRAME = Frame(APP, service="ticks", carried={"request_seconds": 5}, verifier=VERIFIER, max_in_flight=9)


async def read(principal: Principal) -> str:
    transport = httpx.ASGITransport(app=FRAME)
    headers = as_principal(principal, "ticks")
    async with httpx.AsyncClient(transport=transport, base_url="http://ticks", headers=headers) as client:
        return (await client.get("/ticks")).text


async def test_a_keys_stream_ends_by_itself_and_whole() -> None:
    text = await read(Principal("partner", uuid4()))
    assert text.startswith('data: {"number":0}')
    assert text.endswith("\n\n")
    assert text.count("data:") < 1000


async def test_a_persons_stream_goes_on() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(stays.PARTNER_SECONDS + 0.5):
            await read(staff("sales"))


async def _numbers(bell: asyncio.Event) -> AsyncIterator[int]:
    for number in range(3):
        yield number
    await bell.wait()


async def test_what_came_in_time_is_passed_on_and_the_end_is_the_end() -> None:
    bell = asyncio.Event()
    assert [number async for number in stays.until(_numbers(bell), 0.05)] == [0, 1, 2]
    bell.set()
    assert [number async for number in stays.until(_numbers(bell), 60)] == [0, 1, 2]


async def test_a_reader_that_dawdles_is_not_broken_off_and_gets_no_more() -> None:
    seen: list[Any] = []
    async for number in stays.until(_numbers(asyncio.Event()), 0.01):
        seen.append(number)
        await asyncio.sleep(0.03)
    assert seen == [0]
