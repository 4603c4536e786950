"""Who is warned about, and when a warning ends by itself."""

import pytest

from scoring_svc.warnings.domain import next_step

CASES = [
    (False, "at_risk", "high", "ordinary", "open"),
    (False, "at_risk", "medium", "important", "open"),
    (False, "at_risk", "medium", "core", "open"),
    (False, "at_risk", "medium", "ordinary", None),
    (False, "at_risk", "unknown", "core", None),
    (False, "active", "high", "core", None),
    (False, "lost", "high", "core", None),
    (True, "at_risk", "medium", "ordinary", None),
    (True, "active", "low", "ordinary", "clear"),
    (True, "active", "high", "ordinary", None),
    (True, "lost", "high", "core", "lost"),
]


@pytest.mark.parametrize(("warned", "stage", "level", "tier", "step"), CASES)
def test_a_warning_opens_while_something_can_be_done(
    warned: bool, stage: str, level: str, tier: str, step: str | None
) -> None:
    assert next_step(warned=warned, stage=stage, level=level, tier=tier) == step
