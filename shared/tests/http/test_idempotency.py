"""A POST that is sent again has its effect once and gets its first answer again."""

import asyncio

import httpx
from sqlalchemy import text

from .conftest import Tiny


async def _count(tiny: Tiny) -> int:
    async with tiny.database.read() as reader:
        return await reader.value(text("SELECT count(*) FROM thing"))


async def test_the_same_request_again_gets_the_first_answer(tiny: Tiny, manager: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "order-1"}
    first = await manager.post("/v1/things", json={"name": "a"}, headers=key)
    again = await manager.post("/v1/things", json={"name": "a"}, headers=key)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert await _count(tiny) == 1


async def test_the_key_of_another_request_is_refused(tiny: Tiny, manager: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "order-1"}
    await manager.post("/v1/things", json={"name": "a"}, headers=key)
    other = await manager.post("/v1/things", json={"name": "b"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert await _count(tiny) == 1


async def test_while_the_first_still_runs_the_second_is_told_so(
    tiny: Tiny, manager: httpx.AsyncClient
) -> None:
    key = {"Idempotency-Key": "order-1"}
    first = asyncio.create_task(manager.post("/v1/things", json={"name": "slow"}, headers=key))
    await asyncio.sleep(0.1)
    second = await manager.post("/v1/things", json={"name": "slow"}, headers=key)
    assert (second.status_code, second.json()["code"]) == (409, "request_in_progress")
    assert (await first).status_code == 201
    assert await _count(tiny) == 1


async def test_a_refused_request_does_not_use_up_its_key(tiny: Tiny, manager: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "order-1"}
    assert (await manager.post("/v1/things", json={"name": ""}, headers=key)).status_code == 422
    assert (await manager.post("/v1/things", json={"name": "broken"}, headers=key)).status_code == 500
    assert (await manager.post("/v1/things", json={"name": "a"}, headers=key)).status_code == 201
    assert await _count(tiny) == 1


async def test_two_people_may_use_the_same_key(tiny: Tiny) -> None:
    for _ in range(2):
        async with tiny.client("manager") as client:
            answer = await client.post("/v1/things", json={"name": "a"}, headers={"Idempotency-Key": "1"})
            assert answer.status_code == 201
    assert await _count(tiny) == 2


async def test_stored_answers_cannot_be_read_at_rest(tiny: Tiny, manager: httpx.AsyncClient) -> None:
    await manager.post("/v1/things", json={"name": "王小明"}, headers={"Idempotency-Key": "1"})
    async with tiny.database.read() as reader:
        stored = await reader.value(text("SELECT answer FROM idempotency"))
    assert "王小明".encode() not in stored


async def test_a_twin_that_got_in_between_wins_and_the_effect_happens_once(
    tiny: Tiny, manager: httpx.AsyncClient
) -> None:
    raced = await manager.post("/v1/things", json={"name": "raced"}, headers={"Idempotency-Key": "twin"})
    assert (raced.status_code, raced.json()["code"]) == (409, "request_in_progress")
    assert await _count(tiny) == 0


async def test_a_key_is_free_again_after_a_day(tiny: Tiny, manager: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "daily"}
    await manager.post("/v1/things", json={"name": "a"}, headers=key)
    async with tiny.database.begin() as tx:
        await tx.run(text("UPDATE idempotency SET created_at = created_at - interval '25 hours'"))
    assert (await manager.post("/v1/things", json={"name": "b"}, headers=key)).status_code == 201
    again = await manager.post("/v1/things", json={"name": "b"}, headers=key)
    assert again.headers["idempotent-replayed"] == "true"
    assert await _count(tiny) == 2
