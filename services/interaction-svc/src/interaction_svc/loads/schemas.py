"""What the steps of a load look like on the wire, told in both languages: a file has readers of either."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field

from interaction_svc.interactions.schemas import InteractionCreate, InteractionQuery
from interaction_svc.loads.domain import Outcome, Reason, Status, Taken
from shared.http import Input, Output
from shared.http.batches import MOST_ITEMS, Items
from shared.http.types import NO_FLAG, Flag
from shared.problems import Problem

MOST_STEPS = 2**31 - 1
"""The events count steps from 1 in 31 bits."""
MOST_PAGE = 2000


class Step(Input):
    """Which step of which work this is: sent again it is answered again."""

    work_id: UUID
    step: Annotated[int, Field(ge=0, lt=MOST_STEPS), NO_FLAG]


class Load(Step):
    """Interactions of a file, each read apart."""

    dry_run: Flag
    items: Items[InteractionCreate]


class Left(Input):
    """An interaction in the version in which a load left it."""

    id: UUID
    version: Annotated[int, Field(ge=1, lt=2**31), NO_FLAG]


class Withdrawal(Step):
    """Interactions to be taken back."""

    items: Annotated[list[Left], Field(min_length=1, max_length=MOST_ITEMS)]


class ExportQuery(InteractionQuery):
    """As of the list, with larger pages; the newest entry first, so that what comes meanwhile is not met."""

    limit: Annotated[int, Field(ge=1, le=MOST_PAGE)] = MOST_PAGE
    sort: Annotated[str, Field(max_length=60)] | None = "-created_at"


class FaultTold(Output):
    """One wrong place of an item."""

    pointer: str
    code: str
    en: str
    zh: str


class ProblemTold(Output):
    """Why an item was refused, in both languages."""

    status: int
    code: str
    en: str
    zh: str
    errors: list[FaultTold]

    @classmethod
    def of(cls, problem: Problem) -> Self:
        """A problem as it is told."""
        errors = [FaultTold(pointer=e.pointer, code=e.code, en=e.en, zh=e.zh) for e in problem.errors]
        return cls(status=problem.status, code=problem.code, en=problem.en, zh=problem.zh, errors=errors)


class LoadOutcome(Output):
    """What became of one item (see `domain.Outcome`); what is created has version 1."""

    status: Status
    id: UUID | None
    version: int = 1
    problem: ProblemTold | None

    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        """An outcome as it is told."""
        problem = outcome.problem and ProblemTold.of(outcome.problem)
        return cls(status=outcome.status, id=outcome.id, problem=problem)


class LoadAnswer(Output):
    """What became of the items, in their order."""

    outcomes: list[LoadOutcome]


class WithdrawalOutcome(Output):
    """What became of one interaction, and why it stays if it does."""

    id: UUID
    status: Literal["undone", "kept"]
    code: Reason | None

    @classmethod
    def of(cls, taken: Taken) -> Self:
        """What became of one as it is told."""
        return cls(id=taken.id, status="undone" if taken.code is None else "kept", code=taken.code)


class WithdrawalAnswer(Output):
    """What became of the interactions, in their order."""

    outcomes: list[WithdrawalOutcome]
