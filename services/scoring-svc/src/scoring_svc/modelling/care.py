"""How customers are treated, as of a day: complaints, satisfaction, contact and promises, for all at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring_svc.modelling.facts import (
    DIRECTION_OUT,
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
    contacts: Floats
    contacts_13: Floats
    contacts_52: Floats
    weeks_since_contact: Floats  # the last one in which the customer took part
    contact_gap: Floats  # mean weeks between such contacts; NaN below two
    unanswered: Floats  # our attempts since then
    promises_unkept: Floats  # broken, and neither kept nor taken back since
    unkept_weeks: Floats  # of the one that broke first; 0 without
    promise_pressure: Floats  # sum of 2^(-weeks / 8) over the broken; one that is not kept does not decay
    promises_broken_26: Floats
    weeks_since_broken: Floats


def care(facts: Facts, today: np.datetime64) -> Care:
    """Care at the end of the day `today` from `facts`, of which nothing is later; shape (customers,) each."""
    size = len(facts)
    return Care(
        **_complaints(facts.complaints, size, today),
        **_surveys(facts.surveys, size, today),
        **_contacts(facts.contacts, size, today),
        **_promises(facts.promises, size, today),
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
    near = weeks < HALF_YEAR
    return {
        "complaints_open": _count(who[is_open], size),
        "open_severity": severity,
        "open_weeks": open_weeks,
        "complaint_pressure": np.bincount(who, weights=pressure, minlength=size).astype(np.float64),
        "complaints_26": _count(who[near], size),
        "complaints_52": _count(who[weeks < YEAR], size),
        "slow_26": _count(who[near & (taken > SLOW_WEEKS)], size),
        "weeks_since_complaint": _last(who, weeks, size),
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
    }


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
    ours, sent = log.customer[~mutual], weeks[~mutual]
    waiting = sent < np.where(np.isnan(since[ours]), np.inf, since[ours])
    return {
        "contacts": count,
        "contacts_13": _count(who[weeks[mutual] < QUARTER], size),
        "contacts_52": _count(log.customer[weeks < YEAR], size),
        "weeks_since_contact": since,
        "contact_gap": gap,
        "unanswered": _count(ours[waiting & (sent < HALF_YEAR)], size),
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
        "promise_pressure": np.bincount(who, weights=pressure, minlength=size).astype(np.float64),
        "promises_broken_26": _count(who[weeks < HALF_YEAR], size),
        "weeks_since_broken": _last(who, weeks, size),
    }


def _weeks_ago(log: Log, today: np.datetime64) -> Floats:
    return (today - log.ts.astype("datetime64[D]")).astype(np.float64) / DAYS


def _last(who: Ints, value: Floats, size: int) -> Floats:
    last = np.full(size, np.nan)
    last[who] = value  # rows are in order of time, and numpy lets the last one stand
    return last


def _count(who: Ints, size: int) -> Floats:
    return np.bincount(who, minlength=size).astype(np.float64)
