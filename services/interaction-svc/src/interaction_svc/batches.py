"""A batch read item by item: what is right goes in, what is wrong gets its own problem."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from fastapi import Request

from interaction_svc.customers import clients
from interaction_svc.customers.schemas import OfCustomer
from shared.auth import Principal
from shared.http import errors
from shared.http.batches import Refused
from shared.problems import NotFound, Problem

Item = TypeVar("Item", bound=OfCustomer)


@dataclass(frozen=True, slots=True)
class Batch(Generic[Item]):
    """The right items by their place; whose customers they name; the problems of the others."""

    right: Mapping[int, Item]
    distributors: Mapping[UUID, UUID | None]
    wrong: Mapping[int, Problem]

    @property
    def items(self) -> list[Item]:
        """The right items in their order."""
        return list(self.right.values())

    def results(self, ids: Sequence[UUID], request: Request) -> dict[str, Any]:
        """The answer: `ids` are what became of the right items, in their order."""
        lines: dict[int, tuple[UUID | None, Problem | None]] = {
            index: (one, None) for index, one in zip(self.right, ids, strict=True)
        }
        lines |= {index: (None, problem) for index, problem in self.wrong.items()}
        return lines_of(request, [lines[index] for index in sorted(lines)], done=201)


def lines_of(
    request: Request, outcome: Sequence[tuple[UUID | None, Problem | None]], *, done: int
) -> dict[str, Any]:
    """The answer to a batch: for each item in its order its id, or what is wrong with it."""
    zh = errors.chinese(request.headers.get("accept-language"))
    results: list[dict[str, Any]] = []
    for index, (one, problem) in enumerate(outcome):
        if problem is None:
            results.append({"index": index, "status": done, "id": str(one)})
        else:
            document = errors.document(problem, zh=zh, request_id=request.state.request_id)
            results.append({"index": index, "status": problem.status, "problem": document})
    return {"results": results}


async def check_batch(
    request: Request, caller: Principal, items: Sequence[Item], check: Callable[[Item], None]
) -> Batch[Item]:
    """Judge every item alone: how it was read, `check(item)`, and its customer; each then has its id.

    Unavailable when a customer cannot be looked up now: then the whole batch is to be sent again.
    """
    wrong: dict[int, Problem] = {}
    right: dict[int, Item] = {}
    for index, item in enumerate(items):
        problem = item.problem if isinstance(item, Refused) else _judged(item, check)
        if problem is None:
            right[index] = item
        else:
            wrong[index] = problem
    right, unnamed = await _named(request, caller, right)
    wrong |= unnamed
    found = await clients.distributors_of(request, caller, [item.customer for item in right.values()])
    absent = {customer: one for customer, one in found.items() if isinstance(one, NotFound)}
    wrong |= {index: absent[item.customer] for index, item in right.items() if item.customer in absent}
    known = {customer: one for customer, one in found.items() if not isinstance(one, NotFound)}
    return Batch({index: item for index, item in right.items() if index not in wrong}, known, wrong)


async def _named(
    request: Request, caller: Principal, items: Mapping[int, Item]
) -> tuple[dict[int, Item], dict[int, Problem]]:
    """The items by their customers' ids, and the problems of those whose identity is not one customer's."""
    owners = await clients.owners_of(
        request, caller, (item.identity for item in items.values() if item.identity is not None)
    )
    named: dict[int, Item] = {}
    wrong: dict[int, Problem] = {}
    for index, item in items.items():
        owner = item.customer if item.identity is None else owners[item.identity]
        if isinstance(owner, Problem):
            wrong[index] = owner
        else:
            named[index] = item.of(owner)
    return named, wrong


def _judged(item: Item, check: Callable[[Item], None]) -> Problem | None:
    try:
        check(item)
    except Problem as problem:
        return problem
    return None
