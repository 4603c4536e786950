"""The course of a promise: open until it is kept, broken at its deadline, or withdrawn."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, get_args

from shared.problems import Conflict, Invalid

Status = Literal["open", "kept", "broken", "withdrawn"]
Verb = Literal["keep", "withdraw", "break"]
STATUSES: tuple[str, ...] = get_args(Status)
BREAK: Verb = "break"

MOVES: Mapping[tuple[Status, Verb], Status] = {
    ("open", "keep"): "kept",
    ("open", "withdraw"): "withdrawn",
    ("open", "break"): "broken",
    ("broken", "keep"): "kept",
    ("broken", "withdraw"): "withdrawn",
}
"""What a verb makes of a promise. One that was broken can still be kept, late."""


def after(status: Status, verb: Verb) -> Status:
    """The status after this verb; Conflict when the promise is over."""
    there = MOVES.get((status, verb))
    if there is None:
        raise Conflict(
            "promise_over",
            en=f"A promise that is {status} cannot change any more.",
            zh="该承诺已结束，无法再变更。",
            extra={"promise_status": status},
        )
    return there


def check_open(status: Status) -> None:
    """Refuse to edit a promise whose deadline has passed or that is over."""
    if status != "open":
        raise Conflict(
            "promise_not_open",
            en="Only an open promise can be changed.",
            zh="只能修改未到期的承诺。",
            extra={"promise_status": status},
        )


def check_ahead(due_at: datetime, *, now: datetime) -> None:
    """Refuse a deadline that has passed already."""
    if due_at <= now:
        raise Invalid.at("/due_at", "in_the_past", en="must lie in the future", zh="必须晚于当前时间")
