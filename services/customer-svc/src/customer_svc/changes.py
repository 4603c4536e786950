"""What changed of a record: one row for each field, with both values, who did it and when."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from pydantic import ConfigDict

from shared.db import Tx
from shared.http import ListQuery, Output
from shared.http.types import Code, Moment

EXAMPLE: dict[str, Any] = {
    "id": "0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d8e",
    "version": 2,
    "changed_by": "0192f0c1-6a00-7d11-8a2b-0c1d2e3f4a5b",
    "changed_at": "2026-03-01T09:30:00Z",
}


class ChangeRead(Output):
    """One field that changed: the version it made, who did it, and both values."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{**EXAMPLE, "field": "phone", "old": "+8613800138000", "new": "+8613900139000"}]
        }
    )

    id: UUID
    version: int
    field: str
    old: Any
    new: Any
    changed_by: UUID
    changed_at: Moment


class HistoryQuery(ListQuery):
    """Filters of a record's history."""

    field: Code | None = None


def differences(before: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The wanted fields that are not yet so, as (old, new)."""
    return {field: (before[field], value) for field, value in wanted.items() if before[field] != value}


def notes(
    tx: Tx, version: int, changed: Mapping[str, tuple[Any, Any]], *, by: UUID
) -> Iterator[dict[str, Any]]:
    """A row of history for each field of `differences`."""
    for field, (old, new) in changed.items():
        yield {
            "id": tx.new_id(),
            "version": version,
            "field": field,
            "old": _plain(old),
            "new": _plain(new),
            "changed_by": by,
            "changed_at": tx.now,
        }


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value
