"""What a customer's recommendations are worth: a line of its own, never part of what they buy themselves."""

from __future__ import annotations

import numpy as np

from scoring_svc.modelling.facts import Floats, Ints

MOST_SHARE = 1.0


def referral_value(referrer: Ints, value: Floats, converted: Floats, *, share: float) -> Floats:
    """Referrals converted * mean value of the referred * `share`; shape (customers,), in the unit of `value`.

    `referrer` is the index of who brought a customer, -1 for nobody; `value` is what each customer is
    expected to bring; `converted` says how many of those whom the customer referred have ordered. Who
    referred somebody not known here is credited with the mean of all referred; 0 where there is none.

    Raises:
        ValueError: the share is not within 0 and 1.
    """
    if not 0.0 <= share <= MOST_SHARE:
        raise ValueError("the share of a referred customer's value must be within 0 and 1")
    size = len(converted)
    brought = (referrer >= 0) & np.isfinite(value)
    who = referrer[brought]
    count = np.bincount(who, minlength=size).astype(np.float64)
    total = np.bincount(who, weights=value[brought], minlength=size)
    overall = float(value[brought].mean()) if brought.any() else 0.0
    mean = np.where(count > 0, total / np.maximum(count, 1.0), overall)
    return np.asarray(np.maximum(converted, 0.0) * np.maximum(mean, 0.0) * share, dtype=np.float64)
