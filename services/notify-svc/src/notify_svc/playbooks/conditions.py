"""Conditions on where a customer stands now."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from notify_svc.standing.domain import Standing

CODES: Final = ("tier", "stage", "churn_level")
NUMBERS: Final = ("orders", "open_complaints")
AGES: Final = {
    "days_since_first_order": "first_order_at",
    "days_since_last_order": "last_order_at",
    "days_since_last_contact": "last_contact_at",
    "days_in_tier": "tier_since",
    "days_in_stage": "stage_since",
}
_DAY = timedelta(days=1)


def holds(condition: Mapping[str, Any] | None, standing: Standing, now: datetime) -> bool:
    """Whether all of `all` hold, and one of `any` where there are some; no condition always holds."""
    if condition is None:
        return True
    some = condition.get("any") or ()
    return all(_passes(test, standing, now) for test in condition.get("all") or ()) and (
        not some or any(_passes(test, standing, now) for test in some)
    )


def _passes(test: Mapping[str, Any], standing: Standing, now: datetime) -> bool:
    field = test["field"]
    if field in CODES:
        return _is_one(getattr(standing, field), test.get("one_of"), test.get("none_of"))
    if field in NUMBERS:
        return _within(getattr(standing, field), test)
    since: datetime | None = getattr(standing, AGES[field])
    return _within(float("inf") if since is None else (now - since) / _DAY, test)


def _is_one(value: str | None, wanted: Sequence[str] | None, unwanted: Sequence[str] | None) -> bool:
    return (wanted is None or value in wanted) and (unwanted is None or value not in unwanted)


def _within(value: float, test: Mapping[str, Any]) -> bool:
    """What never happened lies further back than any number of days."""
    least, most = test.get("at_least"), test.get("at_most")
    return (least is None or value >= least) and (most is None or value <= most)
