"""Customers scored anew: rows, history, events and warnings in one transaction."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import insert as upsert

from scoring_svc.actions import queries as actions
from scoring_svc.actions.domain import recommend
from scoring_svc.decisions import commands as decisions
from scoring_svc.evidence.commands import attach
from scoring_svc.expectations import commands as expectations
from scoring_svc.expectations.domain import moments
from scoring_svc.facts import queries as facts
from scoring_svc.lifecycle import commands as lifecycle
from scoring_svc.modelling.facts import Bools
from scoring_svc.modelling.next_purchases import windows_of
from scoring_svc.modelling.percentiles import Segments
from scoring_svc.modelling.report import score_of
from scoring_svc.modelling.review import weeks_to_review
from scoring_svc.modelling.scoring import Previous, score_known
from scoring_svc.modelling.segments import Labels
from scoring_svc.modelling.states.ageing import features_of
from scoring_svc.modelling.states.columns import States
from scoring_svc.modelling.tiers import Pins
from scoring_svc.models.queries import Champion
from scoring_svc.objections import queries as objections
from scoring_svc.overrides import queries as overrides
from scoring_svc.policies.queries import Standard
from scoring_svc.policies.segments import markets, segments
from scoring_svc.scores import domain, holding, queries
from scoring_svc.scores.alarms import heed
from scoring_svc.scores.news import tell
from scoring_svc.scores.records import tier_decisions, warning_decision
from scoring_svc.scores.tables import Score, ScoreHistory
from scoring_svc.states import commands as states
from shared.db import Record, Tx, prepare

_S: Any = Score.__table__  # type: ignore[attr-defined]
_H: Any = ScoreHistory.__table__  # type: ignore[attr-defined]
_COLUMNS = tuple(column.name for column in _S.c)
_new = upsert(_S)
_KEEP = prepare(
    _new.on_conflict_do_update(
        index_elements=["customer_id"],
        set_={name: _new.excluded[name] for name in _COLUMNS if name != "customer_id"},
        where=_S.c.version < _new.excluded.version,
    ),
    *_COLUMNS,
)
_REMEMBER = prepare(insert(_H), *_H.c.keys())

Held = Mapping[UUID, Mapping[str, Any]]


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


@dataclass(frozen=True, slots=True)
class Terms:
    """What binds the scores of some customers beside what is known of them; in their order."""

    held: Previous
    groups: Segments | None
    markets: Labels | None
    pins: Pins
    declared_lost: Bools

    def bound(self, index: int) -> dict[str, Any]:
        """What of this a record of a decision about one of them keeps."""
        return {
            "segment": None if self.groups is None else self.groups.label(index),
            "market": None if self.markets is None else str(self.markets[index]),
            "declared_lost": bool(self.declared_lost[index]),
        }


async def rescore(
    tx: Tx, customers: Sequence[UUID], champion: Champion, *, anew: bool = False, hold: bool = False
) -> Outcome:
    """Score these customers from their states as of now; the same facts give the same scores.

    Of one that was merged into another, that other is scored.
    With `anew` no tier or stage held before binds: what it was decided on has been outgrown. With `hold`
    warnings of owners with a capacity wait for a later `fill`. About who objects nothing is decided; what is
    decided about the others is put on record.
    """
    chosen, owners = await queries.keepers(tx, customers)
    before = await queries.before(tx, chosen)
    # Read behind the locks: whoever publishes a policy meanwhile comes to these scores later.
    standard = await champion.standards.current(tx, champion.id)
    kept = await states.current(tx, chosen, currency=champion.currency)
    words = await lifecycle.words(tx, chosen, before)
    objecting = await objections.standing(tx, chosen)
    bound = {} if anew else before
    terms = Terms(
        held=domain.previous(chosen, bound, unsaid=words.withdrawn),
        groups=await segments(tx, chosen, standard.policy.tiers.segments),
        markets=await markets(tx, chosen) if champion.model.segments else None,
        pins=overrides.pins(chosen, await overrides.active(tx, chosen, tx.now)),
        declared_lost=np.array([customer in words.lost for customer in chosen], dtype=np.bool_),
    )
    rows = await asyncio.to_thread(_scored, kept, champion, standard, terms, tx.now)
    _attribute(rows, chosen, owners, before)
    domain.keep_stages(rows, before, unsaid=words.withdrawn)
    holding.hold(rows, objecting, before, tx.now.date())
    await _explain(tx, rows, champion)
    await tx.run_many(_KEEP, rows)
    await expectations.keep(tx, chosen, [_expected(row) for row in rows if row["window"] is not None])
    news = [row for row in rows if domain.is_news(row, before.get(row["customer_id"]))]
    await tx.run_many(_REMEMBER, [_history(tx, row) for row in news])
    await lifecycle.note_stages(tx, rows, before)
    for row in news:
        tell(tx, row, before.get(row["customer_id"]))
    opened = await heed(tx, rows, hold=hold)
    await decisions.record(
        tx,
        [
            *tier_decisions(news, before, standard.policy, anew=anew),
            *(
                warning_decision(row, bound.get(row["customer_id"]), standard.policy, found)
                for row, found in opened
            ),
        ],
    )
    return Outcome(len(rows), len(news), len(opened))


def _scored(
    kept: States, champion: Champion, standard: Standard, terms: Terms, now: datetime
) -> list[dict[str, Any]]:
    policy, model = standard.policy, champion.model
    known = features_of(kept, domain.moment_of(kept, now), minor_per_unit=facts.MINOR_PER_UNIT)
    scores = score_known(
        np.arange(len(kept)),
        known,
        model,
        policy,
        standard.grids,
        previous=terms.held,
        segments=terms.groups,
        markets=terms.markets,
        pins=terms.pins,
        declared_lost=terms.declared_lost,
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
            **domain.stored(score_of(scores, index), minor_per_unit=facts.MINOR_PER_UNIT),
            **made_by,
            "next_review_at": review,
            "bound": terms.bound(index),
            "window": moments(told, index, now) if bought[index] else None,
        }
        for index, review in enumerate(reviews)
    ]


async def _explain(tx: Tx, rows: Sequence[dict[str, Any]], champion: Champion) -> None:
    """Give the scores the records that their reasons rest on, and what the company recommends for them."""
    await attach(tx, rows, currency=champion.currency)
    rules = await actions.rules(tx)
    for row in rows:
        row["churn"]["recommended_action"] = recommend(rules, row)


def _attribute(
    rows: list[dict[str, Any]],
    customers: Sequence[UUID],
    owners: Mapping[UUID, Record],
    before: Mapping[UUID, Mapping[str, Any]],
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


def _history(tx: Tx, row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "id": tx.new_id()}
