"""The document of a policy as it is sent and answered; each entry that is left out has its default."""

from typing import Annotated, Any, Literal

from pydantic import Field

from scoring_svc.modelling.policy import Policy, RiskRule, StageRule, TierRule
from shared.http import Input
from shared.http.types import NO_FLAG

_DEFAULT = Policy()

Attribute = Literal["industry", "region", "channel", "size", "kind"]
InputName = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,40}$")]
Number = Annotated[float, NO_FLAG]
Weights = Annotated[dict[InputName, Number], Field(min_length=1, max_length=20)]
Percentile = Annotated[float, Field(ge=0, le=100), NO_FLAG]
Share = Annotated[float, Field(ge=0, le=1), NO_FLAG]
Weeks = Annotated[float, Field(ge=0, le=520), NO_FLAG]
Gaps = Annotated[float, Field(ge=0, le=100), NO_FLAG]
Costs = Annotated[float, Field(ge=0, le=1e9), NO_FLAG]


def _tiers(name: str) -> Any:
    return getattr(TierRule(), name)


class TierRules(Input):
    """Weights of the two axes, and percentiles from which a tier is reached."""

    contribution: Weights = Field(
        default_factory=lambda: dict(_tiers("contribution")),
        description="Weights by input (amount_52, orders_52, tenure, satisfaction, closeness, forecast_52, "
        "growth, headroom); they sum to 1. One that is unknown of a customer gives its weight to the others.",
        examples=[{"amount_52": 0.6, "orders_52": 0.2, "closeness": 0.2}],
    )
    potential: Weights = Field(
        default_factory=lambda: dict(_tiers("potential")), examples=[{"forecast_52": 0.6, "growth": 0.4}]
    )
    core_from: Percentile = Field(_tiers("core_from"), description="Of contribution.", examples=[85])
    relationship_at_least: Percentile = Field(
        _tiers("relationship_at_least"), description="Of satisfaction and closeness; the floor of core."
    )
    important_from: Percentile = Field(_tiers("important_from"), description="Of potential.", examples=[70])
    hysteresis: Annotated[float, Field(ge=0, le=50), NO_FLAG] = Field(
        _tiers("hysteresis"), description="By how much thresholds move in favour of the tier held."
    )
    minimum_stay_weeks: Annotated[float, Field(ge=0, le=104), NO_FLAG] = Field(
        _tiers("minimum_stay_weeks"), description="For so long nobody moves down."
    )
    smallest_segment: Annotated[int, Field(ge=1, le=1_000_000), NO_FLAG] = Field(
        _tiers("smallest_segment"), description="Smaller ones are ranked among everybody."
    )
    segments: list[Attribute] = Field(
        default_factory=list,
        max_length=5,
        description="Within which percentiles are taken, in this order; of a region its province.",
        examples=[["industry", "region"]],
    )


class RiskRules(Input):
    """Churn probabilities from which the level is medium or high; `broken_from`: after so many own gaps."""

    medium_from: Share = RiskRule().medium_from
    high_from: Share = RiskRule().high_from
    broken_from: Share = RiskRule().broken_from
    broken_gaps: Gaps = RiskRule().broken_gaps


class StageRules(Input):
    """When a customer is loyal, lost or won back; chances are of an order within the horizon."""

    loyal_orders: Annotated[float, Field(ge=1, le=1000), NO_FLAG] = StageRule().loyal_orders
    loyal_weeks: Weeks = StageRule().loyal_weeks
    loyal_from: Share = StageRule().loyal_from
    content_from: Annotated[float, Field(ge=1, le=5), NO_FLAG] = StageRule().content_from
    severe_from: Annotated[float, Field(ge=1, le=4), NO_FLAG] = StageRule().severe_from
    lost_below: Share = StageRule().lost_below
    lost_after_gaps: Gaps = StageRule().lost_after_gaps
    second_order_gaps: Gaps = StageRule().second_order_gaps
    second_order_weeks: Weeks = StageRule().second_order_weeks
    won_back_weeks: Weeks = StageRule().won_back_weeks
    slack: Annotated[float, Field(ge=0, le=0.5), NO_FLAG] = StageRule().slack


class PolicyDocument(Input):
    """The rules by which tiers, risk levels and stages are decided. Money is in units of the currency."""

    tiers: TierRules = Field(default_factory=TierRules)
    risk: RiskRules = Field(default_factory=RiskRules)
    stages: StageRules = Field(default_factory=StageRules)
    margin: Annotated[float, Field(gt=0, le=1), NO_FLAG] = Field(
        _DEFAULT.margin, description="What part of an amount is contributed; 1 if amounts are contributions."
    )
    yearly_discount: Share = _DEFAULT.yearly_discount
    complaint_cost: Costs = _DEFAULT.complaint_cost
    contact_cost: Costs = _DEFAULT.contact_cost
    negative_below: Annotated[float, Field(ge=-1e9, le=1e9), NO_FLAG] = Field(
        _DEFAULT.negative_below, description="Who contributed less in 52 weeks has a negative value."
    )
    referral_share: Share = _DEFAULT.referral_share

    def policy(self, version: int) -> Policy:
        """The policy that this says, as a version."""
        return Policy.from_document({**self.model_dump(mode="json"), "version": version})


def shown(document: dict[str, Any]) -> dict[str, Any]:
    """A stored document with what it is too old to have; its version stands beside it."""
    whole = Policy.from_document(document).to_document()
    return {name: value for name, value in whole.items() if name != "version"}
