"""The whole system in this process, and a world of records to call its operations with."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.types import ASGIApp
from tests.composed import Person, composed, hired, signed_in
from tests.fuzz.judge import Judge
from tests.fuzz.operations import Operation, operations_of
from tests.fuzz.world import World

from tonglu_local.postgres import EmbeddedPostgres
from tonglu_local.system import System


@pytest.fixture(scope="session")
async def system(
    postgres_server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[System]:
    state: Path = tmp_path_factory.mktemp("fuzz")
    async with composed(postgres_server, "fuzz", state) as system:
        yield system


@pytest.fixture(scope="session")
async def admin(system: System) -> Person:
    return await signed_in(system.front)


@pytest.fixture(scope="session")
async def nobody(system: System) -> Person:
    return Person(system.front)


@pytest.fixture(scope="session")
async def analyst(admin: Person) -> Person:
    """Somebody who may only read."""
    return await hired(admin, "fuzz-analyst", "analyst")


@pytest.fixture(scope="session")
async def document(nobody: Person) -> dict[str, object]:
    found: dict[str, object] = (await nobody("GET", "/openapi.json")).json()
    return found


@pytest.fixture(scope="session")
def operations(document: dict[str, object]) -> list[Operation]:
    return operations_of(document)


@pytest.fixture(scope="session")
async def world(system: System, admin: Person, operations: list[Operation]) -> World:
    me = (await admin("GET", "/v1/auth/me")).json()["id"]
    world = World(system, admin, me)
    world.learn(operations)
    await world.scored()
    return world


@pytest.fixture
def judge(document: dict[str, object]) -> Judge:
    return Judge(document)


@pytest.fixture(scope="session")
def front(system: System) -> ASGIApp:
    return system.front
