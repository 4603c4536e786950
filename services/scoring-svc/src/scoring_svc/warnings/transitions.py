"""The table of a warning's transitions: what leads from which status to which, if its guard lets it."""

from dataclasses import dataclass
from typing import Literal, get_args

Status = Literal["waiting", "open", "acknowledged", "acting", "closed"]
Verb = Literal["find", "raise", "acknowledge", "act", "assign", "schedule", "conclude", "lapse", "judge"]
STATUSES: tuple[Status, ...] = get_args(Status)
VERBS: tuple[Verb, ...] = get_args(Verb)
LIVE: tuple[Status, ...] = ("waiting", "open", "acknowledged", "acting")
CARRIED: tuple[Status, ...] = ("open", "acknowledged", "acting")
"""What counts against the capacity of its owner."""


@dataclass(frozen=True, slots=True)
class Transition:
    """From a status by a verb to a status; `source` None: there was no warning before."""

    source: Status | None
    verb: Verb
    target: Status
    guard: Literal["room", "unsaid"] | None = None


TRANSITIONS: tuple[Transition, ...] = (
    Transition(None, "find", "waiting"),
    Transition(None, "find", "open", "room"),
    Transition("waiting", "raise", "open", "room"),
    Transition("waiting", "acknowledge", "acknowledged"),
    Transition("open", "acknowledge", "acknowledged"),
    Transition("acknowledged", "acknowledge", "acknowledged"),
    *(Transition(status, "act", "acting") for status in LIVE),
    *(Transition(status, "assign", status) for status in LIVE),
    *(Transition(status, "schedule", status) for status in LIVE),
    *(Transition(status, "conclude", "closed") for status in LIVE),
    *(Transition(status, "lapse", "closed") for status in LIVE),
    Transition("closed", "judge", "closed", "unsaid"),
)
"""Whatever is not in this table is refused.

`room`: its owner carries less than the company lets them. `lapse` is by the system; whom it closed a person
may still `judge`, once (`unsaid`).
"""

_TABLE = {(each.source, each.verb): each for each in TRANSITIONS if each.source is not None}
MOVES = frozenset((each.source, each.target) for each in TRANSITIONS if each.source is not None)
"""From which status to which a row may go; the database holds it to the same pairs."""


def transition(status: Status, verb: Verb) -> Transition | None:
    """What the table has for this verb in this status; None if it is refused."""
    return _TABLE.get((status, verb))
