"""The table of a complaint's transitions: what leads from which state to which, if what lets it."""

from dataclasses import dataclass
from typing import Literal, get_args

Status = Literal[
    "received",
    "classified",
    "investigating",
    "waiting_customer",
    "resolving",
    "resolved",
    "informed",
    "mediation",
    "merged",
    "closed",
]
Verb = Literal[
    "open",
    "classify",
    "assign",
    "answer",
    "hear",
    "start",
    "wait",
    "resume",
    "escalate",
    "resolve",
    "inform",
    "mediate",
    "close",
    "reopen",
    "merge",
    "unmerge",
    "edit",
]
STATUSES: tuple[Status, ...] = get_args(Status)
DONE: tuple[Status, ...] = ("closed", "merged")
"""Nobody works on a case in these states."""
VERBS: tuple[Verb, ...] = get_args(Verb)


@dataclass(frozen=True, slots=True)
class Transition:
    """From a state by a verb to a state, if the guard lets it; `source` None: there was no case before."""

    source: Status | None
    verb: Verb
    target: Status
    guard: Literal["owned", "explained", "room_above"] | None = None


_UNRESOLVED: tuple[Status, ...] = (
    "received",
    "classified",
    "investigating",
    "waiting_customer",
    "resolving",
    "mediation",
)
TRANSITIONS: tuple[Transition, ...] = (
    Transition(None, "open", "received"),
    Transition("received", "classify", "classified"),
    Transition("classified", "classify", "classified"),
    Transition("investigating", "classify", "investigating"),
    Transition("waiting_customer", "classify", "waiting_customer"),
    Transition("resolving", "classify", "resolving"),
    *(Transition(status, "assign", status) for status in STATUSES if status not in DONE),
    *(Transition(status, "answer", status) for status in STATUSES if status not in DONE),
    *(
        Transition(status, "hear", "investigating" if status == "waiting_customer" else status)
        for status in STATUSES
        if status not in DONE
    ),
    *(Transition(status, "escalate", status, "room_above") for status in _UNRESOLVED),
    Transition("classified", "start", "investigating", "owned"),
    Transition("investigating", "wait", "waiting_customer", "owned"),
    Transition("waiting_customer", "resume", "investigating"),
    Transition("investigating", "start", "resolving", "owned"),
    *(Transition(status, "resolve", "resolved", "owned") for status in _UNRESOLVED),
    Transition("resolved", "inform", "informed"),
    Transition("informed", "inform", "informed"),
    Transition("resolved", "close", "closed", "explained"),
    Transition("informed", "close", "closed"),
    Transition("informed", "mediate", "mediation"),
    Transition("closed", "mediate", "mediation"),
    Transition("resolved", "reopen", "investigating"),
    Transition("informed", "reopen", "investigating"),
    Transition("closed", "reopen", "investigating"),
    *(Transition(status, "merge", "merged") for status in _UNRESOLVED),
    *(Transition("merged", "unmerge", status) for status in _UNRESOLVED),
)
"""Whatever is not in this table is refused; `resolve` may skip states when the first answer already helps.

Who closes a case whose result the customer was not told says why. `unmerge` leads back to where the case
was merged.
"""
EDITS: tuple[Transition, ...] = tuple(Transition(status, "edit", status) for status in STATUSES)
"""What is said of a case can be put right in every state; that is no step of its course."""
HIGHEST_LEVEL = 3

_TABLE = {(each.source, each.verb): each for each in TRANSITIONS}
_BACK = {(each.verb, each.target): each for each in TRANSITIONS if each.source == "merged"}


def transition(status: Status, verb: Verb, back_to: Status | None = None) -> Transition | None:
    """What the table has for this verb in this state; None if it is refused.

    `back_to`: the one way back of several.
    """
    found = _TABLE.get((status, verb))
    return found if found is None or back_to is None else _BACK.get((verb, back_to))


def allowed(status: str) -> list[str]:
    """The verbs that the table has for this state."""
    return list(dict.fromkeys(each.verb for each in TRANSITIONS if each.source == status))
