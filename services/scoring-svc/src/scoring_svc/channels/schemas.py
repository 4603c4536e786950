"""Channels as the API shows them."""

from typing import Any

from pydantic import ConfigDict, Field

from scoring_svc.bases.schemas import Report
from shared.http import Money, Output

_CHANNEL: dict[str, Any] = {
    "channel": "online_shop",
    "customers": 840,
    "new_customers": 131,
    "only_here": 612,
    "orders": 3104,
    "orders_share": 0.62,
    "orders_change": 0.08,
    "amount": {"amount_minor": 81250000, "currency": "CNY"},
    "amount_share": 0.37,
    "amount_change": 0.11,
    "mean_order": {"amount_minor": 27800, "currency": "CNY"},
    "returns": 96,
    "return_share": 0.041,
}


class ChannelInsight(Output):
    """How customers bought by a channel; null is orders of which nobody said by which.

    `*_change` compares with the time of equal length before; null where nothing was then.
    """

    channel: str | None
    customers: int
    new_customers: int = Field(description="Whose first order by this channel lies in the time.")
    only_here: int = Field(description="Who bought by no other channel in the time.")
    orders: int
    orders_share: float | None
    orders_change: float | None
    amount: Money = Field(description="Ordered less returned.")
    amount_share: float | None
    amount_change: float | None
    mean_order: Money | None
    returns: int
    return_share: float | None = Field(description="What was returned, of what was ordered, by amount.")


class ChannelsRead(Report):
    """The channels, that with the most orders first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "since": "2025-03-02T00:00:00Z",
                    "until": "2026-03-01T00:00:00Z",
                    "timezone": "Asia/Shanghai",
                    "currency": "CNY",
                    "left_out": [{"currency": "USD", "orders": 12}],
                    "orders": 5006,
                    "amount": {"amount_minor": 219400000, "currency": "CNY"},
                    "data": [_CHANNEL],
                }
            ]
        }
    )

    orders: int
    amount: Money
    data: list[ChannelInsight]
