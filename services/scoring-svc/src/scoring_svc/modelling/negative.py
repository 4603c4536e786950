"""Why a customer costs more than it brings: the causes by name, with their amounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from scoring_svc.modelling.facts import Floats

Cost = Literal["returns", "discounts", "service"]
COSTS: tuple[Cost, ...] = get_args(Cost)
_WORTH_NAMING = 0.1  # of what the customer lost us


@dataclass(frozen=True, slots=True)
class Cause:
    """`amount` is positive: what this took from the contribution, in the money of the facts."""

    cost: Cost
    amount: float


@dataclass(frozen=True, slots=True)
class Balance:
    """Shape (customers,) each: what was `earned` (margin of gross sales) and what it cost.

    `discounts` are NaN where nobody knows them; they are left out then and never guessed.
    """

    earned: Floats
    returns: Floats
    discounts: Floats
    service: Floats

    @property
    def contribution(self) -> Floats:
        """Earned less every cost that is known."""
        return np.asarray(self.earned - sum(np.nan_to_num(getattr(self, cost)) for cost in COSTS), np.float64)


def balance(
    *, sold: Floats, returned: Floats, service: Floats, margin: float, discounts: Floats | None = None
) -> Balance:
    """Of gross `sold` and `returned` amounts of one window; a returned order loses its margin again."""
    unknown = np.full(len(sold), np.nan)
    return Balance(
        earned=margin * sold,
        returns=margin * returned,
        discounts=unknown if discounts is None else discounts,
        service=service,
    )


def causes(of: Balance, index: int) -> tuple[Cause, ...]:
    """Why one customer's contribution is below zero, the dearest first; none where it is not.

    A cost is named when it makes up a tenth of the loss or more.
    """
    lost = -float(of.contribution[index])
    if not lost > 0.0:
        return ()
    amounts: Mapping[Cost, float] = {cost: float(np.nan_to_num(getattr(of, cost)[index])) for cost in COSTS}
    named = [Cause(cost, amount) for cost, amount in amounts.items() if amount >= _WORTH_NAMING * lost]
    return tuple(sorted(named, key=lambda cause: -cause.amount))
