"""How customers buy, as the API shows it."""

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field

from scoring_svc.bases.schemas import BaseQuery, Report
from scoring_svc.expectations.schemas import WindowRead
from shared.http import Money, Output

_MONEY: Any = {"amount_minor": 81250000, "currency": "CNY"}
_PART: dict[str, Any] = {"orders": 3104, "share": 0.62, "amount": _MONEY}


class BehaviourQuery(BaseQuery):
    """Of everybody in sight, or of one customer."""

    customer_id: UUID | None = None


class Part(Output):
    """Orders of one kind; `share` is of all orders, `amount` what was ordered (returns not deducted)."""

    orders: int
    share: float | None
    amount: Money


class ChannelPart(Part):
    """Orders by one channel; null: nobody said by which."""

    channel: str | None


class WeekdayPart(Part):
    """Orders of one weekday, 1 being Monday."""

    weekday: int = Field(ge=1, le=7)


class HourPart(Part):
    """Orders of one hour of the day."""

    hour: int = Field(ge=0, le=23)


class MonthPart(Part):
    """Orders of the month that begins on this day."""

    month: date
    customers: int


class CategoryRead(Output):
    """What was ordered of one category; null: nobody said of which."""

    category: str | None = Field(examples=["tea"])
    lines: int
    quantity: float
    amount: Money
    amount_share: float | None


class Basket(Output):
    """How large orders are of which it is known what was in them; means are null without any."""

    orders_with_lines: int
    mean_lines: float | None = Field(examples=[4.2])
    mean_quantity: float | None = Field(examples=[11.5])
    mean_amount: Money | None


class Frequency(Output):
    """Customers by how many orders they had: from `fewest` to `most`, null being without end."""

    fewest: int
    most: int | None
    customers: int
    share: float | None
    amount: Money


class AmountPoint(Output):
    """So large a share of orders (`point`) is of this amount or less."""

    point: float = Field(examples=[0.5])
    amount: Money | None


class MonthIndex(Output):
    """How much of an average month's amount this calendar month brings; 1 is average."""

    month: int = Field(ge=1, le=12)
    index: float


class Season(Output):
    """Known from two whole years with orders on; each year is compared with its own mean."""

    known: bool
    whole_years: int
    index: list[MonthIndex] | None


class Trend(Output):
    """The last 13 weeks of the time beside the 13 before; a change from nothing is null."""

    orders: int
    orders_before: int
    orders_change: float | None
    amount_change: float | None


class CustomerHabits(Output):
    """One customer's own habits, from all its orders up to the end of the time; orders of a day are one."""

    customer_id: UUID
    order_days: int
    first_on: date | None
    last_on: date | None
    days_silent: int | None
    mean_gap_days: float | None
    median_gap_days: float | None
    longest_gap_days: int | None
    variation: float | None = Field(
        description="Standard deviation of the gaps over their mean: near 0 is regular, 1 is at random."
    )
    usual_weekday: int | None = Field(
        ge=1, le=7, description="Of 30 % of the order days or more; null if there is none, or under 4 days."
    )
    favourite_channel: str | None = Field(description="By which most orders of the time came.")
    favourite_categories: list[str] = Field(description="The three of which most was ordered in the time.")
    trend: Trend
    next_purchase: WindowRead | None = Field(description="Null without an order, or before it was computed.")


class BehaviourRead(Report):
    """How customers buy. Shares of nothing are null."""

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
                    "orders": 5006,
                    "amount": _MONEY,
                    "returns": 96,
                    "return_share": 0.041,
                    "mean_order": {"amount_minor": 16230, "currency": "CNY"},
                    "basket": {
                        "orders_with_lines": 4900,
                        "mean_lines": 4.2,
                        "mean_quantity": 11.5,
                        "mean_amount": {"amount_minor": 16100, "currency": "CNY"},
                    },
                    "order_amounts": [{"point": 0.5, "amount": {"amount_minor": 12900, "currency": "CNY"}}],
                    "frequency": [
                        {"fewest": 1, "most": 1, "customers": 910, "share": 0.455, "amount": _MONEY}
                    ],
                    "channels": [{"channel": "online_shop", **_PART}],
                    "categories": [
                        {
                            "category": category,
                            "lines": 2410,
                            "quantity": 9200.0,
                            "amount": _MONEY,
                            "amount_share": 0.37,
                        }
                    ],
                    "weekdays": [{"weekday": 1, **_PART}],
                    "hours": [{"hour": 9, **_PART}],
                    "months": [{"month": "2025-04-01", "customers": 402, **_PART}],
                    "season": {"known": False, "whole_years": 0, "index": None},
                    "customer": None,
                }
                for category in ("tea", "茶叶")
            ]
        }
    )

    customers: int
    orders: int
    amount: Money = Field(description="What was ordered; returns are told apart.")
    returns: int
    return_share: float | None = Field(description="What was returned, of what was ordered, by amount.")
    mean_order: Money | None
    basket: Basket
    order_amounts: list[AmountPoint]
    frequency: list[Frequency]
    channels: list[ChannelPart]
    categories: list[CategoryRead] = Field(description="The 50 of which most was ordered.")
    weekdays: list[WeekdayPart]
    hours: list[HourPart]
    months: list[MonthPart]
    season: Season
    customer: CustomerHabits | None = Field(description="Only with `customer_id`, and of one in sight.")
