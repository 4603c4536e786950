"""Drift as the API shows it."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.http import ListQuery, Output
from shared.http.types import Moment

Level = Literal["warn", "alarm"]
State = Literal["open", "acknowledged", "cleared"]


class ShiftRead(Output):
    """Population stability index; `noise` is what chance makes of it, `beyond_noise` what counts."""

    psi: float = Field(examples=[0.14])
    noise: float = Field(examples=[0.02])
    beyond_noise: float = Field(examples=[0.12])


class TrueRead(Output):
    """What kept scores came to: forecast against what happened within the horizon."""

    customers: int = Field(examples=[1840])
    left_share: float | None = Field(None, examples=[0.41])
    brier: float | None = Field(None, examples=[0.19])
    ece: float | None = Field(None, examples=[0.03])
    auc: float | None = Field(None, examples=[0.74])
    expected_orders: float | None = Field(None, examples=[2110.4])
    actual_orders: float | None = Field(None, examples=[2058.0])
    orders_bias: float | None = Field(None, examples=[0.025])


class MaturedWeek(TrueRead):
    """The scores kept in one week, named by the day on which they were."""

    week: str = Field(examples=["2026-03-02"])


class MaturedRead(Output):
    """All kept scores whose horizon has closed, together and by week."""

    together: TrueRead
    weeks: list[MaturedWeek]


class FitsRead(Output):
    """Models learnt in the last half year, and the shares with too little data and with a degenerate fit."""

    models: int = Field(examples=[26])
    prior: float = Field(examples=[0.0])
    degenerate: float = Field(examples=[0.0])


class ReasonMixRead(Output):
    """First reasons of customers at risk by category; `moved` is the share that has another one by now."""

    customers: int = Field(examples=[320])
    shares: dict[str, float] = Field(examples=[{"purchase": 0.7, "complaint": 0.3}])
    moved: float | None = Field(examples=[0.05])


class FeedLag(Output):
    """Days since the newest fact, and how many there may be."""

    days_since: float = Field(examples=[0.4])
    bound: float = Field(examples=[5.0])


class DriftFigures(Output):
    """`inputs` are empty, and `score` is null, with fewer than 200 customers now or when it was learnt."""

    customers: int = Field(examples=[2400])
    reference_customers: int = Field(examples=[2357])
    inputs: dict[str, ShiftRead] = Field(
        examples=[{"silence": {"psi": 0.14, "noise": 0.02, "beyond_noise": 0.12}}]
    )
    score: ShiftRead | None
    matured: MaturedRead
    fits: FitsRead
    reasons: ReasonMixRead
    feeds: dict[str, FeedLag | None] = Field(
        examples=[{"orders": {"days_since": 0.4, "bound": 5.0}}],
        description="Null where so little is told that silence says nothing.",
    )


class DriftRead(Output):
    """One look at a model."""

    id: UUID
    model_id: UUID
    level: Literal["calm", "warn", "alarm"] = Field(examples=["calm"])
    figures: DriftFigures
    made_at: Moment


class DriftQuery(ListQuery):
    """No filters."""


class AlarmRead(Output):
    """A measure beyond its bound.

    `psi.` and an input or `score`, `brier`, `ece`, `orders_bias`, `reasons`, `fits.` or `feed.` and which.
    """

    id: UUID
    model_id: UUID
    measure: str = Field(examples=["psi.silence"])
    level: Level
    figure: float = Field(examples=[0.27])
    bound: float = Field(examples=[0.25])
    state: State
    opened_at: Moment
    seen_at: Moment
    acknowledged_by: UUID | None
    acknowledged_at: Moment | None
    cleared_at: Moment | None


class AlarmQuery(ListQuery):
    """Filters of the list."""

    state: State | None = None
    level: Level | None = None
    model_id: UUID | None = None
