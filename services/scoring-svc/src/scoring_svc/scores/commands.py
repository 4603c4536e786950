"""Customers scored anew: rows, history, events and warnings in one transaction."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import insert as upsert

from scoring_svc.facts import queries as facts
from scoring_svc.modelling.facts import Facts
from scoring_svc.modelling.policy import Policy
from scoring_svc.modelling.report import score_of
from scoring_svc.modelling.review import weeks_to_review
from scoring_svc.modelling.scoring import Previous, Scores, score
from scoring_svc.models.queries import Champion
from scoring_svc.policies import queries as policies
from scoring_svc.scores import domain, queries
from scoring_svc.scores.news import tell
from scoring_svc.scores.tables import Score, ScoreHistory
from scoring_svc.warnings import commands as warnings
from scoring_svc.warnings import queries as live_warnings
from scoring_svc.warnings.commands import Finding
from scoring_svc.warnings.domain import next_step
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


async def rescore(tx: Tx, customers: Sequence[UUID], champion: Champion, *, anew: bool = False) -> Outcome:
    """Score these customers from their facts as of now; the same facts give the same scores.

    Of one that was merged into another, that other is scored.
    With `anew` no tier or stage held before binds: what it was decided on has been outgrown.
    """
    policy = await policies.current(tx)
    chosen, owners = await queries.keepers(tx, customers)
    before = await queries.before(tx, chosen)
    known = await facts.facts_of(tx, chosen, currency=champion.currency)
    held = domain.previous(chosen, {} if anew else before)
    rows = await asyncio.to_thread(_scored, known, champion, policy, held, tx.now)
    return await store(tx, chosen, rows, owners, before)


async def store(
    tx: Tx, customers: Sequence[UUID], rows: list[dict[str, Any]], owners: Mapping[UUID, Record], before: Held
) -> Outcome:
    """Keep what `rows_of` made of these customers, a row each; history, events and warnings with it.

    `owners` and `before` are what `keepers` and `before` of the queries said in this transaction, and locked.
    """
    _attribute(rows, customers, owners, before)
    await tx.run_many(_KEEP, rows)
    news = [row for row in rows if domain.is_news(row, before.get(row["customer_id"]))]
    await tx.run_many(_REMEMBER, [_history(tx, row) for row in news])
    for row in news:
        tell(tx, row, before.get(row["customer_id"]))
    return Outcome(len(rows), len(news), await _warn(tx, rows))


def _scored(
    known: Facts, champion: Champion, policy: Policy, held: Previous, now: datetime
) -> list[dict[str, Any]]:
    scores = score(known, champion.model, policy, champion.grids, domain.instant(now), previous=held)
    return rows_of(scores, champion, policy, now)


def rows_of(scores: Scores, champion: Champion, policy: Policy, now: datetime) -> list[dict[str, Any]]:
    """Each score as columns; whose it is comes with `store`."""
    reviews = domain.review_moments(weeks_to_review(scores, champion.model, policy), now)
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
        }
        for index, review in enumerate(reviews)
    ]


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
        if held and held["lifecycle_stage"] == row["lifecycle_stage"]:
            row["stage_cause"] = held["stage_cause"]


def _history(tx: Tx, row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "id": tx.new_id()}


async def _warn(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> int:
    live = await live_warnings.live(tx, [row["customer_id"] for row in rows])
    opened = 0
    for row in rows:
        warning = live.get(row["customer_id"])
        step = next_step(
            warned=warning is not None,
            stage=row["lifecycle_stage"],
            level=row["churn_level"],
            contribution=row["contribution"],
        )
        if step == "open":
            await warnings.warn(tx, _finding(row))
            opened += 1
        elif step is not None and warning is not None:
            await warnings.end(tx, warning, "lost" if step == "lost" else "not_at_risk")
    return opened


def _finding(row: Mapping[str, Any]) -> Finding:
    return Finding(
        customer_id=row["customer_id"],
        distributor_id=row["distributor_id"],
        owner_id=row["owner_id"],
        level=row["churn_level"],
        probability=row["churn_probability"],
        expected_value_minor=row["expected_value_minor"],
        contributed_52_minor=row["contributed_52_minor"],
        currency=row["currency"],
        reasons=row["churn"]["reasons"],
        recommended_action=row["churn"]["recommended_action"],
    )
