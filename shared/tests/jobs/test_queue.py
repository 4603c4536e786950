"""What is put into the queue, and when it is due again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from shared import jobs
from shared.db import Database
from shared.jobs import enqueue, leases
from shared.jobs.domain import backoff, next_run
from shared.jobs.tables import Job

JOB: Any = Job.__table__  # type: ignore[attr-defined]
MINUTE = timedelta(minutes=1)
START = datetime(2020, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 300_000_000).map(lambda seconds: START + timedelta(seconds=seconds))


@given(planned=MOMENTS, now=MOMENTS, seconds=st.integers(1, 10_000_000))
def test_a_missed_rhythm_goes_on_with_the_first_beat_after_now(
    planned: datetime, now: datetime, seconds: int
) -> None:
    every = timedelta(seconds=seconds)
    following = next_run(planned, every, now)
    assert following > now
    assert following > planned
    assert (following - planned) % every == timedelta()
    assert following - every <= max(now, planned)


def test_waiting_grows_and_stays_bounded() -> None:
    waits = [backoff(attempt).total_seconds() for attempt in range(1, 9)]
    assert waits[:4] == [5, 20, 80, 320]
    assert waits[4:] == [600] * 4


async def test_work_of_a_transaction_that_failed_is_not_done(work: Database) -> None:
    async def fail() -> None:
        async with work.begin() as tx:
            await enqueue(tx, "greet", {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    async with work.read() as reader:
        assert await reader.rows(select(JOB)) == []


async def test_work_that_waits_under_the_same_key_is_not_doubled_but_brought_forward(work: Database) -> None:
    async with work.begin() as tx:
        later = await enqueue(tx, "greet", {"n": 1}, dedup_key="one", run_at=tx.now + timedelta(days=1))
        assert await leases.claim(tx, ["greet"], most=9, lease=MINUTE) == []
        assert await enqueue(tx, "greet", {"n": 1}, dedup_key="one") == later
        assert [job.id for job in await leases.claim(tx, ["greet"], most=9, lease=MINUTE)] == [later]


async def test_a_kind_without_a_handler_here_is_left_to_others(work: Database) -> None:
    async with work.begin() as tx:
        await enqueue(tx, "theirs", {})
        assert await leases.claim(tx, ["ours"], most=9, lease=MINUTE) == []


async def test_finished_work_is_forgotten_after_a_week(work: Database) -> None:
    async with work.begin() as tx:
        for number in range(2):
            await enqueue(tx, "greet", {"n": number})
        for job in await leases.claim(tx, ["greet"], most=9, lease=MINUTE):
            await leases.finish(tx, job)
        old = JOB.c.args["n"].as_integer() == 0
        await tx.run(JOB.update().where(old).values(finished_at=tx.now - timedelta(days=8)))
    await jobs.forget_old(work)
    async with work.read() as reader:
        assert [row["args"] for row in await reader.rows(select(JOB))] == [{"n": 1}]
