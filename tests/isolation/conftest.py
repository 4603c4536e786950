"""The whole system, an owner with a record of everything, and strangers of every kind."""

from collections.abc import AsyncIterator

import pytest
from tests.composed import Person, composed, signed_in
from tests.fuzz.operations import Operation, operations_of
from tests.fuzz.world import World
from tests.isolation import people
from tests.isolation.findings import Findings
from tests.isolation.people import Asker
from tests.isolation.scene import House, Scene, Stranger
from tests.isolation.shop import Shop, shop_of

from tonglu_local.postgres import EmbeddedPostgres
from tonglu_local.system import System

BY_LINK = {"downloadAttachment", "sendComplaintPage"}
"""Open to whoever has a link, whoever they are; a link is made only by who sees the record."""


@pytest.fixture(scope="session")
async def system(
    postgres_server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[System]:
    async with composed(postgres_server, "isolation", tmp_path_factory.mktemp("isolation")) as system:
        yield system


@pytest.fixture(scope="session")
async def admin(system: System) -> Person:
    return await signed_in(system.front)


@pytest.fixture(scope="session")
async def administrator(admin: Person) -> Asker:
    return await people.administrator(admin)


@pytest.fixture(scope="session")
async def operations(admin: Person) -> list[Operation]:
    return operations_of((await admin("GET", "/openapi.json")).json())


@pytest.fixture(scope="session")
async def world(system: System, administrator: Asker, operations: list[Operation]) -> World:
    world = World(system, administrator.person, administrator.id)
    world.learn(operations)
    return world


@pytest.fixture(scope="session")
async def house(world: World, admin: Person) -> House:
    distributor, unit = await world.distributor(), await world.org_unit()
    return House(
        await people.partner(admin, "the owner's key", distributor),
        await people.member(admin, "holder", "sales", "own", unit),
        await people.member(admin, "mate", "sales", "unit", unit),
        await people.member(admin, "chief", "manager", "all"),
        distributor,
        unit,
    )


@pytest.fixture(scope="session")
async def shop(world: World, house: House) -> Shop:
    home = {
        "distributor_id": house.distributor,
        "owner_id": house.holder.id,
        "org_unit_id": house.unit,
    }
    shop = shop_of(world, house.key, "Zq9Owners", home, house.holder.id)
    await shop.settle()
    await shop.scored()
    return shop


@pytest.fixture(scope="session")
async def strangers(world: World, shop: Shop, admin: Person) -> list[Stranger]:
    """All who are signed in: another distributor, and staff of every role out of whose sight the shop is."""
    another = await world.distributor()
    elsewhere = await world.org_unit()
    key = await people.partner(admin, "another distributor", another)
    found = [Stranger(key, shop_of(shop, key, "Zq9Others", {"distributor_id": another}, world.admin_id))]
    for role, scope in (
        ("manager", "own"),
        ("sales", "own"),
        ("service", "own"),
        ("sales", "unit"),
        ("analyst", "own"),
    ):
        asker = await people.member(admin, f"{role}-{scope}", role, scope, elsewhere)
        beginner = asker if "imports:write" in asker.permissions else key
        own = shop_of(shop, beginner, "Zq9Others", {"owner_id": asker.id}, asker.id)
        found.append(Stranger(asker, own))
    return found


@pytest.fixture(scope="session")
def scene(
    operations: list[Operation], shop: Shop, house: House, administrator: Asker, strangers: list[Stranger]
) -> Scene:
    asked = [each for each in operations if each.id not in BY_LINK]
    return Scene(asked, shop, house, administrator, strangers, people.nobody(administrator.person))


@pytest.fixture
def findings(shop: Shop) -> Findings:
    return Findings(shop.secrets)
