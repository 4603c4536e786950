"""When a warning opens, what it is about, and what came of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

Step = Literal["open", "clear", "lost"]
Result = Literal["won_back", "lost", "false_alarm"]
SaidByPeople = Literal[
    "won_back", "lost", "false_alarm", "retained", "not_at_risk", "unreachable"
]  # the last three from before
Seen = Literal["ordered", "silent"]

_WORTH_A_CALL = 60.0
_DUE_WITHIN = {"high": timedelta(days=3), "medium": timedelta(days=7)}
_DUE_SOMETIME = timedelta(days=14)
_RESULTS: Mapping[str, Result] = {
    "won_back": "won_back",
    "retained": "won_back",
    "lost": "lost",
    "false_alarm": "false_alarm",
    "not_at_risk": "false_alarm",
}
BY_ITSELF: tuple[str, ...] = ("not_at_risk", "merged")
"""Outcomes that say nothing of the customer when the system closes a warning with them."""


def next_step(*, warned: bool, stage: str, level: str, contribution: float) -> Step | None:
    """What the newest score asks for: open a warning, end it, or nothing.

    A customer is warned about while something can still be done: at risk, and either a broken rhythm says so
    (high), or it has brought enough to be worth a call on weaker evidence (medium; `contribution` is a
    percentile). One who bought once, brought little and did not come back is at risk, too, but nobody is sent
    after them. Who is lost is past warning.
    """
    if not warned:
        worth_it = level == "high" or (level == "medium" and contribution >= _WORTH_A_CALL)
        return "open" if stage == "at_risk" and worth_it else None
    if stage == "lost":
        return "lost"
    return "clear" if stage != "at_risk" and level != "high" else None


def due_by(level: str, *, since: datetime) -> datetime:
    """Until when something should have come of it: three days at a high risk, a week at a medium one."""
    return since + _DUE_WITHIN.get(level, _DUE_SOMETIME)


def at_risk(*, probability: float, contributed_minor: int) -> int:
    """What is expected to be lost of what the customer brought in 52 weeks, in minor units."""
    return round(probability * max(contributed_minor, 0))


def leading(reasons: Sequence[Mapping[str, Any]]) -> str | None:
    """The reason that a warning goes by: the strongest driver, else the strongest signal."""
    driver = next((each["code"] for each in reasons if each.get("category") != "purchase"), None)
    return driver or next((each["code"] for each in reasons), None)


def result_of(outcome: str | None, *, by_people: bool) -> Result | None:
    """What an outcome means; None where it says nothing of the customer (unreachable, merged)."""
    if outcome is None or (not by_people and outcome in BY_ITSELF):
        return None
    return _RESULTS.get(outcome)
