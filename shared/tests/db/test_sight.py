"""What is in sight: by the condition in the statement, and by row security without any condition."""

from collections.abc import AsyncIterator
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Column, MetaData, Table, Text, Uuid, select, update

from shared.db import Database, Scope, Sight, in_sight, prepare, sight, visible
from shared.migrations.sight import narrow
from shared.problems import Forbidden

D1, D2, ANN, BOB, UNIT = (UUID(int=number) for number in range(1, 6))
META = MetaData()
CUSTOMERS = Table(
    "buyer",
    META,
    Column("id", Uuid, primary_key=True),
    Column("distributor_id", Uuid),
    Column("owner_id", Uuid),
    Column("org_unit_id", Uuid),
)
CASES = Table(
    "matter",
    META,
    Column("id", Uuid, primary_key=True),
    Column("customer_id", Uuid),
    Column("distributor_id", Uuid),
    Column("owner_id", Uuid),
    Column("note", Text),
)
STEPS = Table("stride", META, Column("id", Uuid, primary_key=True), Column("matter_id", Uuid))
BUYER = Sight(CUSTOMERS.c.distributor_id, held=(CUSTOMERS.c.owner_id, CUSTOMERS.c.org_unit_id))
MATTER = Sight(
    CASES.c.distributor_id, held=(CASES.c.owner_id,), customer=CASES.c.customer_id, customers=CUSTOMERS
)
# A customer's distributor, owner and unit, and who is responsible for its matter.
HELD_BY = {
    UUID(int=11): (D1, ANN, None, BOB),
    UUID(int=12): (D2, None, UNIT, BOB),
    UUID(int=13): (None, ANN, UNIT, BOB),
    UUID(int=14): (None, None, None, ANN),
}
SEEN = [
    (Scope(), {11, 12, 13, 14}, {11, 12, 13, 14}),
    (Scope(frozenset({D1})), {11}, {11}),
    (Scope(frozenset({D1, D2})), {11, 12}, {11, 12}),
    (Scope(frozenset()), set(), set()),
    (Scope(holders=frozenset({ANN})), {11, 13}, {11, 13, 14}),
    (Scope(holders=frozenset({UNIT, uuid4()})), {12, 13}, {12, 13}),
    (Scope(holders=frozenset({BOB})), set(), {11, 12, 13}),
    (Scope(frozenset({D1}), frozenset({UNIT})), set(), set()),
    (Scope(holders=frozenset()), set(), set()),
]


def migration() -> str:
    """The SQL that `narrow` makes, as alembic writes it."""
    said = StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": said}
    )
    with Operations.context(context) as op:
        for table in META.sorted_tables:
            op.create_table(table.name, *(Column(c.name, c.type) for c in table.c))
        narrow("buyer", held=("owner_id", "org_unit_id"))
        narrow("matter", held=("owner_id",), through="buyer")
        narrow("stride", distributor=None, through="matter", by="matter_id")
    return said.getvalue()


@pytest.fixture(scope="module")
async def database(service_database: Any) -> AsyncIterator[Database]:
    urls = service_database("sight")
    owner = await asyncpg.connect(urls.owner_url)
    await owner.execute(migration())
    await owner.execute("SET app.distributor = '*'; SET app.holders = '*'")
    for number, (distributor, holder, unit, responsible) in HELD_BY.items():
        await owner.execute("INSERT INTO buyer VALUES ($1, $2, $3, $4)", number, distributor, holder, unit)
        await owner.execute(
            "INSERT INTO matter VALUES ($1, $1, $2, $3, '')", number, distributor, responsible
        )
        await owner.execute("INSERT INTO stride VALUES ($1, $1)", number)
    await owner.close()
    database = Database(urls.app_url, max_size=2)
    await database.open()
    yield database
    await database.close()


def numbers(rows: list[Any]) -> set[int]:
    return {row["id"].int for row in rows}


@pytest.mark.parametrize(("scope", "buyers", "matters"), SEEN)
async def test_row_security_alone_shows_what_is_in_sight(database, scope, buyers, matters) -> None:
    async with database.read(scope) as reader:
        assert numbers(await reader.rows(select(CUSTOMERS.c.id))) == buyers
        assert numbers(await reader.rows(select(CASES.c.id))) == matters
        assert numbers(await reader.rows(select(STEPS.c.id))) == matters
    async with database.begin(scope) as tx:
        assert numbers(await tx.rows(select(CASES.c.id))) == matters


@pytest.mark.parametrize(("scope", "buyers", "matters"), SEEN)
async def test_the_condition_alone_shows_the_same(database, scope, buyers, matters) -> None:
    for table, place, wanted in ((CUSTOMERS, BUYER, buyers), (CASES, MATTER, matters)):
        prepared = prepare(select(table.c.id).where(in_sight(place)))
        async with database.read() as reader:
            assert numbers(await reader.rows(prepared, **sight(scope))) == wanted
            assert numbers(await reader.rows(select(table.c.id).where(*visible(scope, place)))) == wanted


async def test_a_row_can_be_handed_over_to_others_and_only_deliberately(database) -> None:
    given = update(CASES).where(CASES.c.id == UUID(int=14)).values(owner_id=BOB)
    mine = Scope(holders=frozenset({ANN}))
    with pytest.raises(Forbidden) as refused:
        async with database.begin(mine) as tx:
            await tx.run(given)
    assert refused.value.code == "out_of_sight"
    async with database.begin(mine) as tx:
        async with tx.handing_over():
            assert await tx.run(given) == 1
        assert numbers(await tx.rows(select(CASES.c.id))) == {11, 13}
        await tx.connection.execute("ROLLBACK; BEGIN")
