"""Customers scored anew: rows, history, events and warnings in one transaction."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import insert as upsert

from scoring_svc.decisions import commands as decisions
from scoring_svc.decisions.domain import Decision
from scoring_svc.facts import queries as facts
from scoring_svc.modelling.facts import Facts
from scoring_svc.modelling.policy import Policy
from scoring_svc.modelling.report import score_of
from scoring_svc.modelling.review import weeks_to_review
from scoring_svc.modelling.scoring import Previous, score
from scoring_svc.models.queries import Champion
from scoring_svc.objections import queries as objections
from scoring_svc.policies import queries as policies
from scoring_svc.scores import domain, queries
from scoring_svc.scores.holding import hold
from scoring_svc.scores.news import tell
from scoring_svc.scores.records import tier_decisions, warning_decision
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
    """How many customers were scored, changed in what people act on, and were warned about."""

    scored: int = 0
    changed: int = 0
    warned: int = 0

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(self.scored + other.scored, self.changed + other.changed, self.warned + other.warned)


async def rescore(tx: Tx, customers: Sequence[UUID], champion: Champion, *, anew: bool = False) -> Outcome:
    """Score these customers from their facts as of now; the same facts give the same scores.

    Of one that was merged into another, that other is scored.
    With `anew` no tier or stage held before binds: what it was decided on has been outgrown. About who
    objects nothing is decided; what is decided about the others is put on record.
    """
    policy = await policies.current(tx)
    chosen, owners = await queries.keepers(tx, customers)
    before = await queries.before(tx, chosen)
    objecting = await objections.standing(tx, chosen)
    known = await facts.facts_of(tx, chosen, currency=champion.currency)
    bound = {} if anew else before
    held = domain.previous(chosen, bound)
    rows = await asyncio.to_thread(_scored, known, champion, policy, held, tx.now)
    _attribute(rows, chosen, owners, before)
    hold(rows, objecting, before, tx.now.date())
    await tx.run_many(_KEEP, rows)
    news = [row for row in rows if domain.is_news(row, before.get(row["customer_id"]))]
    await tx.run_many(_REMEMBER, [_history(tx, row) for row in news])
    for row in news:
        tell(tx, row, before.get(row["customer_id"]))
    warned = await _warn(tx, rows, bound, policy)
    await decisions.record(tx, [*tier_decisions(news, before, policy, anew=anew), *warned])
    return Outcome(len(rows), len(news), len(warned))


def _scored(
    known: Facts, champion: Champion, policy: Policy, held: Previous, now: datetime
) -> list[dict[str, Any]]:
    scores = score(known, champion.model, policy, champion.grids, domain.instant(now), previous=held)
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


async def _warn(tx: Tx, rows: Sequence[Mapping[str, Any]], before: Held, policy: Policy) -> list[Decision]:
    """Open and end warnings by themselves; what was decided by opening one."""
    live = await live_warnings.live(tx, [row["customer_id"] for row in rows])
    opened = []
    for row in rows:
        warning = live.get(row["customer_id"])
        if not row["automatic"]:
            if warning is not None:
                await warnings.end(tx, warning, "objected")
            continue
        step = next_step(
            warned=warning is not None,
            stage=row["lifecycle_stage"],
            level=row["churn_level"],
            contribution=row["contribution"],
        )
        if step == "open":
            found = await warnings.warn(tx, _finding(row))
            opened.append(warning_decision(row, before.get(row["customer_id"]), policy, found))
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
