"""What changed of a record: one row for each field, with both values, who did it and when."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import UUID

from pydantic import ConfigDict, ValidationError

from shared.db import Tx
from shared.http import ListQuery, Output, Patch
from shared.http.errors import invalid_input
from shared.http.types import Code, Moment
from shared.problems import Conflict, Invalid, NotFound, Problem, not_found

Wish = TypeVar("Wish", bound=Patch)

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
    tx: Tx, version: int, changed: Mapping[str, tuple[Any, Any]], *, by: UUID | None
) -> Iterator[dict[str, Any]]:
    """A row of history for each field of `differences`; by nobody where the calendar did it."""
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


def no_change() -> NotFound:
    """The one answer to a change that is absent or out of sight."""
    return not_found("change", "变更记录")


@contextmanager
def keeping_rules() -> Iterator[None]:
    """Around putting an old value back: what is invalid today is a conflict with today's rules."""
    try:
        yield
    except Invalid as refused:
        raise _not_allowed(refused) from None


def former(patch: type[Wish], change: Mapping[str, Any]) -> Wish:
    """The wish to have a field as it was before a change, read by today's rules.

    Raises Conflict `field_not_restorable` for a field that no patch changes, `value_not_allowed` for a value
    that is refused today.
    """
    if change["field"] not in patch.model_fields:
        raise Conflict(
            "field_not_restorable",
            en="This field has operations of its own; it is not put back.",
            zh="该字段由专门的操作变更，不能恢复。",
            extra={"field": change["field"]},
        )
    try:
        return patch.model_validate({change["field"]: change["old"]})
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        refused = invalid_input([{**one, "loc": ("body", *one["loc"])} for one in found])
        raise _not_allowed(refused) from None


def _not_allowed(refused: Problem) -> Conflict:
    return Conflict(
        "value_not_allowed",
        en="The old value is not allowed any more.",
        zh="原值已不符合现行规则。",
        errors=refused.errors,
    )
