"""A policy as the API shows it."""

from typing import Any

from pydantic import Field

from scoring_svc.modelling.policy import Policy
from shared.http import Output
from shared.http.types import Moment


class TierPolicyRead(Output):
    """Weights are of percentiles, thresholds are percentiles; see the scoring guide in the documentation."""

    version: int = Field(examples=[1])
    document: dict[str, Any] = Field(examples=[Policy().to_document()])
    digest: str = Field(examples=["9f86d081884c7d659a2feaa0c55ad015"])
    published_at: Moment
