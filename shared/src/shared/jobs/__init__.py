"""Durable work: queued in the caller's transaction, done by whichever worker holds the lease.

A handler runs at least once, so what it writes must bear repetition; `JobContext.begin` keeps a worker that
lost its lease from writing at all.
"""

from shared.jobs.context import Every, Follower, JobContext, JobHandler, Jobs
from shared.jobs.leases import LeaseLost
from shared.jobs.queue import enqueue, forget_old
from shared.jobs.worker import Worker

__all__ = [
    "Every",
    "Follower",
    "JobContext",
    "JobHandler",
    "Jobs",
    "LeaseLost",
    "Worker",
    "enqueue",
    "forget_old",
]
