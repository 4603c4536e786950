"""Both trees read whole, now and then: what was told before anybody listened, and what never arrived."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from gateway.reach.clients import Kind, Trees
from gateway.reach.commands import keep_distributors, keep_units
from gateway.reach.domain import Place
from shared.auth import Principal
from shared.db import Tx
from shared.jobs import Every, JobContext

JOB = "reach.survey"
EACH_HOUR = Every(JOB, seconds=3600, first_after=60)
SURVEYOR = Principal(
    "service",
    UUID("9a3f6c1e-5b52-4a57-8f0b-6d2d1e7c4a05"),
    granted=frozenset({"distributors:read", "org_units:read"}),
)
"""Who asks: the gateway itself, for nobody."""

Keep = Callable[[Tx, list[Place]], Awaitable[int]]


class Survey:
    """`token_for` mints an internal token of a principal for a service."""

    def __init__(self, trees: Trees, token_for: Callable[[Principal, str], Awaitable[str]]) -> None:
        self._trees = trees
        self._token_for = token_for

    async def __call__(self, job: JobContext, args: dict[str, Any]) -> None:  # noqa: ARG002 - nothing to say
        """Read both trees; Unavailable, to be tried again, while customer-svc does not answer."""
        await self._read(job, "distributors", keep_distributors)
        await self._read(job, "org-units", keep_units)

    async def _read(self, job: JobContext, kind: Kind, keep: Keep) -> None:
        cursor, more = None, True
        while more:
            token = await self._token_for(SURVEYOR, "customer-svc")
            part = await self._trees.part(kind, token, cursor)
            async with job.begin() as tx:
                await keep(tx, part.places)
            cursor, more = part.cursor, part.cursor is not None
