"""Customers who object to automatic decisions: what is computed of them decides nothing."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from scoring_svc.modelling.tiers import ORDINARY, TIERS


def hold(
    rows: Sequence[dict[str, Any]],
    objecting: Collection[UUID],
    before: Mapping[UUID, Mapping[str, Any]],
    today: date,
) -> None:
    """Say of each row whether its tier is decided automatically; who objects keeps theirs, or is ordinary.

    What a person pinned lies over it, here as elsewhere.
    """
    for row in rows:
        row["automatic"] = row["customer_id"] not in objecting
        if row["automatic"]:
            continue
        tier, since = _held(before.get(row["customer_id"]), today)
        pinned = row["rule_tier"] is not None
        row["rule_tier" if pinned else "tier"] = tier
        row["rule_tier_since" if pinned else "tier_since"] = since


def _held(held: Mapping[str, Any] | None, today: date) -> tuple[str, date]:
    if held is None:
        return TIERS[ORDINARY], today
    return held["rule_tier"] or held["tier"], held["rule_tier_since"] or held["tier_since"]
