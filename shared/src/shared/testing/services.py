"""Services started for a test on a database of the session's own server."""

import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from graphlib import TopologicalSorter
from typing import Any, Protocol

from asyncpg import ForeignKeyViolationError

from shared.audit import Journal
from shared.composition import Service
from shared.db import Database
from shared.db.migrate import upgrade
from shared.messaging.bus import EventBus
from shared.messaging.local import LocalBus
from shared.problems import Unavailable
from shared.sealing import Sealer
from shared.testing.clients import jwks

_TABLES = """
    SELECT tablename AS name FROM pg_tables
    WHERE schemaname = 'public' AND tablename <> 'alembic_version'
      AND has_table_privilege(format('%I.%I', schemaname, tablename), 'DELETE')
"""
_SEEDED = ("plan",)
_MEETINGS = 4
"""So often a worker may come between."""
_REFERENCES = """
    SELECT conrelid::regclass::text AS child, confrelid::regclass::text AS parent
    FROM pg_constraint WHERE contype = 'f'
"""


DATA_KEY = base64.b64encode(bytes(range(32))).decode()


def carried(name: str, database: Database, *, request_seconds: float = 5.0) -> dict[str, Any]:
    """What a frame carries into the requests of a small service of a test's own."""
    sealer = Sealer(DATA_KEY)
    return {
        "database": database,
        "sealer": sealer,
        "journal": Journal(name, database, sealer),
        "request_seconds": request_seconds,
    }


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
        data_key=DATA_KEY,
        internal_jwks=jwks(),
        **{"audit_anchor_seconds": 3600, **given},
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
    """Delete every row but those of the tables to keep, and what migrations made; children before parents.

    The audit stays, as always: its role may not delete from it. A worker may still be at work on what is
    deleted, and write between: then all is deleted once more.
    """
    for _ in range(_MEETINGS):
        with suppress(Unavailable, ForeignKeyViolationError):
            return await _delete_all(database, keep)
    return await _delete_all(database, keep)


async def _delete_all(database: Database, keep: tuple[str, ...]) -> None:
    async with database.begin() as tx:
        tables = {row["name"] for row in await tx.connection.fetch(_TABLES)}
        parents: dict[str, set[str]] = {name: set() for name in tables}
        for row in await tx.connection.fetch(_REFERENCES):
            if row["child"] != row["parent"] and row["child"] in tables:
                parents[row["child"]].add(row["parent"])
        ordered = [
            name for name in TopologicalSorter(parents).static_order() if name not in {*keep, *_SEEDED}
        ]
        await tx.connection.execute("; ".join(f'DELETE FROM "{name}"' for name in reversed(ordered)))
