"""Where a log says too little of complaints or contact to learn from, documented judgement speaks."""

import numpy as np

from scoring_svc.modelling.churn_fit import FEWEST_SEEN, fit_churn, thin_topics
from scoring_svc.modelling.inputs import NAMES, TOPICS
from scoring_svc.modelling.judgement import judged_on

OPEN = NAMES.index("open_severity")


def _matrix(rows: int, complaining: int) -> np.ndarray:
    chance = np.random.default_rng(5)
    matrix = np.full((rows, len(NAMES)), np.nan)
    matrix[:, 0] = chance.normal(0, 1, rows)
    matrix[:, OPEN] = 0.0
    matrix[:complaining, OPEN] = 2.0
    return matrix


def test_a_topic_is_thin_until_enough_customers_tell_of_it() -> None:
    assert "complaint" in thin_topics(_matrix(1000, FEWEST_SEEN - 1))
    assert "complaint" not in thin_topics(_matrix(1000, FEWEST_SEEN))


def test_an_open_complaint_raises_the_risk_even_if_none_was_seen_before() -> None:
    matrix = _matrix(1000, 3)
    bought = np.random.default_rng(6).random(1000) < 1 / (1 + np.exp(-matrix[:, 0]))
    model = fit_churn([matrix.copy()], [bought])
    risk = model.risk(matrix)
    weight = judged_on(["complaint"]).weights[OPEN]
    lift = risk.lifts[:, TOPICS.index("complaint")]
    assert np.allclose(lift[:3], -2 * weight)
    assert np.allclose(lift[3:], 0.0)
    assert type(model).from_document(model.to_document()).risk(matrix).probability[0] == risk.probability[0]
