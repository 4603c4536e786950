"""The base of this service's tables: one registry, so that five services can live in one process."""

from typing import Any

from sqlalchemy import ARRAY, DateTime, Integer
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import SQLModel

MOMENT: Any = DateTime(timezone=True)
JSON: Any = JSONB
NUMBERS: Any = ARRAY(Integer)


class Base(SQLModel, registry=registry()):
    """Every table of interaction-svc hangs on this metadata."""
