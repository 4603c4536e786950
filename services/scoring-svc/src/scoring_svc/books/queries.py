"""Books read: those that are up to date as they are kept, the others as the log has them, in one look."""

from typing import Any

from scoring_svc.books import statements
from scoring_svc.books.domain import Pages
from shared.db import Reader

_PARTS = ("keepers", "moved", "moved_to", "orders", "order_bytes", "line_bytes")


async def read(reader: Reader, base: Any, *, lines: bool = False) -> Pages:
    """The books of the customers of `base` (see `statements.reading`), with the lines of orders or without.

    One statement reads them, so that it is one state of the log; words are only ever added.
    """
    (found,) = await reader.rows(statements.reading(base, lines=lines))
    row = dict(found)
    words = {int(each["code"]): each["name"] for each in await reader.rows(statements.WORDS)}
    for word in (row["names"] or "").split(statements.MARK):
        code, _, name = word.partition(" ")
        if code:
            words[int(code)] = name
    parts = {name: row.get(name) or b"" for name in _PARTS}
    segments = (row["segments"] or []) if "segments" in row else None
    listed = (row["lines"] or b"") if lines else None
    return Pages(**parts, lines=listed, segments=segments, words=words)
