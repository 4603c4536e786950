"""Old entries can be taken out by the owner alone, and the rest still holds."""

from datetime import timedelta

import asyncpg
import pytest

from shared.audit.retiring import BrokenAuditError, retire
from shared.audit.verify import Broken
from shared.clock import utc_now
from shared.db import Database
from shared.testing import carried
from tonglu_local.postgres import ServiceUrls

from .conftest import Audited

SOON = utc_now() + timedelta(days=1)


@pytest.fixture
async def owners(audited_urls: ServiceUrls) -> Database:
    database = Database(audited_urls.owner_url, max_size=2)
    await database.open()
    yield database
    await database.close()


async def test_what_is_left_holds_and_goes_on(audited: Audited, owners: Database) -> None:
    await audited.changes(6)
    middle = utc_now()
    kept = await audited.changes(3)
    journal = carried("audited", owners)["journal"]
    assert await retire(owners, journal, before=middle) == 6
    await audited.changes(2)
    verdict = await audited.verdict()
    assert (verdict.entries, verdict.head.number, verdict.broken) == (6, 12, None)
    async with audited.database.read() as db:
        told = await db.connection.fetchrow("SELECT * FROM audit_entry WHERE action = 'retireAudit'")
        left = await db.connection.fetch("SELECT id FROM audit_entry")
    assert (told["actor_kind"], told["records"], len(left)) == ("operator", 6, 6)
    assert set(map(str, kept)) <= {str(row["id"]) for row in left}


async def test_everything_can_go_and_the_chain_goes_on(audited: Audited, owners: Database) -> None:
    await audited.changes(4)
    for gone in (4, 1):
        assert await retire(owners, carried("audited", owners)["journal"], before=SOON) == gone
    await audited.changes(1)
    verdict = await audited.verdict()
    assert (verdict.entries, verdict.head.number, verdict.broken) == (2, 7, None)


async def test_nothing_is_taken_out_of_a_broken_chain(audited: Audited, owners: Database) -> None:
    ids = await audited.changes(4)
    await audited.tamper("DELETE FROM audit_entry WHERE id = $1", ids[1])
    with pytest.raises(BrokenAuditError):
        await retire(owners, carried("audited", owners)["journal"], before=SOON)
    assert (await audited.verdict()).broken == Broken(2, "entry_missing", ids[1])


async def test_the_role_that_serves_cannot_retire(audited: Audited) -> None:
    await audited.changes(4)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await retire(audited.database, audited.journal, before=SOON)
    assert (await audited.verdict()).entries == 4


async def test_a_forged_checkpoint_is_named(audited: Audited) -> None:
    await audited.changes(4)
    await audited.tamper("DELETE FROM audit_block WHERE first = 1")
    await audited.owner.execute(
        "INSERT INTO audit_checkpoint VALUES (3, sha256('guess'), sha256('guess'), now())"
    )
    assert (await audited.verdict()).broken == Broken(3, "checkpoint_changed")
