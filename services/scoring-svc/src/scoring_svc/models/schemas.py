"""Models as the API shows them."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from shared.http import ListQuery, Output
from shared.http.types import Moment

Status = Literal["shadow", "champion", "retired"]
_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_METRICS = {"folds": 3, "auc": 0.796, "auc_early": 0.723, "auc_recency": 0.784, "brier": 0.112, "ece": 0.02}
_CHECK = {"code": "worse_than_recency", "figure": 0.796, "bound": 0.784, "margin": 0.02, "holds": True}
_GATE = {"passes": True, "reasons": [], "checks": [_CHECK], "against": [], "alarms": []}
_BINS = [{"forecast": 0.62, "observed": 0.6, "cases": 211}]


class CheckRead(Output):
    """Holds while `figure` is not below `bound` by more than `margin`; null where nothing can be compared."""

    code: str = Field(examples=["worse_than_recency"])
    figure: float | None = Field(examples=[0.796])
    bound: float | None = Field(examples=[0.784])
    margin: float = Field(examples=[0.02])
    holds: bool = Field(examples=[True])


class GateRead(Output):
    """Whether the model might speak by itself when it was learnt; `reasons` are why not.

    `against` are the folds on which it was compared with the champion of then.
    """

    passes: bool = Field(examples=[True])
    reasons: list[str] = Field(examples=[[]])
    checks: list[CheckRead]
    against: list[dict[str, Any]] = Field(examples=[[]])
    alarms: list[str] = Field(examples=[[]])


class ModelRead(Output):
    """A model on record. `basis` is `fitted`, or `prior` while there is too little data to learn from.

    It is learnt into the `shadow`; the `champion` speaks; the `retired` spoke before. `row_hash` is of what
    it was learnt from as of `as_of`, `code_hash` of the numerics, `feature_hash` of the inputs; null if it
    was learnt before they were noted. `replaced_id` is the champion that it followed.
    """

    id: UUID
    kind: Literal["scoring"]
    status: Status
    basis: Literal["fitted", "prior"]
    as_of: Moment
    horizon_weeks: float = Field(examples=[13])
    currency: str
    customers: int
    orders: int
    row_hash: str | None = Field(examples=[_HASH])
    code_version: str | None = Field(examples=["0.1.0"])
    code_hash: str | None = Field(examples=[_HASH])
    feature_hash: str | None = Field(examples=[_HASH])
    metrics: dict[str, Any] = Field(
        description="Means over the backtest's folds; empty without one.", examples=[_METRICS]
    )
    gate: GateRead | None = Field(examples=[_GATE])
    cause: str | None = Field(
        description="What made us learn: `start`, `bulk`, `daily`, `request` or `drift`.", examples=["daily"]
    )
    approved_by: UUID | None = Field(description="Who let it speak; null where the gate did.")
    replaced_id: UUID | None
    created_at: Moment
    promoted_at: Moment | None
    retired_at: Moment | None


class MoveRead(Output):
    """When it came to speak, in whose place, and by whom; `moved_by` is null where the gate let it."""

    action: Literal["promoted", "rolled_back"]
    from_id: UUID | None
    moved_by: UUID | None
    note: str | None = Field(examples=["The backtest of November was looked at", "已核对十一月的回测"])
    moved_at: Moment


class BinRead(Output):
    """Mean forecast of a bin, how often it came true, and of how many."""

    forecast: float = Field(examples=[0.62])
    observed: float = Field(examples=[0.6])
    cases: int = Field(examples=[211])


class CalibrationRead(Output):
    """log odds of an order = slope * log odds + offset; 1 and 0 where the model is not recalibrated."""

    slope: float = Field(examples=[1.0])
    offset: float = Field(examples=[0.0])
    bins: list[BinRead] = Field(examples=[_BINS])


class ModelDetail(ModelRead):
    """With its parameters, how it came to speak, and its card for people to read, in Markdown."""

    row_counts: dict[str, int] | None = Field(examples=[{"customers": 2357, "orders": 5734}])
    parameters: dict[str, Any] = Field(examples=[{"basis": "fitted", "usual_gap": 6.2}])
    calibration: CalibrationRead
    history: list[MoveRead]
    card: str = Field(examples=["# Model card\n\nWhat it is for: …", "# 模型卡\n\n用途：……"])


class ModelQuery(ListQuery):
    """Filters of the list."""

    status: Status | None = None
