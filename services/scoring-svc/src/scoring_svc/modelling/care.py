"""How customers are treated, as of a day: complaints, satisfaction, contact, promises and referrals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring_svc.modelling.facts import (
    DIRECTION_IN,
    DIRECTION_OUT,
    Bools,
    Complaints,
    Contacts,
    Facts,
    Floats,
    Ints,
    Log,
    Promises,
    Surveys,
)
from scoring_svc.modelling.weeks import DAYS, HALF_YEAR, QUARTER, YEAR

DECAY_WEEKS = 8.0
SLOW_WEEKS = 2.0

Counts = Floats | Bools | float
"""How many of each row: one array of them, or one number for all."""


@dataclass(frozen=True, slots=True)
class Care:
    """One value a customer; time in weeks, NaN where nothing was ever recorded."""

    complaints_open: Floats
    open_severity: Floats  # of the worst open one; 0 without
    open_weeks: Floats  # of the oldest open one; 0 without
    complaint_pressure: Floats  # sum of severity * 2^(-weeks / 8); an open one does not decay
    complaints_26: Floats
    complaints_52: Floats
    slow_26: Floats  # of the last 26 weeks: took, or takes, more than two weeks
    weeks_since_complaint: Floats
    surveys: Floats
    satisfaction_last: Floats
    satisfaction_mean: Floats
    satisfaction_drop: Floats  # mean of the earlier answers minus the last one; 0 with fewer than two
    weeks_since_survey: Floats
    quality_last: Floats  # of the last answer that told of it, as the next five
    quality_mean: Floats
    attitude_last: Floats
    attitude_mean: Floats
    delivery_last: Floats
    delivery_mean: Floats
    contacts: Floats
    contacts_13: Floats
    contacts_52: Floats
    weeks_since_contact: Floats  # the last one in which the customer took part
    contact_gap: Floats  # mean weeks between such contacts; NaN below two
    unanswered: Floats  # our attempts since then
    inbound_13: Floats  # theirs; contacts of unknown direction are neither
    outbound_13: Floats  # ours
    outbound_share: Floats  # of these two; NaN without either
    promises_unkept: Floats  # broken, and neither kept nor taken back since
    unkept_weeks: Floats  # of the one that broke first; 0 without
    promise_pressure: Floats  # sum of 2^(-weeks / 8) over the broken; one that is not kept does not decay
    promises_broken_26: Floats
    weeks_since_broken: Floats
    referrals_52: Floats  # customers whom this one won for us, by the day of their first order


def care(facts: Facts, today: np.datetime64) -> Care:
    """Care at the end of the day `today` from `facts`, of which nothing is later; shape (customers,) each."""
    size = len(facts)
    return Care(
        **_complaints(facts.complaints, size, today),
        **_surveys(facts.surveys, size, today),
        **_contacts(facts.contacts, size, today),
        **_promises(facts.promises, size, today),
        **referral_windows(facts.referrals.customer, _weeks_ago(facts.referrals, today), 1.0, size),
    )


def _complaints(log: Complaints, size: int, today: np.datetime64) -> dict[str, Floats]:
    who, weeks = log.customer, _weeks_ago(log, today)
    is_open = np.isnat(log.resolved)
    taken = weeks.copy()
    done = (log.resolved - log.ts)[~is_open]
    taken[~is_open] = done.astype("timedelta64[s]").astype(np.float64) / (DAYS * 86400)
    severity, open_weeks = np.zeros(size), np.zeros(size)
    np.maximum.at(severity, who[is_open], log.severity[is_open])
    np.maximum.at(open_weeks, who[is_open], weeks[is_open])
    pressure = log.severity * np.where(is_open, 1.0, 2.0 ** (-weeks / DECAY_WEEKS))
    slow = ~is_open & (taken > SLOW_WEEKS)
    return {
        "complaints_open": _count(who[is_open], size),
        "open_severity": severity,
        "open_weeks": open_weeks,
        "complaint_pressure": _total(who, pressure, size),
        "weeks_since_complaint": _last(who, weeks, size),
        **complaint_windows(who, weeks, size, opened=1.0, unresolved=is_open, slow=slow),
    }


def complaint_windows(
    who: Ints, weeks: Floats, size: int, *, opened: Counts, unresolved: Counts, slow: Counts
) -> dict[str, Floats]:
    """Complaints by window, from rows of how many were opened some weeks ago.

    `slow` of them took more than two weeks; those `unresolved` are slow, too, once they take so long.
    """
    near, late = weeks < HALF_YEAR, weeks > SLOW_WEEKS
    taking = np.where(near, slow + np.where(late, unresolved, 0.0), 0.0)
    return {
        "complaints_26": _total(who, np.where(near, opened, 0.0), size),
        "complaints_52": _total(who, np.where(weeks < YEAR, opened, 0.0), size),
        "slow_26": _total(who, taking, size),
    }


def _surveys(log: Surveys, size: int, today: np.datetime64) -> dict[str, Floats]:
    who, count = log.customer, _count(log.customer, size)
    total = np.bincount(who, weights=log.score, minlength=size)
    last = _last(who, log.score, size)
    answered = count > 0
    mean = np.full(size, np.nan)
    mean[answered] = total[answered] / count[answered]
    drop = np.zeros(size)
    twice = count > 1
    drop[twice] = (total[twice] - last[twice]) / (count[twice] - 1.0) - last[twice]
    return {
        "surveys": count,
        "satisfaction_last": last,
        "satisfaction_mean": mean,
        "satisfaction_drop": drop,
        "weeks_since_survey": _last(who, _weeks_ago(log, today), size),
        **_part(log, "quality", size),
        **_part(log, "attitude", size),
        **_part(log, "delivery", size),
    }


def _part(log: Surveys, name: str, size: int) -> dict[str, Floats]:
    values = getattr(log, name)
    told = ~np.isnan(values)
    who, values = log.customer[told], values[told]
    count = _count(who, size)
    mean = np.full(size, np.nan)
    np.divide(_total(who, values, size), count, out=mean, where=count > 0)
    return {f"{name}_last": _last(who, values, size), f"{name}_mean": mean}


def _contacts(log: Contacts, size: int, today: np.datetime64) -> dict[str, Floats]:
    weeks = _weeks_ago(log, today)
    mutual = log.direction != DIRECTION_OUT
    who = log.customer[mutual]
    count = _count(who, size)
    since = _last(who, weeks[mutual], size)
    oldest = _last(who[::-1], weeks[mutual][::-1], size)
    gap = np.full(size, np.nan)
    twice = count > 1
    gap[twice] = (oldest[twice] - since[twice]) / (count[twice] - 1.0)
    inbound = log.direction == DIRECTION_IN
    return {
        "contacts": count,
        "weeks_since_contact": since,
        "contact_gap": gap,
        **contact_windows(log.customer, weeks, since, mutual=mutual, inbound=inbound, outbound=~mutual),
    }


def contact_windows(
    who: Ints, weeks: Floats, since: Floats, *, mutual: Counts, inbound: Counts, outbound: Counts
) -> dict[str, Floats]:
    """Contacts by window, from rows of how many there were some weeks ago.

    `mutual` are those in which the customer took part, `since` the weeks since their last (NaN: never).
    """
    size, near = len(since), weeks < QUARTER
    waiting = (weeks < np.where(np.isnan(since[who]), np.inf, since[who])) & (weeks < HALF_YEAR)
    theirs = _total(who, np.where(near, inbound, 0.0), size)
    ours = _total(who, np.where(near, outbound, 0.0), size)
    both = np.add(mutual, outbound, dtype=np.float64)
    share = np.full(size, np.nan)
    np.divide(ours, theirs + ours, out=share, where=theirs + ours > 0)
    return {
        "contacts_13": _total(who, np.where(near, mutual, 0.0), size),
        "contacts_52": _total(who, np.where(weeks < YEAR, both, 0.0), size),
        "unanswered": _total(who, np.where(waiting, outbound, 0.0), size),
        "inbound_13": theirs,
        "outbound_13": ours,
        "outbound_share": share,
    }


def _promises(log: Promises, size: int, today: np.datetime64) -> dict[str, Floats]:
    who, weeks = log.customer, _weeks_ago(log, today)
    unkept = np.isnat(log.settled)
    unkept_weeks = np.zeros(size)
    np.maximum.at(unkept_weeks, who[unkept], weeks[unkept])
    pressure = np.where(unkept, 1.0, 2.0 ** (-weeks / DECAY_WEEKS))
    return {
        "promises_unkept": _count(who[unkept], size),
        "unkept_weeks": unkept_weeks,
        "promise_pressure": _total(who, pressure, size),
        "weeks_since_broken": _last(who, weeks, size),
        **promise_windows(who, weeks, 1.0, size),
    }


def promise_windows(who: Ints, weeks: Floats, broken: Counts, size: int) -> dict[str, Floats]:
    """Promises by window, from rows of how many were broken some weeks ago."""
    return {"promises_broken_26": _total(who, np.where(weeks < HALF_YEAR, broken, 0.0), size)}


def referral_windows(who: Ints, weeks: Floats, converted: Counts, size: int) -> dict[str, Floats]:
    """Referrals by window, from rows of how many led to a first order some weeks ago."""
    return {"referrals_52": _total(who, np.where(weeks < YEAR, converted, 0.0), size)}


def _weeks_ago(log: Log, today: np.datetime64) -> Floats:
    return (today - log.ts.astype("datetime64[D]")).astype(np.float64) / DAYS


def _last(who: Ints, value: Floats, size: int) -> Floats:
    last = np.full(size, np.nan)
    last[who] = value  # rows are in order of time, and numpy lets the last one stand
    return last


def _total(who: Ints, amounts: Floats, size: int) -> Floats:
    return np.bincount(who, weights=amounts, minlength=size).astype(np.float64, copy=False)


def _count(who: Ints, size: int) -> Floats:
    return np.bincount(who, minlength=size).astype(np.float64)
