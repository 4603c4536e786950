"""What the last scores of many customers say, by column, and for whom a new one says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, DateTime, Float, SmallInteger, case, cast, func, literal, select

from scoring_svc.facts.queries import MINOR_PER_UNIT
from scoring_svc.lifecycle.domain import DECLARED
from scoring_svc.modelling.facts import Bools, Floats, Ints, Times
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
class Last:
    """Shape (customers,) each; codes into TIERS, STAGES and LEVELS, all -1 of whoever has no score.

    `rule_tier` is the tier by the rules, also beneath a pin; `by_word` is in its stage because somebody
    declared it lost.
    """

    tier: Ints
    rule_tier: Ints
    rule_since: Times
    automatic: Bools
    stage: Ints
    by_word: Bools
    stage_since: Times
    level: Ints
    rank: Floats
    contribution: Floats
    potential: Floats
    expected: Floats  # in units of money, as the two below
    value_52: Floats
    contributed_52: Floats
    negative: Bools
    policy: Ints  # its version
    counted_alike: Bools  # in the currency of now
    scored: Times
    review: Times

    @classmethod
    def of(cls, customers: int, places: Ints, columns: Mapping[str, NDArray[Any]]) -> Self:
        """Of so many customers; `places` says which of them each row of `columns` is about, -1 for none."""
        known = places >= 0

        def spread(name: str) -> NDArray[Any]:
            column: NDArray[Any] = np.full(customers, _WITHOUT[name])
            if name in columns:
                column[places[known]] = columns[name][known]
            return column

        return cls(**{column.name: spread(column.name) for column in fields(cls)})

    def previous(self, unsaid: Bools) -> Previous:
        """What the next scoring wants to know; of those `unsaid` no stage."""
        stage = np.where(unsaid, NO_STAGE, self.stage)
        return Previous(
            PreviousTiers(self.rule_tier.astype(np.int64), self.rule_since.astype("datetime64[D]")),
            PreviousStages(stage.astype(np.int64), self.stage_since.astype("datetime64[D]")),
        )

    def outdated(self, scores: Scores, *, automatic: Bools, at: np.datetime64, policy_version: int) -> Bools:
        """For whom the new score says something else than the one that stands, or it has stood for long.

        The tiers of those who are not `automatic` stay what they are, whatever the rules say.

        That is: another band or sign, a risk by five points, a percentile by two, money by a tenth, another
        policy or currency, a review that is due, or four weeks.
        """
        said, placed = scores.forecast, scores.tiers
        rank = np.nan_to_num(said.risk.probability, nan=NOTHING_KNOWN)
        tiers = (self.tier != placed.tier) | (self.rule_tier != placed.by_rule)
        bands = (
            (tiers & automatic)
            | (self.automatic != automatic)
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
        alike = (self.policy == policy_version) & self.counted_alike & (self.tier != NO_TIER)
        aged = (self.review <= at) | (at - self.scored >= _LONGEST)
        return np.asarray(bands | moved | aged | ~alike, dtype=np.bool_)


def _differs(stood: Floats, now: Floats) -> Bools:
    limit = np.maximum(_SHARE * np.maximum(np.abs(stood), np.abs(now)), _UNITS)
    return np.asarray(np.abs(stood - np.nan_to_num(now)) > limit, dtype=np.bool_)


def last_scores(*, currency: str) -> Any:
    """The SELECT of KINDS: scores of whoever was not merged; no value is null, times may be infinite."""
    never = literal("infinity").cast(DateTime(timezone=True))
    return select(
        _S.c.customer_id,
        _code(_S.c.tier, TIERS),
        _code(func.coalesce(_S.c.rule_tier, _S.c.tier), TIERS),
        func.coalesce(_S.c.rule_tier_since, _S.c.tier_since),
        _S.c.automatic,
        _code(_S.c.lifecycle_stage, STAGES),
        _S.c.stage_cause == DECLARED,
        _S.c.stage_since,
        _code(_S.c.churn_level, LEVELS),
        cast(_S.c.churn_rank, Float),
        cast(_S.c.contribution, Float),
        cast(_S.c.potential, Float),
        _S.c.expected_value_minor,
        _S.c.value_52_minor,
        _S.c.contributed_52_minor,
        _S.c.negative_value,
        cast(_S.c.policy_version, BigInteger),
        _S.c.currency == currency,
        _S.c.scored_at,
        func.coalesce(_S.c.next_review_at, never),
    ).where(UNMERGED)


KINDS = {
    "tier": "smallint",
    "rule_tier": "smallint",
    "rule_since": "day",
    "automatic": "boolean",
    "stage": "smallint",
    "by_word": "boolean",
    "stage_since": "day",
    "level": "smallint",
    "rank": "double",
    "contribution": "double",
    "potential": "double",
    "expected": "bigint",
    "value_52": "bigint",
    "contributed_52": "bigint",
    "negative": "boolean",
    "policy": "bigint",
    "counted_alike": "boolean",
    "scored": "moment",
    "review": "moment",
}
"""How `last_scores` yields the columns after the customer's id."""

MONEY = {name: f"{name} / {MINOR_PER_UNIT}::DOUBLE" for name in ("expected", "value_52", "contributed_52")}
"""What makes units of minor units, in SQL."""

_NEVER: Any = np.datetime64("NaT", "us")
_WITHOUT: dict[str, Any] = {
    **dict.fromkeys(KINDS, 0.0),
    **dict.fromkeys(("rule_since", "stage_since", "scored", "review"), _NEVER),
    **dict.fromkeys(("negative", "counted_alike", "automatic", "by_word"), False),
    "tier": NO_TIER,
    "rule_tier": NO_TIER,
    "policy": 0,
    "stage": NO_STAGE,
    "level": _NO_LEVEL,
}


def _code(column: Any, names: tuple[str, ...]) -> Any:
    return cast(case({name: place for place, name in enumerate(names)}, value=column, else_=-1), SmallInteger)
