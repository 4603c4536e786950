"""Who is warned about, and when a warning ends by itself."""

import pytest

from scoring_svc.warnings.domain import next_step

CASES = [
    (False, "at_risk", "high", 10.0, "open"),
    (False, "at_risk", "medium", 60.0, "open"),
    (False, "at_risk", "medium", 95.0, "open"),
    (False, "at_risk", "medium", 59.0, None),
    (False, "at_risk", "unknown", 90.0, None),
    (False, "active", "high", 90.0, None),
    (False, "lost", "high", 90.0, None),
    (True, "at_risk", "medium", 59.0, None),
    (True, "active", "low", 10.0, "clear"),
    (True, "active", "high", 10.0, None),
    (True, "lost", "high", 90.0, "lost"),
]


@pytest.mark.parametrize(("warned", "stage", "level", "contribution", "step"), CASES)
def test_a_warning_opens_while_something_can_be_done(
    warned: bool, stage: str, level: str, contribution: float, step: str | None
) -> None:
    assert next_step(warned=warned, stage=stage, level=level, contribution=contribution) == step
