"""What can be said of the times at which somebody orders, and what cannot."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise
from statistics import fmean, median, pstdev
from typing import Any

from scoring_svc.bases.domain import change

BUCKETS = ((1, 1), (2, 2), (3, 5), (6, 10), (11, 20), (21, None))
"""How many orders somebody had: from and to, both counted."""
_YEAR = 12
_FEWEST_FULL_MONTHS = 2 * _YEAR
_FEWEST_DAYS, _USUAL_SHARE = 4, 0.3


def months_between(since: datetime, until: datetime) -> list[date]:
    """The months (their first days) that lie wholly in the time; both are local."""
    opening = since.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    first = _month(since) + (since != opening)
    return [date(number // _YEAR, number % _YEAR + 1, 1) for number in range(first, _month(until))]


def _month(moment: date) -> int:
    return moment.year * _YEAR + moment.month - 1


def season(amounts: Mapping[date, float], since: datetime, until: datetime) -> dict[str, Any]:
    """How much of an average month's amount each calendar month brings, from whole years before `until`.

    Each year (twelve whole months, the last one ending with the newest) is compared with its own mean, so
    that growth from year to year does not pass for a season. Unknown from under two whole years with orders.
    """
    full = months_between(since, until)
    first = next((place for place, month in enumerate(full) if amounts.get(month)), len(full))
    full = full[first:]
    years = len(full) // _YEAR
    if len(full) < _FEWEST_FULL_MONTHS:
        return {"known": False, "whole_years": years, "index": None}
    ratios: dict[int, list[float]] = defaultdict(list)
    for end in range(len(full), len(full) - years * _YEAR, -_YEAR):
        year = full[end - _YEAR : end]
        mean = fmean(amounts.get(month, 0.0) for month in year)
        if mean > 0:
            for month in year:
                ratios[month.month].append(amounts.get(month, 0.0) / mean)
    index = [{"month": month, "index": fmean(found)} for month, found in sorted(ratios.items())]
    return {"known": bool(index), "whole_years": years, "index": index or None}


def rhythm(days: Sequence[date], today: date) -> dict[str, Any]:
    """The gaps between order days (distinct, ascending), in days; orders of one day are one."""
    gaps = [(later - earlier).days for earlier, later in pairwise(days)]
    return {
        "order_days": len(days),
        "first_on": days[0] if days else None,
        "last_on": days[-1] if days else None,
        "days_silent": (today - days[-1]).days if days else None,
        "mean_gap_days": fmean(gaps) if gaps else None,
        "median_gap_days": float(median(gaps)) if gaps else None,
        "longest_gap_days": max(gaps) if gaps else None,
        "variation": pstdev(gaps) / fmean(gaps) if len(gaps) > 1 else None,
    }


def usual_weekday(days: Iterable[date]) -> int | None:
    """The weekday (1 is Monday) of three in ten order days or more; None of under four days, or a tie."""
    counted = Counter(day.isoweekday() for day in days)
    total = counted.total()
    if total < _FEWEST_DAYS:
        return None
    (weekday, most), *others = counted.most_common(2)
    tied = bool(others) and others[0][1] == most
    return None if tied or most < _USUAL_SHARE * total else weekday


def trend(now: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """The last 13 weeks beside the 13 before: orders and net amounts."""
    return {
        "orders": now["orders"],
        "orders_before": before["orders"],
        "orders_change": change(now["orders"], before["orders"]),
        "amount_change": change(float(now["net"]), float(before["net"])),
    }
