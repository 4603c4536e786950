"""Stored simulations as answers in the caller's language."""

from collections.abc import Mapping
from typing import Any

from scoring_svc.modelling.policy import Policy
from scoring_svc.simulations.reasons import reasons
from shared.db import Record

_MONEY = ("contributed_52", "value_52")


def simulation(row: Record, *, sums: bool) -> dict[str, Any]:
    """A simulation's row as its answer; its sums only for whom they are meant."""
    stored = dict(row)
    told = stored["summary"] if sums else None
    return {**stored, "summary": None if told is None else _summary(told, stored["currency"])}


def mover(row: Mapping[str, Any], policy: Policy, currency: str, *, zh: bool) -> dict[str, Any]:
    """A placement's row as its answer."""
    return {
        **_priced(row, currency),
        "contribution_before": row["from_contribution"],
        "potential_before": row["from_potential"],
        "reasons": reasons(row, policy, zh=zh),
    }


def _summary(told: Mapping[str, Any], currency: str) -> dict[str, Any]:
    return {
        **told,
        "matrix": [_priced(cell, currency) for cell in told["matrix"]],
        "moves": {way: _priced(stake, currency) for way, stake in told["moves"].items()},
    }


def _priced(told: Mapping[str, Any], currency: str) -> dict[str, Any]:
    money = {name: {"amount_minor": told[f"{name}_minor"], "currency": currency} for name in _MONEY}
    return {**dict(told), **money}
