"""The rule as it is sent and answered."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from interaction_svc.visit_rules.domain import EVERY_DAYS, MOST_DAYS, SENIOR, Role
from shared.http import Input, Output
from shared.http.types import NO_FLAG, Code, Moment

_EXAMPLE: dict[str, Any] = {"tiers": ["core"], "senior_roles": ["manager"], "every_days": 90}


def _senior() -> list[Role]:
    return list(SENIOR)


class VisitRuleSet(Input):
    """Which customers somebody senior visits, and how often at least; no tiers: nobody has to."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    tiers: list[Code] = Field(max_length=20, description="Tiers of customers, as scoring names them.")
    senior_roles: list[Role] = Field(default_factory=_senior, min_length=1, max_length=5)
    every_days: Annotated[int, Field(ge=1, le=MOST_DAYS), NO_FLAG] = EVERY_DAYS


class VisitRuleRead(Output):
    """The rule; version 0 while nobody has set one."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **_EXAMPLE,
                    "version": 1,
                    "updated_at": "2026-03-02T09:31:00Z",
                    "updated_by": "0196f0c0-0000-7000-8000-000000000001",
                }
            ]
        }
    )

    tiers: list[str]
    senior_roles: list[Role]
    every_days: int
    version: int
    updated_at: Moment | None
    updated_by: UUID | None
