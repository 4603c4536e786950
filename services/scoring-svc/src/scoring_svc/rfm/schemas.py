"""The grid as the API shows it."""

from typing import Any, Literal

from pydantic import ConfigDict, Field

from scoring_svc.bases.schemas import Report
from shared.http import Money, Output

Segment = Literal[
    "champion",
    "loyal",
    "potential_loyalist",
    "new",
    "promising",
    "needs_attention",
    "about_to_sleep",
    "at_risk",
    "cannot_lose",
    "hibernating",
    "lost",
]
_CELL: dict[str, Any] = {
    "recency": 5,
    "frequency": 5,
    "segment": "champion",
    "customers": 212,
    "share": 0.106,
    "amount": {"amount_minor": 91250000, "currency": "CNY"},
    "amount_share": 0.41,
    "mean_amount": {"amount_minor": 430425, "currency": "CNY"},
    "by_amount": [0, 3, 14, 51, 144],
}
_BOUND: Any = {"score": 5, "customers": 402, "lowest": 0.4, "highest": 11.6}


class Cell(Output):
    """Customers of one quintile of recency and one of frequency, 5 being the best.

    `by_amount` are their numbers by quintile of the net amount, the lowest first.
    """

    recency: int = Field(ge=1, le=5)
    frequency: int = Field(ge=1, le=5)
    segment: Segment = Field(description="What such customers are commonly called.")
    customers: int
    share: float | None
    amount: Money = Field(description="Ordered less returned.")
    amount_share: float | None
    mean_amount: Money | None
    by_amount: list[int]


class Bound(Output):
    """From where to where the values of a quintile reach; customers who are alike are in one quintile."""

    score: int = Field(ge=1, le=5)
    customers: int
    lowest: float
    highest: float


class RfmRead(Report):
    """The grid, the best cell first; quintiles are of the customers of this report."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "since": "2025-03-02T00:00:00Z",
                    "until": "2026-03-01T00:00:00Z",
                    "timezone": "Asia/Shanghai",
                    "currency": "CNY",
                    "left_out": [],
                    "customers": 2000,
                    "amount": {"amount_minor": 222560000, "currency": "CNY"},
                    "recency_days": [_BOUND],
                    "frequency_orders": [{**_BOUND, "lowest": 9, "highest": 64}],
                    "amount_minor": [{**_BOUND, "lowest": 180000, "highest": 9100000}],
                    "cells": [_CELL],
                }
            ]
        }
    )

    customers: int
    amount: Money
    recency_days: list[Bound] = Field(description="Days from the last order to the end; few are good.")
    frequency_orders: list[Bound]
    amount_minor: list[Bound] = Field(description="Ordered less returned, in minor units of `currency`.")
    cells: list[Cell]
