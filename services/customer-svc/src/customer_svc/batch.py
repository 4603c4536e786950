"""Batches: each item is read, judged and answered by itself, in the order it was sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator
from starlette.requests import Request

from shared.http import BatchResult, BatchResults
from shared.http.errors import chinese, document, invalid_input
from shared.problems import Problem

Item = TypeVar("Item")
MOST_ITEMS = 1000


@dataclass(frozen=True, slots=True)
class Refused:
    """An item that cannot be read; it stands in the list in the item's place."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class Answered:
    """The status of one item, with its id or its problem."""

    status: int
    id: Any = None
    problem: Problem | None = None


def _apart(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    try:
        return read(value)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        return Refused(invalid_input([{**one, "loc": ("body", *one["loc"])} for one in found]))


Items = Annotated[list[Annotated[Item, WrapValidator(_apart)]], Field(min_length=1, max_length=MOST_ITEMS)]
"""A list of items of which a wrong one becomes `Refused` and does not spoil the others."""


def readable(items: Sequence[Item]) -> dict[int, Item]:
    """The items that could be read, by their place."""
    return {place: item for place, item in enumerate(items) if not isinstance(item, Refused)}


def results(request: Request, items: Sequence[Any], answered: dict[int, Answered]) -> BatchResults:
    """The answer in the order of the items, refused ones included."""
    zh = chinese(request.headers.get("accept-language"))
    found = []
    for place, item in enumerate(items):
        one = (
            Answered(item.problem.status, problem=item.problem)
            if isinstance(item, Refused)
            else answered[place]
        )
        problem = one.problem and document(one.problem, zh=zh, request_id=request.state.request_id)
        found.append(
            BatchResult(index=place, status=one.status, id=one.id and str(one.id), problem=problem or None)
        )
    return BatchResults(results=found)
