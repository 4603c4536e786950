"""A service's tables brought to the newest version by alembic over asyncpg, by one replica at a time."""

import ast
import asyncio
import importlib.util
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from zlib import crc32

import asyncpg
from sqlalchemy import Connection, MetaData
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

T = TypeVar("T")

_CONNECT_SECONDS = 5
_OTHER_REPLICA_SECONDS = 120
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True, slots=True)
class _Versions:
    folder: Path
    known: frozenset[str]
    head: str


def run_environment(metadata: MetaData) -> None:
    """What a service's `migrations/env.py` does: run the migrations on the connection it was handed."""
    from alembic import context  # noqa: PLC0415  a start at head must not pay for importing alembic

    connection = context.config.attributes.get("connection")
    if connection is None:
        raise RuntimeError("migrations run through shared.db.migrate.upgrade (python -m <service> migrate)")
    context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


async def is_at_head(package: str, url: str) -> bool:
    """Whether the database serves this code: its version is the package's newest, or one it does not know.

    An unknown version was made by newer code during a rolling update. Migrations expand first and contract
    later, so the older replica stays ready and does not migrate.
    """
    versions = _versions(package)
    current = await _current(url)
    return current is not None and (current == versions.head or current not in versions.known)


async def upgrade(package: str, owner_url: str, *, to: str = "head") -> None:
    """Apply the package's missing migrations; nothing is imported or locked when there are none.

    Each migration is one transaction; a statement that waits longer than two seconds for a lock fails. `to`
    is the last revision that is applied, so that a test finds a database as an older system left it.
    """
    if await is_at_head(package, owner_url):
        return
    await asyncio.to_thread(_alone, owner_url, lambda connection: _apply(package, connection, to))


async def differences(package: str, owner_url: str, metadatas: Sequence[MetaData]) -> list[Any]:
    """What still separates the tables in code from the migrated database, as alembic's operations."""
    await upgrade(package, owner_url)
    return await asyncio.to_thread(_alone, owner_url, lambda connection: _compare(connection, metadatas))


@cache
def _versions(package: str) -> _Versions:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise LookupError(f"there is no package {package}")
    folder = Path(spec.submodule_search_locations[0]) / "migrations"
    parents = dict(_revision(path) for path in sorted((folder / "versions").glob("[!_]*.py")))
    heads = parents.keys() - {parent for followed in parents.values() for parent in followed}
    if len(heads) != 1:
        raise LookupError(f"{package} needs one newest migration, it has {sorted(heads)}")
    return _Versions(folder, frozenset(parents), heads.pop())


def _revision(path: Path) -> tuple[str, tuple[str, ...]]:
    found: dict[str, Any] = {}
    for node in ast.parse(path.read_text("utf-8")).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        for target in targets:
            if isinstance(target, ast.Name) and target.id in {"revision", "down_revision"}:
                found[target.id] = ast.literal_eval(node.value)  # type: ignore[attr-defined]
    parents = found.get("down_revision") or ()
    return found["revision"], (parents,) if isinstance(parents, str) else tuple(parents)


async def _current(url: str) -> str | None:
    connection = await asyncpg.connect(url, timeout=_CONNECT_SECONDS, command_timeout=_CONNECT_SECONDS)
    try:
        version: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        return None
    else:
        return version
    finally:
        await connection.close()


def _alone(owner_url: str, work: Callable[[Connection], T]) -> T:
    """Alembic keeps the running migration in module globals: two at once in one process would mix."""
    with _ONE_AT_A_TIME:
        return asyncio.run(_connected(owner_url, work))


async def _connected(owner_url: str, work: Callable[[Connection], T]) -> T:
    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=lambda: asyncpg.connect(owner_url, timeout=_CONNECT_SECONDS),
        poolclass=NullPool,
    )
    try:
        async with engine.connect() as connection:
            await connection.exec_driver_sql(f"SET lock_timeout = '{_OTHER_REPLICA_SECONDS}s'")
            await connection.exec_driver_sql(f"SELECT pg_advisory_lock({crc32(b'tonglu migrations')})")
            await connection.exec_driver_sql("SET lock_timeout = '2s'")
            await connection.commit()
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


def _apply(package: str, connection: Connection, to: str) -> None:
    from alembic import command, config  # noqa: PLC0415  see run_environment

    settings = config.Config(attributes={"connection": connection})
    settings.set_main_option("script_location", str(_versions(package).folder).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    command.upgrade(settings, to)


def _compare(connection: Connection, metadatas: Sequence[MetaData]) -> list[Any]:
    from alembic import autogenerate, migration  # noqa: PLC0415  see run_environment

    context = migration.MigrationContext.configure(connection, opts={"compare_type": True})
    return list(autogenerate.compare_metadata(context, list(metadatas)))  # type: ignore[arg-type]
