"""Recommendations read: the company's in the place of the defaults."""

from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import bindparam, exists, func, select

from scoring_svc.actions.domain import DEFAULTS, Rule
from scoring_svc.actions.tables import RecommendedAction
from shared.db import Reader, Record, prepare

TABLE: Any = RecommendedAction.__table__  # type: ignore[attr-defined]
_ALL = prepare(select(TABLE))
ANY = exists(select(TABLE.c.name))
"""Whether the company set any."""
_ONE = prepare(select(TABLE).where(TABLE.c.name == bindparam("b_name")))
_COUNT = prepare(select(func.count()).select_from(TABLE))
_OF_RULE = tuple(each.name for each in fields(Rule))


async def rules(reader: Reader) -> list[Rule]:
    """Everything that is recommended now, also what is not active."""
    own = {row["name"]: _rule(row) for row in await reader.rows(_ALL)}
    return [*({**DEFAULTS, **own}).values()]


async def listed(reader: Reader) -> list[dict[str, Any]]:
    """The same as rows, by name; what the company did not set has version 0."""
    own = {row["name"]: _row(row) for row in await reader.rows(_ALL)}
    found = {**{name: _unset(rule) for name, rule in DEFAULTS.items()}, **own}
    return [found[name] for name in sorted(found)]


async def one(reader: Reader, name: str) -> dict[str, Any] | None:
    """One of them as a row."""
    row = await reader.row(_ONE, b_name=name)
    if row is not None:
        return _row(row)
    return _unset(DEFAULTS[name]) if name in DEFAULTS else None


async def count(reader: Reader) -> int:
    """How many the company set."""
    return int(await reader.value(_COUNT))


def _rule(row: Record) -> Rule:
    return Rule(**{name: row[name] for name in _OF_RULE})


def _row(row: Record) -> dict[str, Any]:
    return {**dict(row), "default": row["name"] in DEFAULTS}


def _unset(rule: Rule) -> dict[str, Any]:
    return {**asdict(rule), "version": 0, "updated_at": None, "updated_by": None, "default": True}
