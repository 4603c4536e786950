"""The loop that claims due jobs, runs their handlers under a lease and records what became of them."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

import structlog

from shared.db import Database, Tx
from shared.jobs import leases, queue
from shared.jobs.context import Every, Follower, JobContext, JobHandler
from shared.jobs.domain import backoff
from shared.jobs.leases import Claimed, LeaseLost
from shared.jobs.periodic import plan
from shared.problems import Problem
from shared.telemetry.logs import where

LEASE = timedelta(seconds=60)
_log = structlog.get_logger(__name__)


class WorkerLost(Exception):
    """Every worker that had the job vanished while it ran."""


class HandlerCancelled(Exception):
    """The handler was cancelled by something of its own, not by this worker."""


class Worker:
    """Runs jobs of the kinds it has handlers for, at most `limit` at once.

    `exclusive` says that no other worker exists: what an earlier process left behind is taken up at once
    instead of when its lease ends. `follower` learns what becomes of jobs that belong to an operation.
    """

    def __init__(
        self,
        database: Database,
        handlers: Mapping[str, JobHandler],
        periodic: Sequence[Every] = (),
        *,
        follower: Follower,
        exclusive: bool = False,
        limit: int = 2,
        lease: timedelta = LEASE,
        poll_seconds: float = 1.0,
        wait_after: Callable[[int], timedelta] = backoff,
    ) -> None:
        self._db = database
        self._handlers = dict(handlers)
        self._periodic = tuple(periodic)
        self._follower = follower
        self._exclusive = exclusive
        self._limit = limit
        self._lease = lease
        self._poll_seconds = poll_seconds
        self._wait_after = wait_after
        self._running: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Work until cancelled; then running jobs are interrupted and given back, uncounted."""
        prepared = False
        try:
            while True:
                try:
                    if not prepared:
                        await self._prepare()
                        prepared = True
                    await self._start_due()
                except Exception as error:  # noqa: BLE001 -- a loop that died would do nothing for ever
                    _log.warning(
                        "jobs_claim_failed", error=type(error).__name__, where=where(error.__traceback__)
                    )
                await self._pause()
        finally:
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    async def _prepare(self) -> None:
        async with self._db.begin() as tx:
            if self._exclusive:
                await leases.orphan(tx)
            await plan(tx, self._periodic)

    async def _start_due(self) -> None:
        free = self._limit - len(self._running)
        if free <= 0:
            return
        async with self._db.begin() as tx:
            jobs = await leases.claim(tx, list(self._handlers), most=free, lease=self._lease)
        for job in jobs:
            task = asyncio.create_task(self._perform(job), name=f"job {job.kind}")
            self._running.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            _log.error("job_outcome_lost", error=type(error).__name__, where=where(error.__traceback__))
        self._db.signal(queue.BELL).set()

    async def _pause(self) -> None:
        bell = self._db.signal(queue.BELL)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._poll_seconds):
                await bell.wait()
        bell.clear()

    async def _perform(self, job: Claimed) -> None:
        context = JobContext(self._db, job, lease=self._lease, follower=self._follower)
        try:
            if await self._begin(job):
                await self._under_lease(context)
                await self._settle(job, lambda tx: self._succeed(tx, context))
        except LeaseLost:
            _log.warning("job_lease_lost", job=str(job.id), kind=job.kind, fence=job.fence)
        except asyncio.CancelledError:
            await self._give_back(job)
            raise
        except Exception as error:  # noqa: BLE001 -- whatever a handler raises is the job's failure
            failure = error
            with contextlib.suppress(LeaseLost):
                await self._settle(job, lambda tx: self._fail(tx, job, failure))

    async def _begin(self, job: Claimed) -> bool:
        if job.attempts > job.max_attempts:
            raise WorkerLost
        if job.operation_id is None:
            return True
        async with self._db.begin() as tx:
            await leases.hold(tx, job)
            wanted = await self._follower.started(tx, job.operation_id)
            if not wanted:
                await leases.finish(tx, job)
        return wanted

    async def _under_lease(self, context: JobContext) -> None:
        handler = self._handlers[context.claimed.kind]
        work = asyncio.ensure_future(handler(context, context.args))
        beat = asyncio.create_task(self._keep(context))
        try:
            await asyncio.wait({work, beat}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (work, beat):
                task.cancel()
            await asyncio.gather(work, beat, return_exceptions=True)
        if beat.done() and not beat.cancelled():
            beat.result()
        if work.cancelled():
            raise HandlerCancelled
        work.result()

    async def _keep(self, context: JobContext) -> None:
        """Heartbeats until the lease is lost: taken over, or not extended in time because of the database."""
        end = time.monotonic() + self._lease.total_seconds()
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 6)
            asked = time.monotonic()
            try:
                await context.heartbeat()
            except Problem:
                if time.monotonic() > end - self._lease.total_seconds() / 6:
                    raise LeaseLost from None
            else:
                end = asked + self._lease.total_seconds()

    async def _succeed(self, tx: Tx, context: JobContext) -> None:
        job = context.claimed
        await leases.finish(tx, job)
        if job.operation_id is None:
            return
        if context.told_to_stop:
            await self._follower.stopped(tx, job.operation_id)
        else:
            await self._follower.succeeded(tx, job.operation_id)

    async def _fail(self, tx: Tx, job: Claimed, error: Exception) -> None:
        name = type(error).__name__
        hopeless = isinstance(error, Problem) and error.status < 500  # noqa: PLR2004 -- the caller's mistakes
        last = hopeless or job.attempts >= job.max_attempts
        _log.error(
            "job_failed",
            job=str(job.id),
            kind=job.kind,
            error=name,
            where=where(error.__traceback__),
            last=last,
        )
        if not last:
            await leases.later(
                tx, job, wait=self._wait_after(job.attempts), attempts=job.attempts, error=name
            )
            return
        await leases.finish(tx, job, error=name)
        if job.operation_id is not None:
            await self._follower.failed(tx, job.operation_id, error)

    async def _settle(self, job: Claimed, write: Callable[[Tx], Awaitable[None]]) -> None:
        """Record the outcome, trying for as long as the lease may last; after that another run decides."""
        end = time.monotonic() + self._lease.total_seconds()
        while True:
            try:
                async with self._db.begin() as tx:
                    return await write(tx)
            except Problem as problem:
                if problem.status < 500 or time.monotonic() > end:  # noqa: PLR2004 -- not the database's absence
                    _log.warning("job_outcome_lost", job=str(job.id), kind=job.kind, error=problem.code)
                    return None
                await asyncio.sleep(self._poll_seconds)

    async def _give_back(self, job: Claimed) -> None:
        """Let another worker start it at once; without a database its lease will end by itself."""
        with contextlib.suppress(LeaseLost, Problem, TimeoutError):
            async with asyncio.timeout(3), self._db.begin() as tx:
                await leases.later(tx, job, wait=timedelta(), attempts=job.attempts - 1)
