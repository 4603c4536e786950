"""Writing down what was used."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, delete, func
from sqlalchemy.dialects.postgresql import insert

from gateway.usage.domain import Counts
from gateway.usage.tables import UsageHour
from shared.db import Tx, prepare

_table = UsageHour.__table__  # type: ignore[attr-defined]
_new = insert(_table)
_SUMMED = ("calls", "client_errors", "server_errors", "limited")
_ADD = prepare(
    _new.on_conflict_do_update(
        index_elements=["credential", "hour"],
        set_={
            **{name: _table.c[name] + _new.excluded[name] for name in _SUMMED},
            "last_at": func.greatest(_table.c.last_at, _new.excluded.last_at),
        },
    ),
    *_table.c.keys(),
)
_FORGET = prepare(delete(_table).where(_table.c.hour < bindparam("before")))


async def add(tx: Tx, counted: Mapping[tuple[UUID, datetime], Counts]) -> None:
    """Add these counts to what is written of each credential and hour, in an order that all writers keep."""
    rows = [
        {
            "credential": credential,
            "hour": hour,
            "kind": counts.kind,
            "last_at": counts.last_at,
            **{name: getattr(counts, name) for name in _SUMMED},
        }
        for (credential, hour), counts in sorted(counted.items(), key=lambda entry: entry[0])
    ]
    await tx.run_many(_ADD, rows)


async def forget(tx: Tx, before: datetime) -> None:
    """Clear away what is older."""
    await tx.run(_FORGET, before=before)
