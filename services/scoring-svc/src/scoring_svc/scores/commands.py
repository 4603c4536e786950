"""Customers scored anew: rows, history, events and warnings in one transaction."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np

from scoring_svc.actions.domain import recommend
from scoring_svc.columns import by_column, inserting
from scoring_svc.decisions import commands as decisions
from scoring_svc.evidence.commands import attach
from scoring_svc.expectations import commands as expectations
from scoring_svc.expectations.domain import moments
from scoring_svc.facts import queries as facts
from scoring_svc.lifecycle import commands as lifecycle
from scoring_svc.modelling.next_purchases import windows_of
from scoring_svc.modelling.report import all_scores
from scoring_svc.modelling.review import weeks_to_review
from scoring_svc.modelling.scoring import score_known
from scoring_svc.modelling.states.ageing import features_of
from scoring_svc.modelling.states.columns import States
from scoring_svc.models.queries import Champion
from scoring_svc.policies.queries import Standard
from scoring_svc.scores import domain, holding, queries
from scoring_svc.scores.alarms import heed
from scoring_svc.scores.frame import Frame, frame
from scoring_svc.scores.news import tell
from scoring_svc.scores.records import tier_decisions, warning_decision
from scoring_svc.scores.tables import Score, ScoreHistory
from scoring_svc.scores.terms import Held, Terms, terms
from scoring_svc.states import commands as states
from shared.db import Record, Tx, prepare

_S: Any = Score.__table__  # type: ignore[attr-defined]
_H: Any = ScoreHistory.__table__  # type: ignore[attr-defined]
_new = inserting(_S, "customer_id")
_KEEP = prepare(
    _new.on_conflict_do_update(
        index_elements=["customer_id"],
        set_={column.name: _new.excluded[column.name] for column in _S.c if column.name != "customer_id"},
        where=_S.c.version < _new.excluded.version,
    )
)
_REMEMBER = prepare(inserting(_H))
_FEW = 64
"""So many are scored in less time than it would hold up anybody else; a thread costs more than they do."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many customers were scored, changed in what people act on, and were warned about.

    `whole` unless somebody stopped the run.
    """

    scored: int = 0
    changed: int = 0
    warned: int = 0
    whole: bool = True

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(
            self.scored + other.scored,
            self.changed + other.changed,
            self.warned + other.warned,
            self.whole and other.whole,
        )


async def rescore(
    tx: Tx, customers: Sequence[UUID], champion: Champion, *, anew: bool = False, hold: bool = False
) -> Outcome:
    """Score these customers from their states as of now; the same facts give the same scores.

    Of one that was merged into another, that other is scored.
    With `anew` no tier or stage held before binds: what it was decided on has been outgrown. With `hold`
    warnings of owners with a capacity wait for a later `fill`. About who objects nothing is decided; what is
    decided about the others is put on record.
    """
    chosen, owners, before = await queries.locked(tx, customers)
    # Read behind the locks: whoever publishes a policy meanwhile comes to these scores later.
    framed, found = await frame(tx, chosen, champion)
    kept = await states.current(tx, chosen, found, currency=champion.currency)
    bound = await terms(tx, chosen, before, champion, framed, anew=anew)
    rows = await _rows(kept, champion, framed.standard, bound, tx.now)
    _attribute(rows, chosen, owners, before)
    domain.keep_stages(rows, before, unsaid=bound.unsaid)
    holding.hold(rows, bound.objecting, before, tx.now.date())
    await _explain(tx, rows, framed, currency=champion.currency)
    return await store(tx, rows, before, framed, anew=anew, hold=hold)


async def store(
    tx: Tx, rows: Sequence[dict[str, Any]], before: Held, framed: Frame, *, anew: bool, hold: bool
) -> Outcome:
    """Keep these scores, tell of them, and act on them; all but warnings is written with the commit."""
    news = [row for row in rows if domain.is_news(row, before.get(row["customer_id"]))]
    if rows:
        tx.run_last(_KEEP, **by_column(_S, rows))
    if news:
        tx.run_last(_REMEMBER, **by_column(_H, [{**row, "id": tx.new_id()} for row in news]))
    expected = [_expected(row) for row in rows if row["window"] is not None]
    await expectations.keep(tx, [row["customer_id"] for row in rows], expected)
    await lifecycle.note_stages(tx, rows, before)
    for row in news:
        tell(tx, row, before.get(row["customer_id"]))
    opened = await heed(tx, rows, framed, hold=hold)
    policy, binding = framed.standard.policy, {} if anew else before
    warned = [warning_decision(row, binding.get(row["customer_id"]), policy, found) for row, found in opened]
    decisions.record(tx, [*tier_decisions(news, before, policy, anew=anew), *warned])
    return Outcome(len(rows), len(news), len(opened))


async def _rows(
    kept: States, champion: Champion, standard: Standard, bound: Terms, now: datetime
) -> list[dict[str, Any]]:
    if len(kept) <= _FEW:
        return _scored(kept, champion, standard, bound, now)
    return await asyncio.to_thread(_scored, kept, champion, standard, bound, now)


def _scored(
    kept: States, champion: Champion, standard: Standard, bound: Terms, now: datetime
) -> list[dict[str, Any]]:
    policy, model = standard.policy, champion.model
    known = features_of(kept, domain.moment_of(kept, now), minor_per_unit=facts.MINOR_PER_UNIT)
    scores = score_known(
        np.arange(len(kept)),
        known,
        model,
        policy,
        standard.grids,
        previous=bound.held,
        segments=bound.groups,
        markets=bound.markets,
        pins=bound.pins,
        declared_lost=bound.declared_lost,
    )
    reviews = domain.review_moments(weeks_to_review(scores, model, policy), kept.next_end, now)
    told, bought = windows_of(scores, model), known.bought
    made_by = {
        "currency": champion.currency,
        "policy_version": policy.version,
        "model_id": champion.id,
        "scored_at": now,
    }
    return [
        {
            **domain.stored(score, minor_per_unit=facts.MINOR_PER_UNIT),
            **made_by,
            "next_review_at": review,
            "bound": bound.bound(index),
            "window": moments(told, index, now) if bought[index] else None,
        }
        for index, (score, review) in enumerate(zip(all_scores(scores), reviews, strict=True))
    ]


async def _explain(tx: Tx, rows: Sequence[dict[str, Any]], framed: Frame, *, currency: str) -> None:
    """Give the scores the records that their reasons rest on, and what the company recommends for them."""
    await attach(tx, rows, currency=currency, keeping=framed.keeping)
    for row in rows:
        row["churn"]["recommended_action"] = recommend(framed.rules, row)


def _attribute(
    rows: list[dict[str, Any]], customers: Sequence[UUID], owners: Mapping[UUID, Record], before: Held
) -> None:
    """Say of each row whose it is, and which version of it."""
    for customer, row in zip(customers, rows, strict=True):
        owner, held = owners.get(customer), before.get(customer)
        row["customer_id"] = customer
        row["distributor_id"] = owner["distributor_id"] if owner else None
        row["owner_id"] = owner["owner_id"] if owner else None
        row["version"] = held["version"] + 1 if held else 1


def _expected(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, **row["window"], "computed_at": row["scored_at"]}
