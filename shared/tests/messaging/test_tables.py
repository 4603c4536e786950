"""The tables in code and the tables that the migration makes are the same."""

import asyncio
from typing import Any

import asyncpg
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData
from sqlalchemy.ext.asyncio import create_async_engine

from shared.messaging.tables import Outbox

OURS = ("outbox", "inbox", "inbox_retry", "dead_letter")


def _differences(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(
        connection,
        opts={
            "compare_type": True,
            "include_name": lambda name, kind, _: kind != "table" or name in OURS,
            "include_object": lambda _, name, kind, *__: kind != "table" or name in OURS,
        },
    )
    metadata: MetaData = Outbox.metadata
    return list(compare_metadata(context, metadata))


async def test_code_and_migration_agree(two_urls: tuple[str, str]) -> None:
    engine = create_async_engine("postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(two_urls[0]))
    async with engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
    await engine.dispose()
    await asyncio.sleep(0)
