"""What monitoring is told of drift; labels are names of measures, never ids."""

from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry import metrics

from scoring_svc.drift.domain import Finding

_meter = metrics.get_meter("scoring.drift")
_psi = _meter.create_gauge(
    "scoring.drift.psi", description="Largest PSI of an input beyond what chance makes."
)
_score_psi = _meter.create_gauge("scoring.drift.score_psi", description="PSI of the chance of leaving.")
_brier = _meter.create_gauge("scoring.drift.brier", description="Brier score of what has come true or not.")
_ece = _meter.create_gauge("scoring.drift.ece", description="Calibration error of what has come true or not.")
_alarms = _meter.create_gauge("scoring.drift.alarms", description="Measures beyond their bounds, by level.")


def tell(figures: Mapping[str, Any], found: Sequence[Finding]) -> None:
    """Tell of the newest look."""
    shifts = [shift["beyond_noise"] for shift in figures["inputs"].values()]
    _psi.set(max(shifts, default=0.0))
    if figures["score"] is not None:
        _score_psi.set(figures["score"]["beyond_noise"])
    together = figures["matured"]["together"]
    if together["customers"]:
        _brier.set(together["brier"])
        _ece.set(together["ece"])
    for level in ("warn", "alarm"):
        _alarms.set(sum(each.level == level for each in found), {"level": level})
