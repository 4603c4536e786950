"""What is asked for and answered."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from shared.http import Input, Output
from shared.http.types import Line, Moment

Basis = Literal["co_purchase", "bought_before", "popular_in_categories", "popular_in_segment", "most_popular"]
Sku = Annotated[Line, Field(min_length=1, examples=["TEA-250"])]


class RecommendationQuery(Input):
    """For a customer, beside a product, or both; of neither: the most popular products."""

    customer_id: UUID | None = None
    sku: Sku | None = Field(None, description="What goes with this product.")
    limit: Annotated[int, Field(ge=1, le=50)] = 10
    bought_before: bool = Field(
        default=False, description="Also products that the customer has bought before."
    )
    just_bought_days: Annotated[int, Field(ge=0, le=366)] = Field(
        28, description="Of these, none that were bought in so many days; 0: all."
    )


class RecommendationReason(Output):
    """Why, in words; `customers` is null for partners, who are told of their own customers alone."""

    code: Literal[
        "bought_with", "bought_before", "popular_in_categories", "popular_in_segment", "most_popular"
    ]
    sku: str | None = Field(examples=["TEA-250"])
    customers: int | None = Field(examples=[41])
    text: str = Field(examples=["41 位客户同时购买了 TEA-250", "bought with TEA-250 by 41 customers"])


class Recommendation(Output):
    """A product, the best first; where the basis gives too few the most popular follow."""

    sku: str = Field(examples=["CUP-04"])
    category: str | None = Field(examples=["茶具", "tea ware"])
    basis: Basis
    reasons: list[RecommendationReason]


class MethodRead(Output):
    """How a method did on baskets that it had not seen, with ten products each.

    `hit_rate`: baskets with at least one of the ten; `mrr`: mean of 1 over the place of the first hit;
    `coverage`: the share of all products that anybody was offered. Null without baskets.
    """

    method: Basis
    baskets: int
    hit_rate: float | None
    mrr: float | None
    coverage: float | None


_BACKTEST: Any = [
    {"method": "most_popular", "baskets": 1804, "hit_rate": 0.373, "mrr": 0.189, "coverage": 0.06},
    {"method": "popular_in_categories", "baskets": 1804, "hit_rate": 0.324, "mrr": 0.154, "coverage": 0.17},
    {"method": "co_purchase", "baskets": 1804, "hit_rate": 0.4, "mrr": 0.195, "coverage": 0.329},
]


class RecommendationsRead(Output):
    """Products for a customer or beside a product.

    `basis` is the method that speaks: `co_purchase` only where it beat the most popular on baskets that it
    had not seen. Beside a product (`sku`) it always is: that is what was seen, not what is foretold.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "customer_id": "0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d8e",
                    "sku": None,
                    "basis": "co_purchase",
                    "recommender_id": "0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d90",
                    "built_at": "2026-03-01T02:00:00Z",
                    "backtest": _BACKTEST,
                    "data": [
                        {
                            "sku": "CUP-04",
                            "category": category,
                            "basis": "co_purchase",
                            "reasons": [
                                {"code": "bought_with", "sku": "TEA-250", "customers": 41, "text": text}
                            ],
                        }
                    ],
                }
                for category, text in (
                    ("tea ware", "bought with TEA-250 by 41 customers"),
                    ("茶具", "41 位客户同时购买了 TEA-250"),
                )
            ]
        }
    )

    customer_id: UUID | None = Field(description="Who it is now; null for one that is not in sight.")
    sku: str | None
    basis: Basis
    recommender_id: UUID | None = Field(description="The build; null before the first.")
    built_at: Moment | None
    backtest: list[MethodRead] = Field(description="Of this kind of question, all methods side by side.")
    data: list[Recommendation]
