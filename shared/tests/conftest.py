"""A database with the tables of long work, for the tests of jobs, operations, uploads and references."""

from collections.abc import AsyncIterator, Callable
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
_FIRST = 'from shared.migrations.jobs_v1 import upgrade\n\nrevision = "0001"\ndown_revision = None\n'


@pytest.fixture(scope="session")
async def work_urls(
    service_database: Callable[[str], ServiceUrls], tmp_path_factory: pytest.TempPathFactory
) -> ServiceUrls:
    """A migrated database of its own."""
    urls = service_database("work")
    folder = tmp_path_factory.mktemp("packages")
    _package(folder / "sample_of_work")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        await upgrade("sample_of_work", urls.owner_url)
    return urls


def _package(folder: Path) -> None:
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    (folder / "__init__.py").touch()
    (versions.parent / "env.py").write_text(_ENV)
    (versions / "0001_work.py").write_text(_FIRST)


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
