"""Stored scores as answers in the caller's language."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from scoring_svc.warnings.rendering import apart, reasons, texted
from shared.db import Record


def score(row: Record, pins: Mapping[UUID, Record], *, zh: bool) -> dict[str, Any]:
    """A score's row as its answer; `pins` are the overrides that hold, by customer."""
    stored = dict(row)
    pin = pins.get(stored["customer_id"])
    churn = stored["churn"]
    told = reasons(churn["reasons"], zh=zh)
    return {
        **stored,
        "tier_override": {**dict(pin), "by_rule": stored["rule_tier"] or stored["tier"]} if pin else None,
        "expected_value": _money(stored, "expected_value_minor"),
        "value_52": _money(stored, "value_52_minor"),
        "contributed_52": _money(stored, "contributed_52_minor"),
        "model_version": stored["model_id"],
        "churn": {
            **churn,
            "probability": stored["churn_probability"],
            "level": stored["churn_level"],
            "reasons": told,
            "explained": apart(told),
            "recommended_action": texted(churn["recommended_action"], zh=zh),
        },
    }


def history(row: Record) -> dict[str, Any]:
    """A row of the history as its answer."""
    stored = dict(row)
    return {
        **stored,
        "expected_value": _money(stored, "expected_value_minor"),
        "model_version": stored["model_id"],
    }


def _money(row: dict[str, Any], column: str) -> dict[str, Any]:
    return {"amount_minor": int(row[column]), "currency": row["currency"]}
