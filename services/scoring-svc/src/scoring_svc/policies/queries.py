"""Policies read."""

from typing import Any

from sqlalchemy import bindparam, select

from scoring_svc.modelling.policy import Policy
from scoring_svc.policies.tables import TierPolicy
from shared.db import Reader, Record, prepare

_T: Any = TierPolicy.__table__  # type: ignore[attr-defined]
_NEWEST = prepare(select(_T.c.document).order_by(_T.c.version.desc()).limit(1))
_ALL = prepare(select(_T).order_by(_T.c.version.desc()))
_ONE = prepare(select(_T).where(_T.c.version == bindparam("b_version")))


async def current(reader: Reader) -> Policy:
    """The policy that decides now: the newest published one, the default before any was."""
    document = await reader.value(_NEWEST)
    return Policy() if document is None else Policy.from_document(document)


async def every(reader: Reader) -> list[Record]:
    """All versions, the newest first."""
    return await reader.rows(_ALL)


async def one(reader: Reader, version: int) -> Record | None:
    """One version."""
    return await reader.row(_ONE, b_version=version)
