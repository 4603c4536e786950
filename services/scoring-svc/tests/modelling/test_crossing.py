"""Where a rising function crosses zero: found for each as if it were alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring_svc.modelling.crossing import crossing

roots = st.lists(st.floats(-9.9, 9.9), min_size=1, max_size=20)
CLOSE = 1e-9


def sought(wanted, bend):
    """The root of a curve that is flat on one side and steep on the other."""
    ends = np.full(len(wanted), 10.0)
    return crossing(lambda x: np.expm1(bend * (x - wanted)), -ends, ends, within=CLOSE)


@given(roots, st.floats(0.05, 20.0))
def test_the_crossing_is_found_however_bent_the_curve_is(wanted, bend):
    assert sought(np.array(wanted), bend) == pytest.approx(wanted, abs=1e-6)


@given(roots, st.floats(0.05, 20.0))
def test_company_changes_nothing(wanted, bend):
    together = sought(np.array(wanted), bend)
    alone = [sought(np.array([each]), bend)[0] for each in wanted]
    assert together == pytest.approx(alone, abs=1e-12)


def test_what_crosses_outside_is_told_at_that_end_and_what_is_not_a_number_at_the_far_one():
    ends = np.full(3, 1.0)
    wanted = np.array([-5.0, 5.0, np.nan])
    assert crossing(lambda x: x - wanted, -ends, ends, within=CLOSE).tolist() == [-1.0, 1.0, 1.0]


def test_a_step_is_found_too():
    ends = np.full(1, 1.0)
    found = crossing(lambda x: np.where(x < 0.3, -1e-3, 1e9), -ends, ends, within=CLOSE)
    assert found == pytest.approx([0.3], abs=1e-6)
