"""When a model is due to be learnt again."""

from datetime import datetime, timedelta

WEEKLY = timedelta(days=7)
_GROWTH = 1.2
_FEW = 200


def is_outgrown(*, orders_then: int, orders_now: int) -> bool:
    """Whether a fifth more is known than when the model was learnt, and more than a few orders."""
    return orders_now > orders_then * _GROWTH + _FEW


def is_old(created_at: datetime, now: datetime) -> bool:
    """Whether a week has passed."""
    return now - created_at >= WEEKLY
