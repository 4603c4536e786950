"""The course of a promise: open until it is kept, broken at its deadline, or withdrawn."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, get_args

from shared.problems import Conflict, Invalid

Status = Literal["open", "kept", "broken", "withdrawn"]
Verb = Literal["make", "change", "move", "keep", "withdraw", "break"]
STATUSES: tuple[str, ...] = get_args(Status)
VERBS: tuple[str, ...] = get_args(Verb)
BREAK: Verb = "break"

MOVES: Mapping[tuple[Status, Verb], Status] = {
    ("open", "change"): "open",
    ("open", "move"): "open",
    ("open", "keep"): "kept",
    ("open", "withdraw"): "withdrawn",
    ("open", "break"): "broken",
    ("broken", "keep"): "kept",
    ("broken", "withdraw"): "withdrawn",
}
"""What a verb makes of a promise. One that was broken can still be kept, late, but gets no other date."""


_WHILE_OPEN = ("change", "move")


def allowed(status: Status) -> list[Verb]:
    """The verbs that a promise of this status knows, but for the one that only time does."""
    return [verb for before, verb in MOVES if before == status and verb != BREAK]


def after(status: Status, verb: Verb) -> Status:
    """The status after this verb; Conflict, with the verbs that are allowed, when it is not possible."""
    there = MOVES.get((status, verb))
    if there is not None:
        return there
    extra = {"promise_status": status, "allowed": allowed(status)}
    if verb in _WHILE_OPEN:
        raise Conflict(
            "promise_not_open",
            en="Only an open promise can be changed.",
            zh="只能修改未到期的承诺。",
            extra=extra,
        )
    raise Conflict(
        "promise_over",
        en=f"A promise that is {status} cannot change any more.",
        zh="该承诺已结束，无法再变更。",
        extra=extra,
    )


def check_ahead(due_at: datetime, *, now: datetime) -> None:
    """Refuse a deadline that has passed already."""
    if due_at <= now:
        raise Invalid.at("/due_at", "in_the_past", en="must lie in the future", zh="必须晚于当前时间")
