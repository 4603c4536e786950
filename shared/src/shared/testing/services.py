"""Services started for a test on a database of the session's own server."""

import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from graphlib import TopologicalSorter
from typing import Any, Protocol

from shared.composition import Service
from shared.db import Database
from shared.db.migrate import upgrade
from shared.messaging.bus import EventBus
from shared.messaging.local import LocalBus
from shared.testing.clients import jwks

_TABLES = """
    SELECT tablename AS name FROM pg_tables
    WHERE schemaname = 'public' AND tablename <> 'alembic_version'
"""
_REFERENCES = """
    SELECT conrelid::regclass::text AS child, confrelid::regclass::text AS parent
    FROM pg_constraint WHERE contype = 'f'
"""


class Urls(Protocol):
    """The two roles of a service's database."""

    @property
    def app_url(self) -> str: ...
    @property
    def owner_url(self) -> str: ...


def settings_for(settings_class: Any, urls: Urls, **given: Any) -> Any:
    """Settings of a service under test."""
    return settings_class.load(
        database_url=urls.app_url,
        database_owner_url=urls.owner_url,
        data_key=base64.b64encode(bytes(range(32))).decode(),
        internal_jwks=jwks(),
        **given,
    )


async def migrated(package: str, urls: Urls) -> None:
    """Bring the database to the newest version."""
    await upgrade(package, urls.owner_url)


@asynccontextmanager
async def running(
    build: Callable[..., Service],
    settings_class: Any,
    urls: Urls,
    *,
    bus: EventBus | None = None,
    worker: bool = True,
    settings: dict[str, Any] | None = None,
    **parts: Any,
) -> AsyncIterator[Service]:
    """A started service on a migrated database; `parts` go to its `build`."""
    service = build(settings_for(settings_class, urls, **(settings or {})), bus or LocalBus(), **parts)
    await migrated(service.package, urls)
    async with service.running(worker=worker, exclusive=True):
        yield service


async def clean(database: Database, *, keep: tuple[str, ...] = ()) -> None:
    """Delete every row but those of the tables to keep (seeds), children before parents."""
    async with database.begin() as tx:
        tables = {row["name"] for row in await tx.connection.fetch(_TABLES)}
        parents: dict[str, set[str]] = {name: set() for name in tables}
        for row in await tx.connection.fetch(_REFERENCES):
            if row["child"] != row["parent"]:
                parents[row["child"]].add(row["parent"])
        ordered = [name for name in TopologicalSorter(parents).static_order() if name not in keep]
        await tx.connection.execute("; ".join(f'DELETE FROM "{name}"' for name in reversed(ordered)))
