"""A scoring-svc of its own, without a worker: what the reports are made of is written by the tests."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import insert

from scoring_svc.app import build
from scoring_svc.settings import Settings
from shared.auth import Principal
from shared.composition import Service
from shared.db import Database, prepare
from shared.testing import clean, running, service_client, staff


@dataclass
class World:
    """The service, and what a caller gets from it."""

    service: Service
    manager: Principal = field(default_factory=lambda: staff("manager"))

    @property
    def database(self) -> Database:
        return self.service.database

    async def ask(self, path: str, who: Principal | None = None, **params: Any) -> Any:
        """The answer; `since` and `until` are told as `from` and `to`."""
        named = {{"since": "from", "until": "to"}.get(name, name): value for name, value in params.items()}
        language = named.pop("language", "en")
        async with service_client(
            self.service, who or self.manager, **{"accept-language": language}
        ) as client:
            return await client.get(path, params={k: v for k, v in named.items() if v is not None})

    async def read(self, path: str, who: Principal | None = None, **params: Any) -> Any:
        answer = await self.ask(path, who, **params)
        assert answer.status_code == 200, answer.text
        assert "NaN" not in answer.text
        assert "Infinity" not in answer.text
        return answer.json()

    async def write(self, table: Any, rows: list[dict[str, Any]]) -> None:
        """Rows as they are; columns that are not named are null."""
        columns = table.__table__.c
        full = [{name: None for name in columns.keys()} | row for row in rows]  # noqa: C420, SIM118
        async with self.database.begin() as tx:
            await tx.run_many(prepare(insert(table.__table__), *columns.keys()), full)


@pytest.fixture(scope="session")
async def served(service_database: Any) -> AsyncIterator[Service]:
    async with running(build, Settings, service_database("scoring_insights"), worker=False) as service:
        yield service


@pytest.fixture
async def world(served: Service) -> World:
    await clean(served.database)
    return World(served)
