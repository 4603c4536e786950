"""The columns of `modelling.care` as aggregates over what passed between us and a customer."""

from __future__ import annotations

from datetime import datetime

import ibis
from ibis.expr.types import Table, Value

from scoring_svc.bulk.spans import number, times, weeks_ago
from scoring_svc.modelling.care import DECAY_WEEKS, SLOW_WEEKS
from scoring_svc.modelling.facts import DIRECTION_IN, DIRECTION_OUT
from scoring_svc.modelling.weeks import HALF_YEAR, QUARTER, YEAR

_PARTS = ("quality", "attitude", "delivery")
_SLOW_SECONDS = int(SLOW_WEEKS * 7 * 86_400) + 1
"""More than two weeks in whole seconds, as `modelling.care` counts them."""


def complaining(complaints: Table, as_of: datetime) -> Table:
    """One row for each customer with a complaint at `as_of`."""
    row = _until(complaints, as_of)
    row = row.mutate(open=row.resolved.isnull() | (row.resolved > ibis.literal(as_of)))
    done_late = row.resolved >= row.ts + ibis.interval(seconds=_SLOW_SECONDS)
    slow = ibis.ifelse(row.open, row.weeks > SLOW_WEEKS, done_late)
    return row.group_by("customer").agg(
        complaints_open=times(row, row.open),
        open_severity=row.severity.max(where=row.open),
        open_weeks=row.weeks.max(where=row.open),
        complaint_pressure=(row.severity * _faded(row, row.open)).sum(),
        complaints_26=times(row, row.weeks < HALF_YEAR),
        complaints_52=times(row, row.weeks < YEAR),
        slow_26=times(row, (row.weeks < HALF_YEAR) & slow),
        weeks_since_complaint=row.weeks.min(),
    )


def answering(surveys: Table, as_of: datetime) -> Table:
    """One row for each customer with an answer at `as_of`."""
    row = _in_order(_until(surveys, as_of))
    newest = row.place.max().over(ibis.window(group_by=row.customer))
    row = row.mutate(newest=newest, **{f"{part}_newest": _newest(row, part) for part in _PARTS})
    found = row.group_by("customer").agg(
        surveys=times(row, row.score.notnull()),
        satisfaction_last=row.score.max(where=row.place == row.newest),
        sum_of_scores=row.score.sum(),
        weeks_since_survey=row.weeks.min(),
        **{f"{part}_last": row[part].max(where=row.place == row[f"{part}_newest"]) for part in _PARTS},
        **{f"{part}_mean": row[part].mean(where=~row[part].isnan()) for part in _PARTS},
    )
    last, earlier = found.satisfaction_last, found.sum_of_scores - found.satisfaction_last
    drop = earlier / ibis.greatest(found.surveys - number(1), number(1)) - last
    return found.mutate(
        satisfaction_mean=found.sum_of_scores / found.surveys,
        satisfaction_drop=ibis.ifelse(found.surveys > 1, drop, number(0)),
    ).drop("sum_of_scores")


def _in_order(row: Table) -> Table:
    """Each answer's place among its customer's, in the order of `modelling.facts`: NaN comes last."""
    order = ibis.window(group_by=row.customer, order_by=[row.ts, row.score, *(row[part] for part in _PARTS)])
    return row.mutate(place=ibis.row_number().over(order))


def _newest(row: Table, part: str) -> Value:
    """The place of the last answer that told of this part."""
    return row.place.max(where=~row[part].isnan()).over(ibis.window(group_by=row.customer))


def speaking(contacts: Table, as_of: datetime) -> Table:
    """One row for each customer with a contact, or an attempt of ours, at `as_of`."""
    row = _until(contacts, as_of)
    row = row.mutate(ours=row.direction == DIRECTION_OUT, theirs=row.direction == DIRECTION_IN)
    since = row.weeks.min(where=~row.ours).over(ibis.window(group_by=row.customer))
    row = row.mutate(unanswered=row.ours & (since.isnull() | (row.weeks < since)))
    found = row.group_by("customer").agg(
        contacts=times(row, ~row.ours),
        contacts_13=times(row, ~row.ours & (row.weeks < QUARTER)),
        contacts_52=times(row, row.weeks < YEAR),
        weeks_since_contact=row.weeks.min(where=~row.ours),
        oldest=row.weeks.max(where=~row.ours),
        unanswered=times(row, row.unanswered & (row.weeks < HALF_YEAR)),
        inbound_13=times(row, row.theirs & (row.weeks < QUARTER)),
        outbound_13=times(row, row.ours & (row.weeks < QUARTER)),
    )
    gap = (found.oldest - found.weeks_since_contact) / ibis.greatest(found.contacts - number(1), number(1))
    both = found.inbound_13 + found.outbound_13
    share = found.outbound_13 / ibis.greatest(both, number(1))
    return found.mutate(
        contact_gap=ibis.ifelse(found.contacts > 1, gap, ibis.null("float64")),
        outbound_share=ibis.ifelse(both > 0, share, ibis.null("float64")),
    ).drop("oldest")


def promising(promises: Table, as_of: datetime) -> Table:
    """One row for each customer to whom a promise was broken at `as_of`."""
    row = _until(promises, as_of)
    row = row.mutate(unkept=row.settled.isnull() | (row.settled > ibis.literal(as_of)))
    return row.group_by("customer").agg(
        promises_unkept=times(row, row.unkept),
        unkept_weeks=row.weeks.max(where=row.unkept),
        promise_pressure=_faded(row, row.unkept).sum(),
        promises_broken_26=times(row, row.weeks < HALF_YEAR),
        weeks_since_broken=row.weeks.min(),
    )


def referring(referrals: Table, as_of: datetime) -> Table:
    """One row for each customer who had won another one at `as_of`."""
    row = _until(referrals, as_of)
    return row.group_by("customer").agg(referrals_52=times(row, row.weeks < YEAR))


def _until(log: Table, as_of: datetime) -> Table:
    known = log.filter(log.ts <= ibis.literal(as_of))
    return known.mutate(weeks=weeks_ago(known.ts, as_of))


def _faded(row: Table, lasting: Value) -> Value:
    """1 while it lasts, then half as much for every eight weeks."""
    faded = number(2) ** (-row.weeks / DECAY_WEEKS)
    return ibis.ifelse(lasting, number(1), faded)
