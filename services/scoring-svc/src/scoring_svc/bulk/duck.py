"""DuckDB with bounds: so much memory, a folder to spill into, nothing loaded from outside."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from duckdb import DuckDBPyConnection, connect

MEMORY = "768MB"
"""What DuckDB itself may hold; beside it stand the columns of one bucket and the interpreter."""


@contextmanager
def duck(scratch: Path, *, memory: str = MEMORY) -> Iterator[DuckDBPyConnection]:
    """A database in memory that spills into `scratch`; as many threads as there are cores."""
    connection = connect(
        config={
            "memory_limit": memory,
            "temp_directory": str(scratch / "spill"),
            "preserve_insertion_order": "false",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
    )
    connection.execute("SET enable_progress_bar = false").fetchall()
    try:
        yield connection
    finally:
        connection.close()


def literal(value: object) -> str:
    """A value as SQL text, for the statements that take no parameters."""
    return "'" + str(value).replace("'", "''") + "'"
