"""What the last scores of many customers say, by column, and for whom a new one says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, Date, DateTime, Float, SmallInteger, case, cast, func, literal, select

from scoring_svc.facts.queries import MINOR_PER_UNIT
from scoring_svc.modelling.facts import Bools, Floats, Ids, Ints, Times
from scoring_svc.modelling.levels import LEVELS
from scoring_svc.modelling.lifecycle import NO_STAGE, STAGES, PreviousStages
from scoring_svc.modelling.scoring import Previous, Scores
from scoring_svc.modelling.tiers import NO_TIER, TIERS, PreviousTiers
from scoring_svc.scores.domain import NOTABLE, NOTHING_KNOWN
from scoring_svc.scores.queries import UNMERGED
from scoring_svc.scores.tables import Score

_POINTS = 2.0
"""Of a percentile: the width of the hysteresis."""
_SHARE, _UNITS = 0.1, 1.0
_LONGEST = np.timedelta64(28, "D")
_NO_LEVEL = -1
_S: Any = Score.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Standing:
    """Shape (customers,) each; codes into TIERS, STAGES and LEVELS, -1 and a version of 0 without a score."""

    tier: Ints
    tier_since: Times
    stage: Ints
    stage_since: Times
    level: Ints
    rank: Floats
    contribution: Floats
    potential: Floats
    expected: Floats  # in units of money, as the two below
    value_52: Floats
    contributed_52: Floats
    negative: Bools
    made_alike: Bools  # by the policy and in the currency of now
    version: Ints
    scored: Times
    review: Times

    @classmethod
    def of(cls, customers: Ids, known: Ids, columns: Mapping[str, NDArray[Any]]) -> Self:
        """In the order of `customers`; `known`, of whom `columns` tell, are some of them."""
        place = np.searchsorted(customers, known)

        def spread(name: str) -> NDArray[Any]:
            column: NDArray[Any] = np.full(len(customers), _WITHOUT[name])
            if len(known):
                column[place] = columns[name]
            return column

        return cls(**{column.name: spread(column.name) for column in fields(cls)})

    def previous(self, at: Any = slice(None)) -> Previous:
        """What the next scoring wants to know, of the customers at these places."""
        return Previous(
            PreviousTiers(self.tier[at].astype(np.int64), self.tier_since[at].astype("datetime64[D]")),
            PreviousStages(self.stage[at].astype(np.int64), self.stage_since[at].astype("datetime64[D]")),
        )

    def outdated(self, scores: Scores) -> Bools:
        """For whom the new score says something else than the one that stands, or it has stood for long.

        That is: another band or sign, a risk by five points, a percentile by two, money by a tenth, another
        policy or currency, a review that is due, or four weeks.
        """
        said, placed = scores.forecast, scores.tiers
        rank = np.nan_to_num(said.risk.probability, nan=NOTHING_KNOWN)
        bands = (
            (self.tier != placed.tier)
            | (self.stage != scores.stages.stage)
            | (self.level != said.level)
            | (self.negative != placed.negative_value)
        )
        moved = (
            (np.abs(self.rank - rank) >= NOTABLE)
            | (np.abs(self.contribution - placed.contribution) >= _POINTS)
            | (np.abs(self.potential - placed.potential) >= _POINTS)
            | _differs(self.expected, said.expected_value)
            | _differs(self.value_52, said.value_52)
            | _differs(self.contributed_52, placed.brought)
        )
        aged = (self.review <= scores.as_of) | (scores.as_of - self.scored >= _LONGEST)
        return np.asarray(bands | moved | aged | ~self.made_alike | (self.version == 0), dtype=np.bool_)


def _differs(stood: Floats, now: Floats) -> Bools:
    limit = np.maximum(_SHARE * np.maximum(np.abs(stood), np.abs(now)), _UNITS)
    return np.asarray(np.abs(stood - np.nan_to_num(now)) > limit, dtype=np.bool_)


def standing_scores(*, policy_version: int, currency: str) -> Any:
    """The SELECT of KINDS: scores of whoever was not merged; no value is null, times may be infinite."""
    day, moment = literal("infinity").cast(Date), literal("infinity").cast(DateTime(timezone=True))
    return select(
        _S.c.customer_id,
        _code(_S.c.tier, TIERS),
        func.coalesce(_S.c.tier_since, day),
        _code(_S.c.lifecycle_stage, STAGES),
        func.coalesce(_S.c.stage_since, day),
        _code(_S.c.churn_level, LEVELS),
        cast(_S.c.churn_rank, Float),
        cast(_S.c.contribution, Float),
        cast(_S.c.potential, Float),
        _S.c.expected_value_minor,
        _S.c.value_52_minor,
        _S.c.contributed_52_minor,
        _S.c.negative_value,
        (_S.c.policy_version == policy_version) & (_S.c.currency == currency),
        cast(_S.c.version, BigInteger),
        _S.c.scored_at,
        func.coalesce(_S.c.next_review_at, moment),
    ).where(UNMERGED)


KINDS = {
    "tier": "smallint",
    "tier_since": "day",
    "stage": "smallint",
    "stage_since": "day",
    "level": "smallint",
    "rank": "double",
    "contribution": "double",
    "potential": "double",
    "expected": "bigint",
    "value_52": "bigint",
    "contributed_52": "bigint",
    "negative": "boolean",
    "made_alike": "boolean",
    "version": "bigint",
    "scored": "moment",
    "review": "moment",
}
"""How `standing_scores` yields the columns after the customer's id."""

MONEY = {name: f"{name} / {MINOR_PER_UNIT}::DOUBLE" for name in ("expected", "value_52", "contributed_52")}
"""What makes units of minor units, in SQL."""

_NEVER: Any = np.datetime64("NaT", "us")
_WITHOUT: dict[str, Any] = {
    **dict.fromkeys(KINDS, 0.0),
    **dict.fromkeys(("tier_since", "stage_since", "scored", "review"), _NEVER),
    **dict.fromkeys(("negative", "made_alike"), False),
    "tier": NO_TIER,
    "stage": NO_STAGE,
    "level": _NO_LEVEL,
    "version": 0,
}


def _code(column: Any, names: tuple[str, ...]) -> Any:
    return cast(case({name: place for place, name in enumerate(names)}, value=column, else_=-1), SmallInteger)
