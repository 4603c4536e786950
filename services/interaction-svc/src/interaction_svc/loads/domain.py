"""When an interaction of a file is known again, and what becomes of each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from shared.problems import Conflict, Problem

Deed = Literal["load", "preview", "withdrawal"]
Status = Literal["created", "unchanged", "duplicate", "problem"]
Reason = Literal["changed_since", "gone"]
Marks = Mapping[str, bytes]

CONTENT = ("agreement", "participants", "attachments")
"""What an interaction says besides that by which it is known again."""


class Key(NamedTuple):
    """By what an interaction is known again; the customer as it is now."""

    customer_id: UUID
    occurred_at: datetime
    channel: str
    direction: str
    summary: str


@dataclass(frozen=True, slots=True)
class Known:
    """An interaction that is there, or that a preview foresaw: then it has no id.

    `marks` are equal for equal content.
    """

    id: UUID | None
    marks: Marks


@dataclass(frozen=True, slots=True)
class Row:
    """An interaction that was sent: the id that it gets if it is new, and which of its content was given."""

    key: Key
    id: UUID | None
    marks: Marks
    given: frozenset[str]


class Outcome(NamedTuple):
    """What became of one row.

    `created`: it is new. `unchanged`: it was there, and says what this one gives. `duplicate`: it was there
    and says something else. `problem`: it was refused. `id` is that of the interaction which is there now.
    """

    status: Status
    id: UUID | None = None
    problem: Problem | None = None


class Taken(NamedTuple):
    """What became of one interaction to be taken back, and why it stays if it does."""

    id: UUID
    code: Reason | None


def judge(rows: Iterable[Row], there: Mapping[Key, Sequence[Known]]) -> list[Outcome]:
    """Judge rows in their order, each against what is there and against the rows before it."""
    met = {key: list(known) for key, known in there.items()}
    outcomes = []
    for row in rows:
        known = met.setdefault(row.key, [])
        outcomes.append(_compared(row, known))
        if not known:
            known.append(Known(row.id, row.marks))
    return outcomes


def _compared(row: Row, there: Sequence[Known]) -> Outcome:
    if not there:
        return Outcome("created", row.id)
    for known in there:
        if all(known.marks[name] == row.marks[name] for name in row.given):
            return Outcome("unchanged", known.id)
    return Outcome("duplicate", there[0].id, _there_already())


def _there_already() -> Problem:
    return Conflict(
        "interaction_there",
        en="This interaction is there already, with another agreement, other participants or attachments.",
        zh="该沟通记录已存在，但约定、参与人或附件不同。",
    )


def taken(wanted: Iterable[tuple[UUID, int]], there: Mapping[UUID, Mapping[str, Any]]) -> list[Taken]:
    """Which of these go: those that still have this version. An id that is given twice is gone then."""
    left = dict(there)
    found = []
    for interaction_id, version in wanted:
        row = left.get(interaction_id)
        if row is None:
            found.append(Taken(interaction_id, "gone"))
        elif row["version"] != version:
            found.append(Taken(interaction_id, "changed_since"))
        else:
            del left[interaction_id]
            found.append(Taken(interaction_id, None))
    return found


def step_taken() -> Problem:
    """The refusal of a step that was taken with other content, or by somebody else."""
    return Conflict(
        "step_taken",
        en="This step of the work was taken with other items.",
        zh="该任务的这一步已用其他内容执行过。",
    )
