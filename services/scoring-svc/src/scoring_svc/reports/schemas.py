"""Backtests as the API shows them."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from scoring_svc.models.schemas import CalibrationRead, GateRead
from shared.http import Input, Output

_FIGURES = {"auc": 0.796, "brier": 0.112, "ece": 0.02, "accuracy": 0.857, "lift": 1.16, "log_loss": 0.36}
_GROUP = {
    "customers": 2357,
    "left_share": 0.83,
    "methods": {
        "model": _FIGURES,
        "recency": {"auc": 0.784, "lift": 1.15},
        "hiatus": {"accuracy": 0.844},
        "last_n": {"auc": 0.711, "lift": 1.09, "accuracy": 0.828},
    },
    "orders": {"model": {"expected": 630.3, "actual": 723.0, "mae": 0.346, "bias": -0.128}},
}
_INSIDE = {"bought": 1996, "inside_50": 0.43, "inside_80": 0.71, "fair_50": 0.45, "fair_80": 0.75}
_CARD = {
    "customers": 2357,
    "champion_log_loss": {"ensemble": 0.36, "p_buy": 0.365},
    "calibrated": False,
    "windows": {
        "origin": "2025-10-01T00:00:00.000000",
        "levels": [0.12, 0.29, 0.55, 0.81, 0.94],
        "before": {**_INSIDE, "before_expected": 0.44, "fair_before": 0.46},
        "after": {**_INSIDE, "fair_50": 0.5, "fair_80": 0.81, "before_expected": 0.49, "fair_before": 0.51},
        "used": True,
    },
    "folds": [
        {
            "origin": "2025-10-01T00:00:00.000000",
            "horizon_weeks": 13.0,
            "auc": 0.796,
            "groups": {"all": _GROUP},
            "tracking": [
                {
                    "week": 1,
                    "expected": 52.2,
                    "actual": 43.0,
                    "expected_so_far": 52.2,
                    "actual_so_far": 43.0,
                }
            ],
            "lift": [
                {
                    "decile": 1,
                    "cases": 236,
                    "chance": 0.94,
                    "frequency": 0.96,
                    "lift": 1.16,
                    "captured": 0.12,
                }
            ],
        }
    ],
}


class OutcomeCount(Output):
    """Warnings of customers in sight that were opened while it spoke and have ended, by what came of them."""

    outcome: str = Field(examples=["retained"])
    warnings: int = Field(examples=[12])


class Backtest(Output):
    """How the model did on past origins, beside the simple rules; see the scoring guide.

    `card.folds` holds for each origin the figures by group (`groups`: all, early, one order, several
    orders, segments), the tracking curve by week (`tracking`), the reliability and the lift by tenths.
    `card.windows` tells of the windows of the next order at the last origin: the shares inside them, `before`
    and `after` their ends were learnt (`levels`), and whether what was learnt is `used`; null where too few
    came back to tell.
    """

    model_id: UUID
    basis: Literal["fitted", "prior"]
    card: dict[str, Any] = Field(examples=[_CARD])
    gate: GateRead | None
    calibration: CalibrationRead
    warnings: list[OutcomeCount]


class ReportQuery(Input):
    """In which language; without it in the one that the browser prefers."""

    lang: Annotated[
        Literal["zh", "en"] | None, Field(description="Language of the page · 页面语言", examples=["zh"])
    ] = None
