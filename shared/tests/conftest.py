"""A database with the tables of long work, for the tests of jobs, operations, uploads and references."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from sqlalchemy import text

from shared.db import Database
from shared.db.migrate import upgrade
from tonglu_local.postgres import ServiceUrls

_ENV = """
from shared.db.base import SharedBase
from shared.db.migrate import run_environment

run_environment(SharedBase.metadata)
"""
Tabled = Callable[..., Awaitable[ServiceUrls]]


@pytest.fixture(scope="session")
def tabled(
    service_database: Callable[[str], ServiceUrls], tmp_path_factory: pytest.TempPathFactory
) -> Tabled:
    async def make(name: str, *migrations: str) -> ServiceUrls:
        urls = service_database(name)
        folder = tmp_path_factory.mktemp("packages")
        _package(folder / f"sample_of_{name}", migrations)
        with pytest.MonkeyPatch.context() as patch:
            patch.syspath_prepend(folder)
            await upgrade(f"sample_of_{name}", urls.owner_url)
        return urls

    return make


@pytest.fixture(scope="session")
async def work_urls(tabled: Tabled) -> ServiceUrls:
    """A migrated database of its own."""
    return await tabled("work", "jobs_v1", "audit_v1", "merging_v1")


def _package(folder: Path, migrations: Sequence[str]) -> None:
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    (folder / "__init__.py").touch()
    (versions.parent / "env.py").write_text(_ENV)
    steps = "".join(f"    {each}.upgrade()\n" for each in migrations)
    (versions / "0001_first.py").write_text(
        f"from shared.migrations import {', '.join(migrations)}\n\n"
        f'revision = "0001"\ndown_revision = None\n\n\ndef upgrade():\n{steps}'
    )


@pytest.fixture(scope="session")
async def work_database(work_urls: ServiceUrls) -> AsyncIterator[Database]:
    database = Database(work_urls.app_url)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def work(work_database: Database) -> AsyncIterator[Database]:
    """The database of long work, empty again after the test."""
    yield work_database
    async with work_database.begin() as tx:
        for table in ("job", "operation", "upload", "customer_ref"):
            await tx.run(text(f"DELETE FROM {table}"))
