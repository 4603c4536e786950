"""Rules of the distributor archive: whose a record is, and the course of becoming a distributor."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args
from uuid import UUID

from shared.problems import Conflict, Invalid

Status = Literal["prospect", "onboarding", "active", "suspended", "ended"]
Stage = Literal["applied", "reviewing", "contract", "training", "active", "rejected", "withdrawn"]
Verb = Literal["review", "return", "approve", "sign", "activate", "reject", "withdraw", "reapply"]
STATUSES: tuple[Status, ...] = get_args(Status)
STAGES: tuple[Stage, ...] = get_args(Stage)
VERBS: tuple[Verb, ...] = get_args(Verb)


@dataclass(frozen=True, slots=True)
class Transition:
    """From a stage by a verb to a stage."""

    source: Stage
    verb: Verb
    target: Stage


TRANSITIONS: tuple[Transition, ...] = (
    Transition("applied", "review", "reviewing"),
    Transition("applied", "reject", "rejected"),
    Transition("applied", "withdraw", "withdrawn"),
    Transition("reviewing", "return", "applied"),
    Transition("reviewing", "approve", "contract"),
    Transition("reviewing", "reject", "rejected"),
    Transition("reviewing", "withdraw", "withdrawn"),
    Transition("contract", "sign", "training"),
    Transition("contract", "reject", "rejected"),
    Transition("contract", "withdraw", "withdrawn"),
    Transition("training", "activate", "active"),
    Transition("training", "withdraw", "withdrawn"),
    Transition("rejected", "reapply", "applied"),
    Transition("withdrawn", "reapply", "applied"),
)
"""Whatever is not in this table is refused, here and by a trigger of the database."""

STATUSES_OF: Mapping[Stage, tuple[Status, ...]] = {
    "applied": ("prospect",),
    "reviewing": ("onboarding",),
    "contract": ("onboarding",),
    "training": ("onboarding",),
    "active": ("active", "suspended", "ended"),
    "rejected": ("ended",),
    "withdrawn": ("ended",),
}
"""What a distributor's status can be at a stage; entering the stage makes it the first of them."""

_ENTERED_AT: Mapping[Status, Stage] = {"prospect": "applied", "onboarding": "reviewing"}
_TABLE = {(each.source, each.verb): each.target for each in TRANSITIONS}


def first_stage(status: Status) -> Stage:
    """At which stage somebody stands who is entered with this status."""
    return _ENTERED_AT.get(status, "active")


def moved(stage: Stage, verb: Verb) -> dict[str, str]:
    """Stage and status after the verb; Conflict if the table does not have it."""
    target = _TABLE.get((stage, verb))
    if target is None:
        possible = [each.verb for each in TRANSITIONS if each.source == stage]
        raise Conflict(
            "transition_not_allowed",
            en=f"{verb} is not possible while {stage}; possible: {', '.join(possible) or 'nothing'}.",
            zh=f"阶段 {stage} 下不能执行 {verb}；可执行：{'、'.join(possible) or '无'}。",
            extra={"onboarding_stage": stage, "allowed": possible},
        )
    return {"onboarding_stage": target, "status": STATUSES_OF[target][0]}


def check_status(before: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Raise Conflict if the wanted status, if any, does not fit the stage: onboarding moves by its verbs."""
    stage: Stage = before["onboarding_stage"]
    possible = STATUSES_OF[stage]
    if wanted.get("status", before["status"]) not in possible:
        raise Conflict(
            "status_not_allowed",
            en=f"The status follows the onboarding stage {stage}; possible: {', '.join(possible)}.",
            zh=f"状态须与准入阶段 {stage} 一致；可选：{'、'.join(possible)}。",
            extra={"onboarding_stage": stage, "allowed": list(possible)},
        )


def unknown_distributor(pointer: str = "/distributor_id") -> Invalid:
    """The one answer to a distributor that is absent or out of sight."""
    return Invalid.at(
        pointer, "distributor_unknown", en="There is no such distributor.", zh="没有这个经销商。"
    )


def home(mine: frozenset[UUID] | None, wanted: UUID | None) -> UUID | None:
    """Whose a new record is: as wanted or, for a partner who does not say, its own.

    `mine` are the distributors in sight (None: all). Raises Invalid when the wanted one is not among them,
    or when a partner with several distributors does not say which.
    """
    if mine is None or wanted in mine:
        return wanted
    if wanted is not None:
        raise unknown_distributor()
    if len(mine) == 1:
        return next(iter(mine))
    raise Invalid.at(
        "/distributor_id",
        "distributor_required",
        en="Say which of your distributors this is for.",
        zh="请指明所属的经销商。",
    )
