"""Stored scores as answers in the caller's language."""

from typing import Any

from scoring_svc.warnings.rendering import reason, texted
from shared.db import Record


def score(row: Record, *, zh: bool) -> dict[str, Any]:
    """A score's row as its answer."""
    stored = dict(row)
    churn = stored["churn"]
    return {
        **stored,
        "expected_value": _money(stored, "expected_value_minor"),
        "value_52": _money(stored, "value_52_minor"),
        "contributed_52": _money(stored, "contributed_52_minor"),
        "model_version": stored["model_id"],
        "churn": {
            **churn,
            "probability": stored["churn_probability"],
            "level": stored["churn_level"],
            "reasons": [reason(each, zh=zh) for each in churn["reasons"]],
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
