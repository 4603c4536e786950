"""What of a new score is a decision, with everything that it takes to make it again."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from scoring_svc.decisions.domain import Decision, Inputs
from scoring_svc.modelling.policy import Policy
from scoring_svc.modelling.tiers import ORDINARY, TIERS
from scoring_svc.scores.domain import instant

Row = Mapping[str, Any]
_FIGURES = (
    "contribution",
    "potential",
    "tier",
    "tier_since",
    "negative_value",
    "lifecycle_stage",
    "churn_level",
    "churn_probability",
)


def tier_decisions(
    rows: Iterable[Row], before: Mapping[UUID, Row], policy: Policy, *, anew: bool
) -> Iterator[Decision]:
    """Of each row whose tier changed automatically, not because a person pinned it.

    A customer who is new is ordinary without anybody's decision; a better tier is one. With `anew` what was
    held before bound nobody.
    """
    for row in rows:
        held = before.get(row["customer_id"])
        was = held["tier"] if held else TIERS[ORDINARY]
        if row["automatic"] and row["rule_tier"] is None and row["tier"] != was:
            decided = {"tier": row["tier"], "from_tier": held["tier"] if held else None}
            yield _decision(row, None if anew else held, policy, kind="tier", decided=decided)


def warning_decision(row: Row, before: Row | None, policy: Policy, warning_id: UUID) -> Decision:
    """Of a warning that was opened by itself; `before` is what bound, None if nothing did."""
    decided = {"step": "open", "level": row["churn_level"]}
    return _decision(row, before, policy, kind="warning", decided=decided, warning_id=warning_id)


def _decision(row: Row, held: Row | None, policy: Policy, *, decided: Row, **about: Any) -> Decision:
    return Decision(
        customer_id=row["customer_id"],
        decided=decided,
        inputs=Inputs(
            as_of=str(instant(row["scored_at"])),
            features=row["features"],
            held=None if held is None else _held(held),
            figures={name: _plain(row[name]) for name in _FIGURES},
            thresholds=_thresholds(policy),
            **row["bound"],
        ),
        policy_version=policy.version,
        policy_digest=policy.digest(),
        model_id=row["model_id"],
        reasons=row["churn"]["reasons"],
        **about,
    )


def _held(row: Row) -> dict[str, Any]:
    """What the rules said before, beneath a pin."""
    tier, since = row["rule_tier"] or row["tier"], row["rule_tier_since"] or row["tier_since"]
    return {
        "tier": tier,
        "tier_since": _plain(since),
        "stage": row["lifecycle_stage"],
        "stage_since": _plain(row["stage_since"]),
    }


def _thresholds(policy: Policy) -> dict[str, Any]:
    tiers = policy.to_document()["tiers"]
    numbers = {name: value for name, value in tiers.items() if isinstance(value, int | float)}
    return {"tiers": numbers, "risk": asdict(policy.risk)}


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
