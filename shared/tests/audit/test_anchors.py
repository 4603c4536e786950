"""The chain's end is copied elsewhere, and a copy tells whether the chain still goes on from it."""

from typing import Any

import pytest

from shared.audit import anchors
from shared.db import Database
from shared.events import parse
from shared.events.audit import AuditAnchored

from .conftest import Audited


async def tell(audited: Audited) -> AuditAnchored | None:
    """What the service told now."""
    async with audited.database.read() as db:
        before = await db.connection.fetchval("SELECT count(*) FROM outbox")
    await anchors.tell(audited.database, "customer-svc")
    async with audited.database.read() as db:
        rows = await db.connection.fetch("SELECT payload FROM outbox ORDER BY seq OFFSET $1", before)
    return parse(rows[0]["payload"]).event if rows else None  # type: ignore[return-value]


async def keep(database: Database, *events: AuditAnchored) -> dict[str, Any]:
    """What another service makes of it."""
    for event in events:
        async with database.begin() as tx:
            await anchors.keeping("gateway")(tx, event)
    async with database.read() as db:
        known = await anchors.known(db)
    return {"newest": {name: row["turn"] for name, row in known.newest.items()}, "doubted": known.doubted}


@pytest.fixture
async def told(audited: Audited) -> list[AuditAnchored]:
    """Three anchors of a chain that grew; nothing of them is kept yet."""
    found = []
    for _ in range(3):
        await audited.changes(2)
        found.append(await tell(audited))
    await audited.forget_anchors()
    return [each for each in found if each is not None]


async def test_an_end_is_told_once_and_goes_on_from_the_one_before(audited: Audited) -> None:
    assert await tell(audited) is None
    await audited.changes(2)
    first = await tell(audited)
    assert await tell(audited) is None
    await audited.changes(2)
    second = await tell(audited)
    assert first is not None
    assert second is not None
    assert (first.version, first.number, first.previous_number) == (1, 2, 0)
    assert (second.version, second.number) == (2, 4)
    assert (second.previous_number, second.previous_hash) == (first.number, first.hash)


async def test_what_goes_on_is_believed(audited: Audited, told: list[AuditAnchored]) -> None:
    assert await keep(audited.database, *told) == {"newest": {"customer-svc": 3}, "doubted": {}}


async def test_one_that_comes_twice_or_late_changes_nothing(
    audited: Audited, told: list[AuditAnchored]
) -> None:
    first, second, third = told
    kept = await keep(audited.database, first, third, second, third)
    assert kept == {"newest": {"customer-svc": 3}, "doubted": {}}


async def test_a_service_does_not_keep_its_own_again(audited: Audited, told: list[AuditAnchored]) -> None:
    own = told[0].model_copy(update={"service": "gateway"})
    assert await keep(audited.database, own) == {"newest": {}, "doubted": {}}


async def test_a_cut_chain_is_doubted_by_whoever_kept_its_anchor(
    audited: Audited, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = await audited.changes(6)
    first = await tell(audited)
    await audited.tamper("DELETE FROM audit_block WHERE first > 3")
    await audited.tamper("DELETE FROM audit_entry WHERE id = ANY($1)", ids[3:])
    await audited.changes(5)
    second = await tell(audited)
    assert (await audited.verdict()).broken is None
    assert first is not None
    assert second is not None
    await audited.forget_anchors()
    kept = await keep(audited.database, first, second)
    assert kept == {"newest": {"customer-svc": 2}, "doubted": {"customer-svc": 2}}
    assert "audit chain does not go on from its anchor" in capsys.readouterr().out


async def test_an_anchor_that_is_denied_afterwards_is_doubted(
    audited: Audited, told: list[AuditAnchored]
) -> None:
    first, second, _ = told
    other = second.model_copy(update={"previous_hash": "0" * 64})
    assert (await keep(audited.database, first, other))["doubted"] == {"customer-svc": 2}
