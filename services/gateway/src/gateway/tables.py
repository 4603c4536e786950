"""The registry of the gateway's own tables."""

from sqlalchemy.orm import registry
from sqlmodel import SQLModel


class Base(SQLModel, registry=registry()):
    """One registry for this service, so that five services can live in one process."""
