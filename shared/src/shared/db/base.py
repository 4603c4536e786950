"""The base of the tables that every service has: outbox, inbox, idempotency records, jobs, operations."""

from sqlalchemy.orm import registry
from sqlmodel import SQLModel


class SharedBase(SQLModel, registry=registry()):
    """One registry for the shared tables, so that five services can live in one process."""
