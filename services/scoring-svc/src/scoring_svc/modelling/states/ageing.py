"""The features of many customers at a later day, from their states alone."""

from __future__ import annotations

import numpy as np

from scoring_svc.modelling.care import (
    DECAY_WEEKS,
    Care,
    complaint_windows,
    contact_windows,
    promise_windows,
    referral_windows,
)
from scoring_svc.modelling.facts import Floats, Ints
from scoring_svc.modelling.features import Features
from scoring_svc.modelling.rhythm import Rhythm, money_windows, order_windows, weeks_between
from scoring_svc.modelling.states.columns import States, Table
from scoring_svc.modelling.states.layout import Part
from scoring_svc.modelling.weeks import DAYS

_PARTS = ("quality", "attitude", "delivery")


def features_of(states: States, as_of: np.datetime64, *, minor_per_unit: float) -> Features:
    """What `features` says of the log, at a moment that is not before any fact in the states."""
    today = as_of.astype("datetime64[D]")
    care = Care(
        **_complaining(states, today),
        **_answering(states, today),
        **_talking(states, today),
        **_promising(states, today),
        **_referring(states, today),
    )
    return Features(today, _rhythm(states, today, minor_per_unit), care)


def _rhythm(states: States, today: np.datetime64, unit: float) -> Rhythm:
    size, rows, who = len(states), states.rows["buying"], states.owners("buying")
    ago, bought = _days_ago(rows, today), rows["bought"] > 0
    first = states.number(Part.BUYING, "first_day").astype("datetime64[D]")
    last = states.number(Part.BUYING, "last_day").astype("datetime64[D]")
    plain = ("order_days", "sum_log_gaps", "sum_square_gaps", "max_gap", "last_gap")
    money = ("sold", "returned", "last_value")
    return Rhythm(
        first_day=first,
        last_day=last,
        age=weeks_between(first, np.full(size, today)),
        last_week=weeks_between(first, last),
        **{name: states.number(Part.BUYING, name).astype(np.float64) for name in plain},
        **{name: states.number(Part.BUYING, name) / unit for name in money},
        **order_windows(who[bought], ago[bought], size),
        **money_windows(who, ago, rows["net"] / unit, rows["returns"].astype(np.float64), size),
    )


def _complaining(states: States, today: np.datetime64) -> dict[str, Floats]:
    rows, size = states.rows["complaining"], len(states)
    by_severity = [states.number(Part.COMPLAINING, f"open_{severity}") for severity in (1, 2, 3, 4)]
    severity, weight = np.zeros(size), np.zeros(size)
    for place, count in enumerate(by_severity, 1):
        severity[count > 0] = place
        weight += place * count
    return {
        "complaints_open": np.add.reduce(by_severity).astype(np.float64),
        "open_severity": severity,
        "open_weeks": np.nan_to_num(_since(states.number(Part.COMPLAINING, "oldest_open"), today)),
        "complaint_pressure": weight + _faded(states, Part.COMPLAINING, today),
        "weeks_since_complaint": _since(states.number(Part.COMPLAINING, "newest_day"), today),
        **complaint_windows(
            states.owners("complaining"),
            _days_ago(rows, today) / DAYS,
            size,
            opened=rows["opened"],
            unresolved=rows["unresolved"],
            slow=rows["slow"],
        ),
    }


def _answering(states: States, today: np.datetime64) -> dict[str, Floats]:
    count, total = (
        states.number(Part.ANSWERING, f"score_{name}").astype(float) for name in ("count", "total")
    )
    last, size = states.number(Part.ANSWERING, "score_last").astype(float), len(states)
    drop, twice = np.zeros(size), count > 1
    drop[twice] = (total[twice] - last[twice]) / (count[twice] - 1.0) - last[twice]
    at = states.number(Part.ANSWERING, "score_at").astype("datetime64[us]").astype("datetime64[D]")
    found = {
        "surveys": count,
        "satisfaction_last": last,
        "satisfaction_mean": _mean(states, "score"),
        "satisfaction_drop": drop,
        "weeks_since_survey": _since(at.astype(np.int64), today),
    }
    for name in _PARTS:
        found[f"{name}_last"] = states.number(Part.ANSWERING, f"{name}_last").astype(float)
        found[f"{name}_mean"] = _mean(states, name)
    return found


def _mean(states: States, name: str) -> Floats:
    count, total = (states.number(Part.ANSWERING, f"{name}_{each}") for each in ("count", "total"))
    mean = np.full(len(states), np.nan)
    np.divide(total, count, out=mean, where=count > 0)
    return mean


def _talking(states: States, today: np.datetime64) -> dict[str, Floats]:
    rows = states.rows["talking"]
    mutual = states.number(Part.TALKING, "mutual").astype(np.float64)
    first = _since(states.number(Part.TALKING, "first_day"), today)
    since = _since(states.number(Part.TALKING, "last_day"), today)
    gap, twice = np.full(len(states), np.nan), mutual > 1
    gap[twice] = (first[twice] - since[twice]) / (mutual[twice] - 1.0)
    return {
        "contacts": mutual,
        "weeks_since_contact": since,
        "contact_gap": gap,
        **contact_windows(
            states.owners("talking"),
            _days_ago(rows, today) / DAYS,
            since,
            mutual=rows["mutual"],
            inbound=rows["inbound"],
            outbound=rows["outbound"],
        ),
    }


def _promising(states: States, today: np.datetime64) -> dict[str, Floats]:
    rows, unkept = states.rows["promising"], states.number(Part.PROMISING, "unkept").astype(np.float64)
    weeks = _days_ago(rows, today) / DAYS
    return {
        "promises_unkept": unkept,
        "unkept_weeks": np.nan_to_num(_since(states.number(Part.PROMISING, "oldest_unkept"), today)),
        "promise_pressure": unkept + _faded(states, Part.PROMISING, today),
        "weeks_since_broken": _since(states.number(Part.PROMISING, "newest_day"), today),
        **promise_windows(states.owners("promising"), weeks, rows["broken"], len(states)),
    }


def _referring(states: States, today: np.datetime64) -> dict[str, Floats]:
    rows = states.rows["referring"]
    weeks = _days_ago(rows, today) / DAYS
    return referral_windows(states.owners("referring"), weeks, rows["converted"], len(states))


def _faded(states: States, part: Part, today: np.datetime64) -> Floats:
    weeks = np.nan_to_num(_since(states.number(part, "newest_day"), today))
    return np.asarray(states.number(part, "faded") * 2.0 ** (-weeks / DECAY_WEEKS))


def _since(day: Table, today: np.datetime64) -> Floats:
    """Weeks since a day; NaN without one."""
    ago = (today - day.astype("datetime64[D]")).astype(np.float64) / DAYS
    return np.where(np.isnat(day.astype("datetime64[D]")), np.nan, ago)


def _days_ago(rows: Table, today: np.datetime64) -> Ints:
    return np.asarray(today.astype(np.int64) - rows["day"])
