"""Versions of the tier policy."""

from datetime import datetime
from typing import Any

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from scoring_svc.tables import MOMENT, Base


class TierPolicy(Base, table=True):
    """One published version; `digest` is of its document and stands in every decision made by it."""

    __tablename__ = "tier_policy"

    version: int = Field(primary_key=True)
    document: dict[str, Any] = Field(sa_type=JSONB)
    digest: str = Field(sa_type=Text)
    published_at: datetime = Field(sa_type=MOMENT)
