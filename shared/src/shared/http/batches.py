"""Reading a batch item by item: a wrong one gets its own problem and does not spoil the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from shared.http.errors import invalid_input
from shared.problems import Problem

Item = TypeVar("Item")
MOST_ITEMS = 1000


@dataclass(frozen=True, slots=True)
class Refused:
    """An item that cannot be read; it stands in the list in the item's place."""

    problem: Problem


def _apart(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    try:
        return read(value)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        return Refused(invalid_input([{**one, "loc": ("body", *one["loc"])} for one in found]))


Items = Annotated[list[Annotated[Item, WrapValidator(_apart)]], Field(min_length=1, max_length=MOST_ITEMS)]
"""A list of items of which a wrong one becomes `Refused` and does not spoil the others."""


def readable(items: Sequence[Item]) -> list[Item]:
    """The items that could be read, in order."""
    return [item for item in items if not isinstance(item, Refused)]
