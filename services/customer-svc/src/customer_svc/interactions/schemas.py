"""What interaction-svc answers to work that goes on for its caller."""

from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from customer_svc.batch import Outcome
from shared.problems import Conflict, FieldError, Forbidden, Invalid, NotFound, Problem

_KINDS: Mapping[int, type[Problem]] = {each.status: each for each in (Conflict, Forbidden, Invalid, NotFound)}


class ErrorRead(BaseModel):
    """One wrong place of an item."""

    pointer: str
    code: str
    en: str
    zh: str


class ProblemRead(BaseModel):
    """Why an item was refused, in both languages."""

    status: int
    code: str
    en: str
    zh: str
    errors: list[ErrorRead] = []

    def problem(self) -> Problem:
        """The same as our own."""
        errors = tuple(FieldError(**one.model_dump()) for one in self.errors)
        return _KINDS.get(self.status, Invalid)(self.code, en=self.en, zh=self.zh, errors=errors)


class OutcomeRead(BaseModel):
    """What became of one item."""

    status: Literal["created", "unchanged", "duplicate", "problem"]
    id: UUID | None = None
    version: int = 1
    problem: ProblemRead | None = None

    def outcome(self) -> Outcome:
        """The same as that of a row."""
        problem = None if self.problem is None else self.problem.problem()
        return Outcome(self.status, self.id, problem, self.version)


class Loaded(BaseModel):
    """The outcome of each item of a step, in order."""

    outcomes: list[OutcomeRead]


class WithdrawalRead(BaseModel):
    """Whether one interaction is gone; `code` says why it stays."""

    id: UUID
    status: Literal["undone", "kept"]
    code: Literal["changed_since", "gone"] | None = None


class Withdrawn(BaseModel):
    """The same of each item of a step."""

    outcomes: list[WithdrawalRead]


class PageInfo(BaseModel):
    """Where the list goes on."""

    next_cursor: str | None = None


class InteractionPage(BaseModel):
    """Interactions as their list shows them."""

    data: list[dict[str, Any]]
    page: PageInfo
