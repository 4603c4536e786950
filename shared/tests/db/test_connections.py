"""Connections are handed on, shared fairly and dropped when they break."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import ARRAY, Column, Integer, MetaData, Table, Uuid, bindparam, func, insert, select

from shared.db import Database, any_of, prepare
from shared.db.statements import together
from shared.problems import Unavailable

_THING = Table("thing", MetaData(), Column("id", Uuid))
_SEEN = func.any(bindparam("some", type_=ARRAY(Uuid)))


@pytest.fixture
async def two(postgres_server: Any) -> AsyncIterator[Database]:
    database = Database(postgres_server.admin_url, max_size=2)
    await database.open()
    yield database
    await database.close()


async def backend(database: Database) -> int:
    async with database.read() as reader:
        pid: int = await reader.connection.fetchval("SELECT pg_backend_pid()")
        return pid


async def test_the_next_user_gets_the_connection_that_was_just_put_back(two: Database) -> None:
    assert await backend(two) == await backend(two)
    assert two.connections_in_use == 0


async def test_more_users_than_connections_take_turns(two: Database) -> None:
    async def slowly() -> None:
        async with two.read() as reader:
            await reader.connection.execute("SELECT pg_sleep(0.02)")

    await asyncio.gather(*(slowly() for _ in range(20)))
    assert two.connections_in_use == 0


async def test_who_waits_too_long_for_a_connection_is_told_so(two: Database) -> None:
    async with two.read(), two.read():
        with pytest.raises(Unavailable):
            await backend(two)
    assert await backend(two)


async def test_a_connection_that_the_server_ended_is_not_handed_on(two: Database) -> None:
    async with two.read() as reader:
        ended = await backend(two)
        await reader.connection.execute(f"SELECT pg_terminate_backend({ended})")
        await asyncio.sleep(0.1)
        assert await backend(two) != ended


async def test_a_use_that_was_cancelled_in_the_middle_leaves_a_usable_database(two: Database) -> None:
    async def long() -> None:
        async with two.begin() as tx:
            await tx.connection.execute("SELECT pg_sleep(5)")

    tasks = [asyncio.create_task(long()) for _ in range(2)]
    await asyncio.sleep(0.1)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert await asyncio.gather(backend(two), backend(two))
    assert two.connections_in_use == 0


async def test_a_closed_database_can_be_opened_again(two: Database) -> None:
    await backend(two)
    await two.close()
    with pytest.raises(RuntimeError):
        await backend(two)
    await two.open()
    assert await backend(two)


@pytest.mark.parametrize(("compared", "generic"), [(any_of("some"), True), (_SEEN, False)])
async def test_a_statement_on_a_few_ids_is_planned_once(
    two: Database, compared: Any, *, generic: bool
) -> None:
    statement = prepare(select(_THING.c.id).where(_THING.c.id == compared))
    async with two.begin() as tx:
        await tx.connection.execute("CREATE TEMPORARY TABLE thing (id uuid PRIMARY KEY) ON COMMIT DROP")
        await tx.connection.execute(
            "INSERT INTO thing SELECT gen_random_uuid() FROM generate_series(1, 5000)"
        )
        await tx.connection.execute("ANALYZE thing")
        ids = [row["id"] for row in await tx.connection.fetch("SELECT id FROM thing LIMIT 100")]
        for many in (1, 2, 100, 1, 1, 1, 1, 1):
            found = await tx.rows(statement, some=ids[:many])
            assert {row["id"] for row in found} == set(ids[:many])
        plans = await tx.connection.fetchval(
            "SELECT generic_plans FROM pg_prepared_statements WHERE statement = $1", statement.sql
        )
    assert (plans > 0) is generic


def test_several_writes_become_one_statement() -> None:
    table = Table("thing", MetaData(), Column("a", Integer), Column("b", Integer))
    write = prepare(insert(table), "a", "b")
    sql, arguments = together([(write, {"a": 1, "b": 2}), (write, {"a": 3, "b": 4})])
    assert sql.startswith("WITH part_0 AS (INSERT")
    assert "$1" in sql
    assert "$4" in sql
    assert arguments == [1, 2, 3, 4]
