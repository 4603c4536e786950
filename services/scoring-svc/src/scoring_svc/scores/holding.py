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
    """Say of each row whether its tier is decided automatically; who objects keeps theirs, or is ordinary."""
    for row in rows:
        row["automatic"] = row["customer_id"] not in objecting
        if row["automatic"]:
            continue
        held = before.get(row["customer_id"])
        row["tier"] = held["tier"] if held else TIERS[ORDINARY]
        row["tier_since"] = held["tier_since"] if held else today
