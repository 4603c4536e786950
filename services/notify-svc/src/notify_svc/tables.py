"""The one registry of this service's tables."""

from sqlalchemy.orm import registry
from sqlmodel import SQLModel


class Base(SQLModel, registry=registry()):
    """What every table of notify-svc belongs to."""
