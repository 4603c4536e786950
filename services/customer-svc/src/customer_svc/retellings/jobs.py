"""The work behind a retelling: customers, then orders; a chunk and its position are one transaction."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self
from uuid import UUID

from customer_svc.retellings import commands, queries
from shared import operations
from shared.db import Reader, Tx
from shared.jobs import JobContext

_CHUNK = 1000
_FIRST = UUID(int=0)

Read = Callable[[Reader, UUID, int], Awaitable[list[dict[str, Any]]]]
Tell = Callable[[Tx, Sequence[Mapping[str, Any]], UUID, int], None]
_STEPS: Mapping[str, tuple[Read, Tell]] = {
    "customers": (queries.customers_behind, commands.tell_customers),
    "orders": (queries.orders_behind, commands.tell_orders),
}


@dataclass(frozen=True, slots=True)
class _Position:
    """How many of what were told, and behind which record of the entity it goes on; None when all is told."""

    entity: str | None
    after: UUID
    chunk: int
    told: Mapping[str, int]

    @classmethod
    def of(cls, result: Mapping[str, Any] | None) -> Self:
        """Where the last worker stopped, by the result that it reported."""
        if result is None:
            return cls("customers", _FIRST, 1, dict.fromkeys(_STEPS, 0))
        told = {entity: result[entity] for entity in _STEPS}
        return cls(result.get("entity"), UUID(result.get("after", str(_FIRST))), result.get("chunk", 1), told)

    def result(self) -> dict[str, Any]:
        """What the operation shows, and the next worker goes on from."""
        if self.entity is None:
            return dict(self.told)
        return {**self.told, "entity": self.entity, "after": str(self.after), "chunk": self.chunk}

    def behind(self, records: Sequence[Mapping[str, Any]]) -> Self:
        """The position after these records were told; the next entity's first if there were none."""
        entity = self.entity or ""
        if not records:
            following = [*_STEPS, None][[*_STEPS].index(entity) + 1]
            return replace(self, entity=following, after=_FIRST, chunk=1)
        told = {**self.told, entity: self.told[entity] + len(records)}
        return replace(self, after=records[-1]["id"], chunk=self.chunk + 1, told=told)


async def tell_anew(job: JobContext, args: dict[str, Any]) -> None:  # noqa: ARG001 - it is always everything
    """Tell of everything from where the last worker stopped; who heard it before finds nothing new in it."""
    if job.operation_id is None:
        raise ValueError("a retelling belongs to an operation")
    entity: str | None = "customers"
    while entity is not None and not await job.cancelled():
        async with job.begin() as tx:
            entity = await next_chunk(tx, job.operation_id)


async def next_chunk(tx: Tx, retelling: UUID, *, most: int = _CHUNK) -> str | None:
    """Tell of up to `most` (at most 1000) records; what the next chunk is about, None if there is none."""
    position = _Position.of(await operations.reported(tx, retelling))
    if position.entity is None:
        return None
    read, tell = _STEPS[position.entity]
    records = await read(tx, position.after, most)
    if records:
        tell(tx, records, retelling, position.chunk)
    position = position.behind(records)
    await operations.progress(tx, retelling, done=sum(position.told.values()), result=position.result())
    return position.entity
