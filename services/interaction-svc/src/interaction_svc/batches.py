"""A batch read item by item: what is right goes in, what is wrong gets its own problem."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from fastapi import Request

from interaction_svc.customers import clients
from shared.auth import Principal
from shared.http import errors
from shared.http.batches import Refused
from shared.problems import NotFound, Problem

Item = TypeVar("Item")


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
        zh = errors.chinese(request.headers.get("accept-language"))
        lines: dict[int, dict[str, Any]] = {
            index: {"index": index, "status": 201, "id": str(one)}
            for index, one in zip(self.right, ids, strict=True)
        }
        for index, problem in self.wrong.items():
            document = errors.document(problem, zh=zh, request_id=request.state.request_id)
            lines[index] = {"index": index, "status": problem.status, "problem": document}
        return {"results": [lines[index] for index in sorted(lines)]}


async def check_batch(
    request: Request, caller: Principal, items: Sequence[Item], check: Callable[[Item], None]
) -> Batch[Item]:
    """Judge every item alone: how it was read, `check(item)`, and its `customer_id`.

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
    found = await clients.distributors_of(request, caller, [_customer(item) for item in right.values()])
    absent = {customer: one for customer, one in found.items() if isinstance(one, NotFound)}
    wrong |= {index: absent[_customer(item)] for index, item in right.items() if _customer(item) in absent}
    known = {customer: one for customer, one in found.items() if not isinstance(one, NotFound)}
    return Batch({index: item for index, item in right.items() if index not in wrong}, known, wrong)


def _customer(item: Any) -> UUID:
    customer_id: UUID = item.customer_id
    return customer_id


def _judged(item: Item, check: Callable[[Item], None]) -> Problem | None:
    try:
        check(item)
    except Problem as problem:
        return problem
    return None
