"""The tables in code are those of the migrations."""

from typing import Any

from scoring_svc.tables import Base
from shared.db.base import SharedBase
from shared.db.migrate import differences


async def test_migrations_make_the_tables_that_the_code_speaks_of(service_database: Any) -> None:
    urls = service_database("scoring")
    assert await differences("scoring_svc", urls.owner_url, [Base.metadata, SharedBase.metadata]) == []
