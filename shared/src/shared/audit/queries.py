"""Reading the audit for an auditor."""

from collections.abc import Mapping
from datetime import timedelta
from ipaddress import ip_address
from typing import Any

from sqlalchemy import ARRAY, Uuid, literal, select

from shared.audit.journal import ADDRESS
from shared.audit.orphans import least_id
from shared.audit.schemas import AuditQuery
from shared.audit.tables import AuditEntry
from shared.db import Reader
from shared.http.listing import Listing
from shared.sealing import Sealer, Unsealable

_table = AuditEntry.metadata.tables["audit_entry"]
_e = _table.c
_REFUSED = 400
_MILLISECOND = timedelta(milliseconds=1)


def entries(sealer: Sealer) -> Listing:
    """The list of a service's entries, newest first; ids are in the order of time."""
    return Listing(
        select(_table),
        key=_e.id,
        sorts={"at": _e.id},
        default="-at",
        filters={
            "kind": lambda value: _e.kind == value,
            "actor_id": lambda value: _e.actor_id == value,
            "action": lambda value: _e.action == value,
            "resource_type": lambda value: _e.resource == value,
            "subject_id": lambda value: _e.subjects.contains(literal([value], ARRAY(Uuid))),
            "result": lambda value: (_e.status < _REFUSED) if value == "done" else (_e.status >= _REFUSED),
            "address": lambda value: _e.address == _sealed(sealer, value),
            # The ids narrow it down by their index, the moments exactly.
            "at_gte": lambda value: (_e.id >= least_id(value)) & (_e.at >= value),
            "at_lt": lambda value: (_e.id < least_id(value + _MILLISECOND)) & (_e.at < value),
            "before_id": lambda value: _e.id < value,
        },
    )


async def page(reader: Reader, query: AuditQuery, sealer: Sealer) -> dict[str, Any]:
    """One page, as an auditor reads it."""
    found = await entries(sealer).page(reader, query, sealer)
    return {**found, "data": [shown(row, sealer) for row in found["data"]]}


def shown(row: Mapping[str, Any], sealer: Sealer) -> dict[str, Any]:
    """A row in the words of the API; its address in the clear."""
    return {
        **row,
        "resource_type": row["resource"],
        "subject_ids": row["subjects"],
        "actor_kind": row["actor_kind"] or None,
        "code": row["code"] or None,
        "request_id": row["request_id"] or None,
        "address": _opened(sealer, row["address"]),
    }


def _opened(sealer: Sealer, sealed: bytes) -> str | None:
    try:
        return str(ip_address(sealer.open_alike(ADDRESS, sealed))) if sealed else None
    except Unsealable:
        return None


def _sealed(sealer: Sealer, address: str) -> bytes:
    return sealer.seal_alike(ADDRESS, ip_address(address).packed)
