"""Documented judgement: what complaints, answers, contact and promises weigh where too little is known."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from scoring_svc.modelling.inputs import INPUTS, NAMES, TOPIC_OF, TOPICS, Topic
from scoring_svc.modelling.logit import Logit

# Log odds of an order that one unit of an input adds, and the value at which it adds nothing. Judgement, not
# estimates: an open complaint of severity 2 costs .5, eleven weeks without contact (against five) .35, a
# promise that was broken a moment ago .31, of which .1 is left to fade once it is kept.
PRIOR_WEIGHTS = {
    "open_severity": (-0.25, 0.0),
    "complaint_pressure": (-0.10, 0.0),
    "slow_26": (-0.30, 0.0),
    "satisfaction_last": (0.25, 4.0),
    "satisfaction_drop": (-0.25, 0.0),
    "contact_silence": (-0.50, float(np.log1p(5.0))),
    "unanswered": (-0.20, 0.0),
    "promises_unkept": (-0.30, 0.0),
    "promise_pressure": (-0.10, 0.0),
}
TREATMENTS: tuple[Topic, ...] = ("complaint", "satisfaction", "contact", "promise")
NO_JUDGEMENT = Logit(0.0, (0.0,) * len(NAMES), (0.0,) * len(NAMES))


def judged_on(topics: Iterable[Topic]) -> Logit:
    """`PRIOR_WEIGHTS` for these topics and no weight for the others."""
    chosen = {TOPICS.index(topic) for topic in topics}
    prior = [PRIOR_WEIGHTS.get(name, (0.0, 0.0)) for name in NAMES]
    speaks = [TOPIC_OF[place] in chosen for place in range(len(NAMES))]
    weights = tuple(weight if spoken else 0.0 for (weight, _), spoken in zip(prior, speaks, strict=True))
    return Logit(0.0, weights, tuple(centre for _, centre in prior))


# Somebody treated well: no complaint, content, talked to three weeks ago, no promise broken. What a cause
# adds is counted from here and not from the average customer, half of whom are treated worse.
_WELL = {
    "satisfaction_last": 4.5,
    "satisfaction_mean": 4.5,
    "contact_silence": float(np.log1p(3.0)),
    "contact_silence_by_gap": float(np.log(0.6)),
    "contacts_13": np.nan,
}
CALM = np.array([[_WELL.get(entry.name, 0.0 if entry.topic in TREATMENTS else np.nan) for entry in INPUTS]])
