"""From weeks to moments."""

from datetime import datetime, timedelta
from typing import Any

from scoring_svc.modelling.next_purchase import Windows


def moments(told: Windows, index: int, now: datetime) -> dict[str, Any]:
    """One customer's window as columns of its row."""
    names = ("earliest_80", "earliest_50", "expected", "latest_50", "latest_80")
    after = {name: now + timedelta(weeks=float(getattr(told, name)[index])) for name in names}
    after["expected_at"] = after.pop("expected")
    return after
