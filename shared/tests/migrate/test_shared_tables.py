"""The tables that every service has are the same in code and in the migration."""

from collections.abc import Callable
from pathlib import Path

import pytest

import shared.audit.tables
import shared.http.idempotency
import shared.jobs.tables
import shared.messaging.tables
import shared.operations.tables
import shared.references.tables
import shared.uploads.tables  # noqa: F401 -- each brings its tables into the metadata
from shared.db.base import SharedBase
from shared.db.migrate import differences
from tonglu_local.postgres import ServiceUrls

ENV = """
from shared.db.base import SharedBase
from shared.db.migrate import run_environment

run_environment(SharedBase.metadata)
"""
FIRST = """
from shared.migrations import audit_v1, merging_v1, sight_v1, v1

revision = "0001"
down_revision = None


def upgrade():
    v1.upgrade()
    sight_v1.upgrade()
    audit_v1.upgrade()
    merging_v1.upgrade()
"""


async def test_the_shared_tables_are_what_their_migrations_make(
    service_database: Callable[[str], ServiceUrls], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = tmp_path / "sample_of_shared" / "migrations" / "versions"
    versions.mkdir(parents=True)
    (versions.parents[1] / "__init__.py").touch()
    (versions.parent / "env.py").write_text(ENV)
    (versions / "0001_shared.py").write_text(FIRST)
    monkeypatch.syspath_prepend(tmp_path)
    urls = service_database("sharedtables")
    assert await differences("sample_of_shared", urls.owner_url, [SharedBase.metadata]) == []
