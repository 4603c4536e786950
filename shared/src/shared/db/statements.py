"""SQLAlchemy Core statements compiled to what asyncpg runs: SQL text and positional arguments."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ARRAY, Uuid, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.sql.elements import CompilerElement

_DIALECT = dialect()  # type: ignore[no-untyped-call]
_PLACE = re.compile(r"\$(\d+)")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement compiled once, at import: its text and the names of its arguments in order."""

    sql: str
    names: tuple[str, ...]
    fixed: Mapping[str, Any]

    def arguments(self, given: Mapping[str, Any]) -> list[Any]:
        """The values in the statement's order; KeyError names the one that is missing."""
        fixed = self.fixed
        return [given[name] if name in given else fixed[name] for name in self.names]


def prepare(statement: CompilerElement, *columns: str) -> Prepared:
    """Compile a module-level statement whose variable parts are `bindparam`s.

    For INSERT and UPDATE, `columns` names the columns to be written; each becomes an argument of that
    name, so any other bindparam of the statement must be called otherwise (`b_id`). Lists of values are
    passed as arrays (`= any(:ids)`): an `IN` of unknown length cannot be compiled ahead.
    """
    compiled = statement.compile(dialect=_DIALECT, column_keys=list(columns) or None)
    names = tuple(compiled.positiontup or ())  # type: ignore[attr-defined]
    given = compiled.construct_params(_check=False) or {}  # type: ignore[call-arg]
    fixed = {
        name: value
        for name, value in given.items()
        if name in names and not compiled.binds[name].required and name not in columns  # type: ignore[attr-defined]
    }
    return Prepared(compiled.string, names, fixed)


def ids(name: str) -> Any:
    """The array of ids in this argument, such that one plan serves for however many there are.

    PostgreSQL plans a statement anew for each array that it sees, which takes longer than to look at a few
    rows. It does not see what comes out of a subquery.
    """
    return cast(select(bindparam(name, type_=ARRAY(Uuid))).scalar_subquery(), ARRAY(Uuid))


def any_of(name: str) -> Any:
    """`any()` of `ids`, to compare with."""
    return func.any(ids(name))


def together(parts: Sequence[tuple[Prepared, Mapping[str, Any]]]) -> tuple[str, list[Any]]:
    """Several INSERTs, UPDATEs or DELETEs without a WITH of their own as one statement: one round trip.

    All see the state before the statement, so none may touch a row of another.
    """
    arguments = [value for statement, given in parts for value in statement.arguments(given)]
    return _joined(tuple((statement.sql, len(statement.names)) for statement, _ in parts)), arguments


@lru_cache(maxsize=256)
def _joined(parts: tuple[tuple[str, int], ...]) -> str:
    texts, before = [], 0
    for sql, count in parts:
        texts.append(_PLACE.sub(lambda found, by=before: f"${int(found[1]) + by}", sql))  # type: ignore[misc]
        before += count
    *first, last = texts
    named = ", ".join(f"part_{place} AS ({text})" for place, text in enumerate(first))
    return f"WITH {named} {last}" if named else last


def compile_now(statement: CompilerElement) -> tuple[str, list[Any]]:
    """Compile a statement made for one request (filters); every value stands in it already."""
    compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    params = compiled.construct_params() or {}
    return compiled.string, [params[name] for name in compiled.positiontup or ()]  # type: ignore[attr-defined]
