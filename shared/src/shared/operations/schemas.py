"""An operation as its caller reads it."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from shared.db import Record
from shared.http.models import Output
from shared.http.types import Moment
from shared.operations.domain import document_of

Status = Literal["queued", "running", "succeeded", "failed", "cancelled"]


class OperationRead(Output):
    """Long work: `done` of `total` items, `result` on success, `problem` (RFC 9457) on failure."""

    id: UUID
    kind: str = Field(examples=["customers.import"])
    status: Status = Field(examples=["running"])
    done: int = Field(examples=[12000])
    total: int | None = Field(examples=[22190])
    result: dict[str, Any] | None = Field(examples=[None])
    problem: dict[str, Any] | None = Field(examples=[None])
    cancel_requested: bool
    created_by: UUID
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    version: int


def operation_read(row: Record, *, zh: bool) -> OperationRead:
    """The row as an answer in the caller's language."""
    values = dict(row)
    if values["problem"] is not None:
        values["problem"] = document_of(values["problem"], zh=zh)
    return OperationRead.model_validate(values)
