"""Among many reminders of one person the next ones of everybody are found by an index."""

from typing import Any
from uuid import UUID, uuid4

from notify_svc.firing import queries

from .steps import MANY


async def plan(world: Any, statement: Any, **given: Any) -> str:
    """How PostgreSQL goes about it when it does not know the arguments, as it does after a while."""
    async with world.database.begin() as tx:
        await tx.connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        rows = await tx.connection.fetch(f"EXPLAIN {statement.sql}", *statement.arguments(given))
    return "\n".join(row[0] for row in rows)


async def test_turns_are_found_by_assignee(world: Any) -> None:
    person = uuid4()
    await world.sql(MANY, 5000, person)
    await world.sql("UPDATE reminder SET assignee_id = $1 WHERE id::text > '1'", person)
    await world.sql("ANALYZE reminder")
    owners = await plan(world, queries._OWNERS_OF_MANY, start=UUID(int=0))
    claim = await plan(world, queries._CLAIM, owners=[person], most=500)
    assert owners.count("using reminder_turn") == 2
    assert "Index Cond: (CASE WHEN (assignee_id IS NULL)" in owners
    assert "using reminder_turn on reminder reminder_1" in claim
    assert "reminder_pkey" in claim
