"""Migrations on a real server: applied once, by one at a time, and compared with the tables in code."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text

from shared.db.migrate import differences, is_at_head, upgrade
from tonglu_local.postgres import ServiceUrls

FIRST = """
import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table("shelf", sa.Column("id", sa.Integer, primary_key=True), sa.Column("label", sa.Text))
"""
SECOND = """
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"


def upgrade():
    op.execute("SELECT pg_sleep(0.2)")
    op.execute("INSERT INTO shelf VALUES (1, 'first')")
"""


@pytest.fixture
def urls(service_database: Callable[[str], ServiceUrls]) -> ServiceUrls:
    return service_database(f"migrate{uuid4().hex[:8]}")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    name = f"sample_{uuid4().hex[:8]}"
    versions = tmp_path / name / "migrations" / "versions"
    versions.mkdir(parents=True)
    (tmp_path / name / "__init__.py").touch()
    env = "from sqlalchemy import MetaData\nfrom shared.db.migrate import run_environment\n"
    (versions.parent / "env.py").write_text(env + "run_environment(MetaData())\n")
    (versions / "0001_shelf.py").write_text(FIRST)
    (versions / "0002_first.py").write_text(SECOND)
    monkeypatch.syspath_prepend(tmp_path)
    return name


async def _shelves(urls: ServiceUrls) -> list[tuple[int, str]]:
    connection = await asyncpg.connect(urls.app_url)
    try:
        return [tuple(row) for row in await connection.fetch("SELECT id, label FROM shelf")]
    finally:
        await connection.close()


async def test_migrating_twice_changes_nothing_more(package: str, urls: ServiceUrls) -> None:
    assert not await is_at_head(package, urls.app_url)
    await upgrade(package, urls.owner_url)
    await upgrade(package, urls.owner_url)
    assert await is_at_head(package, urls.app_url)
    assert await _shelves(urls) == [(1, "first")]


async def test_replicas_that_start_together_migrate_once(package: str, urls: ServiceUrls) -> None:
    await asyncio.gather(*(upgrade(package, urls.owner_url) for _ in range(4)))
    assert await _shelves(urls) == [(1, "first")]


async def test_a_failing_migration_leaves_the_last_good_version(
    package: str, urls: ServiceUrls, tmp_path: Path
) -> None:
    third = 'from alembic import op\nrevision = "0003"\ndown_revision = "0002"\n\n\ndef upgrade():\n'
    third += '    op.execute("DELETE FROM shelf")\n    op.execute("SELECT 1/0")\n'
    (tmp_path / package / "migrations" / "versions" / "0003_fails.py").write_text(third)
    with pytest.raises(Exception, match="division by zero"):
        await upgrade(package, urls.owner_url)
    assert await _shelves(urls) == [(1, "first")]
    assert not await is_at_head(package, urls.app_url)


async def test_a_database_migrated_by_newer_code_still_serves_this_code(
    package: str, urls: ServiceUrls
) -> None:
    await upgrade(package, urls.owner_url)
    connection = await asyncpg.connect(urls.owner_url)
    await connection.execute("UPDATE alembic_version SET version_num = '0099'")
    await connection.close()
    assert await is_at_head(package, urls.app_url)
    await upgrade(package, urls.owner_url)


async def test_a_column_without_a_migration_is_reported(package: str, urls: ServiceUrls) -> None:
    metadata = MetaData()
    shelf = Table("shelf", metadata, Column("id", Integer, primary_key=True), Column("label", Text))
    assert await differences(package, urls.owner_url, [metadata]) == []
    shelf.append_column(Column("height", Integer))
    assert "add_column" in str(await differences(package, urls.owner_url, [metadata]))
