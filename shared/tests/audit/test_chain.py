"""A change and its entry are there together or not at all, and all entries are in one chain."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from shared.audit.journal import MOST_HELD
from shared.audit.readings import Reading
from shared.clock import utc_now
from shared.db import Database, Tx
from shared.problems import Unavailable
from shared.testing import carried
from tonglu_local.postgres import ServiceUrls

from .conftest import Audited, entry


def reading(*subjects: str) -> Reading:
    """Somebody read something."""
    return Reading(utc_now(), "getThing", "things", "staff", uuid4(), (), 200, b"", "r" * 8, subjects)


async def count(audited: Audited, table: str) -> int:
    async with audited.database.read() as db:
        return int(await db.connection.fetchval(f"SELECT count(*) FROM {table}"))


async def test_two_hundred_at_once_in_two_processes_make_one_gapless_chain(audited: Audited) -> None:
    journals = [audited.journal, audited.another()]

    async def many(place: int) -> None:
        for _ in range(10):
            await audited.change(journals[place % 2])
            journals[place % 2].read(reading())
            await journals[place % 2].flush()

    await asyncio.gather(*(many(place) for place in range(20)))
    verdict = await audited.verdict()
    assert (verdict.entries, verdict.head.number, verdict.broken) == (400, 400, None)


async def test_a_change_that_is_rolled_back_leaves_no_entry(audited: Audited) -> None:
    async def fail() -> None:
        async with audited.database.begin() as tx:
            audited.journal.change(tx, entry(tx))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    await audited.journal.flush()
    assert await count(audited, "audit_entry") == 0
    assert (await audited.verdict()).entries == 0


async def test_a_change_whose_entry_cannot_be_written_does_not_happen(audited: Audited) -> None:
    await audited.owner.execute("ALTER TABLE audit_entry ADD CONSTRAINT full_up CHECK (false) NOT VALID")
    try:
        with pytest.raises(asyncpg.CheckViolationError):
            await audited.change()
    finally:
        await audited.owner.execute("ALTER TABLE audit_entry DROP CONSTRAINT full_up")
    assert await count(audited, "thing") == 0


async def test_what_a_killed_process_left_is_sealed_by_the_next_sweep(audited: Audited) -> None:
    await audited.changes(2)
    killed = audited.another()
    for _ in range(3):
        await audited.change(killed)
    later = Database(audited.database._connections._url, clock=lambda: utc_now() + timedelta(minutes=2))
    await later.open()
    next_process = carried("audited", later)["journal"]
    assert await next_process.sweep() == 3
    assert await next_process.sweep() == 0
    await later.close()
    verdict = await audited.verdict()
    assert (verdict.entries, verdict.broken) == (5, None)


async def test_what_a_sweep_sealed_is_not_sealed_again_by_its_own_slow_process(audited: Audited) -> None:
    minutes = 2
    database = Database(
        audited.database._connections._url, clock=lambda: utc_now() - timedelta(minutes=minutes)
    )
    await database.open()
    slow = carried("audited", database)["journal"]
    async with database.begin() as tx:
        slow.change(tx, entry(tx))
    minutes = 0
    assert await audited.journal.sweep() == 1
    await slow.flush()
    await database.close()
    verdict = await audited.verdict()
    assert (verdict.entries, verdict.broken) == (1, None)


class Deaf(Database):
    """Its next commit happens, but the answer is lost on the way."""

    deaf = False

    @asynccontextmanager
    async def begin(self, *args: Any, **kwargs: Any) -> AsyncIterator[Tx]:
        async with super().begin(*args, **kwargs) as tx:
            yield tx
        if self.deaf:
            self.deaf = False
            raise Unavailable("database_unavailable", en="", zh="")


async def test_a_batch_whose_commit_was_not_heard_of_is_written_once(
    audited_urls: ServiceUrls, audited: Audited
) -> None:
    database = Deaf(audited_urls.app_url)
    await database.open()
    journal = carried("audited", database)["journal"]
    await audited.change(journal)
    journal.read(reading(str(uuid4())))
    database.deaf = True
    with pytest.raises(Unavailable):
        await journal.flush()
    journal.read(reading())
    await journal.flush()
    await database.close()
    verdict = await audited.verdict()
    assert (verdict.entries, verdict.broken) == (3, None)
    assert await count(audited, "audit_entry") == 3


async def test_reads_that_cannot_be_written_down_are_not_allowed(audited: Audited) -> None:
    await audited.owner.execute("ALTER TABLE audit_entry ADD CONSTRAINT full_up CHECK (false) NOT VALID")
    page = tuple(str(uuid4()) for _ in range(200))
    try:
        for _ in range(MOST_HELD // 201 + 1):
            audited.journal.admit()
            audited.journal.read(reading(*page))
        with pytest.raises(asyncpg.CheckViolationError):
            await audited.journal.flush()
        with pytest.raises(Unavailable) as refused:
            audited.journal.admit()
        assert refused.value.code == "audit_unavailable"
    finally:
        await audited.owner.execute("ALTER TABLE audit_entry DROP CONSTRAINT full_up")
    await audited.journal.flush()
    audited.journal.admit()
    assert (await audited.verdict()).entries == MOST_HELD // 201 + 1


async def test_a_process_that_ends_writes_what_waits(audited: Audited) -> None:
    audited.journal.read(reading())
    async with audited.database.begin() as tx:
        told = entry(tx, kind="refusal", status=403)
    for _ in range(3):
        audited.journal.refusal(told)
    await audited.journal.close()
    async with audited.database.read() as db:
        rows = await db.connection.fetch("SELECT kind, times FROM audit_entry ORDER BY kind, times")
    assert [tuple(row) for row in rows] == [("read", 1), ("refusal", 1), ("refusal", 2)]
    assert (await audited.verdict()).broken is None


async def test_a_chain_that_was_cut_under_a_living_process_is_reported(
    audited: Audited, capsys: pytest.CaptureFixture[str]
) -> None:
    await audited.changes(6)
    await audited.tamper("DELETE FROM audit_block WHERE first > 3")
    await audited.changes(1)
    assert "audit chain was cut" in capsys.readouterr().out
