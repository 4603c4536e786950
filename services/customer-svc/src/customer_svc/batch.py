"""Batches: each item is judged and answered by itself, in the order it was sent."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple
from uuid import UUID

from starlette.requests import Request

from shared.http import BatchResult, BatchResults
from shared.http.batches import Refused
from shared.http.errors import chinese, document
from shared.problems import Problem


class Outcome(NamedTuple):
    """What became of one row of a chunk.

    `created`: it is new. `changed`: it was there and has other content now. `unchanged`: it was there with
    the same content. `duplicate`: its key is there with other content. `problem`: it was refused. Nothing is
    written but for `created` and `changed`. `id` is the record's own or, for the others that have one, that
    of the record which is there; `version` is the one that a changed record has now. `parts` came with the
    row: what each is called, and its id.
    """

    status: Literal["created", "changed", "unchanged", "duplicate", "problem"]
    id: UUID | None = None
    problem: Problem | None = None
    version: int = 1
    parts: tuple[tuple[str, UUID], ...] = ()

    @property
    def record_id(self) -> UUID:
        """The id of an outcome that has one: created, changed or unchanged."""
        if self.id is None:
            raise ValueError(f"nothing was stored: {self.status}")
        return self.id


def results(request: Request, items: Sequence[Any], outcomes: Sequence[Outcome]) -> BatchResults:
    """The answer in the order of the items: the refused ones, and the outcomes of the others in turn."""
    zh = chinese(request.headers.get("accept-language"))
    judged = iter(outcomes)
    found = []
    for place, item in enumerate(items):
        outcome = Outcome("problem", problem=item.problem) if isinstance(item, Refused) else next(judged)
        problem = outcome.problem and document(outcome.problem, zh=zh, request_id=request.state.request_id)
        known = str(outcome.id) if outcome.id else None
        found.append(BatchResult(index=place, status=_status(outcome), id=known, problem=problem))
    return BatchResults(results=found)


def _status(outcome: Outcome) -> int:
    if outcome.problem is not None:
        return outcome.problem.status
    return 201 if outcome.status == "created" else 200
