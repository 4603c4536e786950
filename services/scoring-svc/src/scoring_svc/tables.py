"""The base of this service's tables."""

from typing import Any

from sqlalchemy import DateTime
from sqlalchemy.orm import registry
from sqlmodel import SQLModel

MOMENT: Any = DateTime(timezone=True)


class Base(SQLModel, registry=registry()):
    """One registry of its own, so that five services can live in one process."""
