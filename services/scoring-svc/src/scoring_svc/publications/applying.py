"""The tiers of a published policy brought into the scores, customer by customer in their order.

Whoever was touched since the simulation is scored by the new policy instead, from what is known now. So is
who objects to automatic decisions: scoring leaves them the tier that they have.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, update

from scoring_svc.decisions import commands as decisions
from scoring_svc.facts.due import mark_due
from scoring_svc.objections import queries as objections
from scoring_svc.policies import queries as policies
from scoring_svc.policies.queries import Row
from scoring_svc.policies.queries import T as POLICY
from scoring_svc.publications import queries
from scoring_svc.publications.records import Held, decisions_of
from scoring_svc.scores.news import tell
from scoring_svc.scores.tables import Score, ScoreHistory
from scoring_svc.simulations.snapshot import Progress
from shared.db import Database, Record, Tx, prepare

CHUNK = 500
_SECONDS = 60
_NOBODY = UUID(int=0)
_S: Any = Score.__table__  # type: ignore[attr-defined]
_H: Any = ScoreHistory.__table__  # type: ignore[attr-defined]
_PLACED = (
    "tier",
    "tier_since",
    "rule_tier",
    "rule_tier_since",
    "contribution",
    "potential",
    "negative_value",
    "contributed_52_minor",
    "value_52_minor",
    "policy_version",
    "scored_at",
    "version",
)
_PLACE = prepare(update(_S).where(_S.c.customer_id == bindparam("b_customer")), *_PLACED)
_REMEMBER = prepare(insert(_H), *_H.c.keys())
_THROUGH = prepare(
    update(POLICY).where(POLICY.c.version == bindparam("b_version")), "applied_through", "applied_at"
)
_RULES = ("risk", "stages")


@dataclass(frozen=True, slots=True)
class Applied:
    """How many scores were placed, how many of them in another tier, and how many are scored anew instead."""

    placed: int = 0
    moved: int = 0
    touched: int = 0

    def __add__(self, other: "Applied") -> "Applied":
        return Applied(self.placed + other.placed, self.moved + other.moved, self.touched + other.touched)


@dataclass(frozen=True, slots=True)
class _Job:
    """What is applied: a simulation, and the tiers that it held customers to where it was a rollback."""

    simulated: Row
    undone: Held


async def apply(database: Database, version: int, progress: Progress) -> Applied:
    """Go on until everybody has a tier by this version; two who do so at once share the work.

    Progress is told of, not asked: what was published is not half published.
    """
    total, done = Applied(), 0
    async with database.read() as reader:
        policy = await policies.one(reader, version)
        simulated = await queries.simulation(reader, policy["simulation_id"]) if policy else None
        base = await policies.one(reader, simulated["base_version"]) if simulated else None
        undone = await queries.undone_by(reader, policy) if policy else {}
    if simulated is None:
        return total
    job = _Job(simulated, undone)
    while True:
        async with database.begin(timeout=_SECONDS, bulk=True) as tx:
            policy = await policies.for_update(tx, version)
            if policy is None or policy["status"] != "published" or policy["applied_at"] is not None:
                return total
            rows = await queries.part(tx, simulated, policy["applied_through"] or _NOBODY, CHUNK)
            total += await _apply(tx, policy, job, rows, anew=_decides_more(policy, base))
            through = rows[-1]["customer_id"] if rows else policy["applied_through"]
            ended = tx.now if len(rows) < CHUNK else None
            await tx.run(_THROUGH, b_version=version, applied_through=through, applied_at=ended)
        done += len(rows)
        await progress(done, simulated["customers"])


def _decides_more(policy: Row, base: Row | None) -> bool:
    """Whether rules of risk or stages differ, so that everybody is scored anew once its tier is set."""
    return base is not None and any(base["document"][name] != policy["document"][name] for name in _RULES)


async def _apply(tx: Tx, policy: Row, job: _Job, rows: Sequence[Record], *, anew: bool) -> Applied:
    objecting = await objections.standing(tx, [row["customer_id"] for row in rows])
    touched = [row["customer_id"] for row in rows if row["touched"] or row["customer_id"] in objecting]
    chosen = {row["customer_id"]: dict(row) for row in rows if row["customer_id"] not in set(touched)}
    before = await queries.scores(tx, chosen)
    unscored = [customer for customer in chosen if customer not in before]
    after = [_placed(tx, before[one], chosen[one], policy["version"]) for one in before]
    await tx.run_many(_PLACE, [{**row, "b_customer": row["customer_id"]} for row in after])
    news = [row for row in after if row["tier"] != before[row["customer_id"]]["tier"]]
    await tx.run_many(_REMEMBER, [{**row, "id": tx.new_id()} for row in news])
    for row in news:
        tell(tx, row, before[row["customer_id"]])
    moves = await decisions_of(tx, policy, job.simulated, news, placements=chosen, undone=job.undone)
    decisions.record(tx, moves)
    again = [*touched, *unscored, *(before if anew else ())]
    if again:
        mark_due(tx, again)
    return Applied(len(after), len(news), len(touched) + len(unscored))


def _placed(tx: Tx, score: Mapping[str, Any], placement: Mapping[str, Any], version: int) -> dict[str, Any]:
    """The score as the placement has it; dates stay where the tier does."""
    today = tx.now.date()
    tier, by_rule = placement["to_tier"], placement["rule_tier"]
    since = score["tier_since"] if score["tier"] == tier else today
    beneath = _beneath(score, by_rule, today) if placement["pinned"] else (None, None)
    if not placement["pinned"] and score["rule_tier"] is not None:
        since = _beneath(score, by_rule, today)[1]
    return {
        **score,
        "tier": tier,
        "tier_since": since,
        "rule_tier": beneath[0],
        "rule_tier_since": beneath[1],
        **{
            name: placement[name]
            for name in (
                "contribution",
                "potential",
                "negative_value",
                "contributed_52_minor",
                "value_52_minor",
            )
        },
        "policy_version": version,
        "scored_at": tx.now,
        "version": score["version"] + 1,
    }


def _beneath(score: Mapping[str, Any], by_rule: str, today: date) -> tuple[str, date]:
    """The tier by rule and since when it stands."""
    held, since = score["rule_tier"] or score["tier"], score["rule_tier_since"] or score["tier_since"]
    return by_rule, since if held == by_rule else today
