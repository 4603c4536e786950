"""Cohorts as the API shows them."""

from datetime import date, timedelta
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from scoring_svc.bases.schemas import BaseQuery, Report
from shared.http import Money, Output

_CELL: dict[str, Any] = {
    "customers": 61,
    "share": 0.51,
    "value_per_customer": {"amount_minor": 48200, "currency": "CNY"},
    "value_so_far": {"amount_minor": 139000, "currency": "CNY"},
}


class CohortQuery(BaseQuery):
    """Cohorts from the period of `from` on, of 24 months without one; what came by `to` counts."""

    usual: ClassVar[timedelta] = timedelta(days=730)

    period: Literal["month", "quarter"] = "month"
    group_by: Literal["none", "channel", "industry", "region", "distributor", "tier"] = Field(
        "none",
        description="A triangle for each of the 20 with most customers; by `channel`: of the first order.",
    )


class CohortCell(Output):
    """A period that is over."""

    customers: int = Field(description="How many of the cohort ordered in it.")
    share: float
    value_per_customer: Money = Field(description="Ordered less returned in it, over the whole cohort.")
    value_so_far: Money = Field(description="The same from the first period to the end of this one.")


class Cohort(Output):
    """Customers whose first order ever lies in the period that begins on the day `cohort`.

    `cells` are its periods in their order, the first being that of the first order; the period that still
    goes on is null.
    """

    cohort: date
    segment: str | None = Field(examples=["online_shop"])
    customers: int
    complete: bool = Field(description="Whether the cohort's own period is over: nobody joins any more.")
    cells: list[CohortCell | None]


class Retention(Output):
    """Of all cohorts that have come to this age."""

    age: int
    cohorts: int
    share: float


class CohortsRead(Report):
    """The retention triangle, the oldest cohort first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "since": "2026-01-01T00:00:00Z",
                    "until": "2026-03-20T00:00:00Z",
                    "timezone": "Asia/Shanghai",
                    "currency": "CNY",
                    "left_out": [],
                    "period": "month",
                    "group_by": "none",
                    "customers": 120,
                    "retention": [
                        {"age": 0, "cohorts": 1, "share": 1.0},
                        {"age": 1, "cohorts": 1, "share": 0.51},
                    ],
                    "cohorts": [
                        {
                            "cohort": "2026-01-01",
                            "segment": None,
                            "customers": 120,
                            "complete": True,
                            "cells": [{**_CELL, "customers": 120, "share": 1.0}, _CELL, None],
                        }
                    ],
                }
            ]
        }
    )

    period: Literal["month", "quarter"]
    group_by: str
    customers: int
    retention: list[Retention]
    cohorts: list[Cohort]
