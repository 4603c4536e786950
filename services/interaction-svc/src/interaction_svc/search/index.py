"""The index of a table's texts: what it keeps beside them, what a search asks of it, and catching up."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Integer, Uuid, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from interaction_svc.search import domain
from shared.db import Tx, Write, prepare
from shared.jobs import JobContext
from shared.sealing import Sealer
from shared.searching.pieces import having

AT_ONCE = 200


class TextIndex:
    """Of a table with the column `words`, and a table of its own with `record_id` and `pieces`.

    `words` are behind row security, as the texts are, and are null in rows that no search finds yet; `pieces`
    are hashes under the data key, which tell nothing. Both are written with the texts, in their transaction.
    """

    def __init__(self, table: Any, pieces: Any, *texts: str) -> None:
        """`texts` are the columns that can be searched."""
        self._table = table
        self._pieces = pieces
        self._texts = texts
        made = insert(pieces)
        self._keep = prepare(
            made.on_conflict_do_update(index_elements=["record_id"], set_={"pieces": made.excluded.pieces}),
            "record_id",
            "pieces",
        )
        self._unread = prepare(
            select(table.c.id, *(table.c[name] for name in texts))
            .where(table.c.words.is_(None))
            .limit(bindparam("b_most", type_=Integer))
            .with_for_update(skip_locked=True)
        )
        self._read = prepare(update(table).where(table.c.id == bindparam("b_id", type_=Uuid)), "words")

    @property
    def texts(self) -> tuple[str, ...]:
        """The columns that can be searched."""
        return self._texts

    def words(self, row: Mapping[str, Any]) -> str:
        """What the column `words` of a row is to hold."""
        return domain.words_of(row[name] for name in self._texts)

    async def keep(self, tx: Tx, rows: Iterable[Mapping[str, Any]]) -> None:
        """Have these rows, which have their `words`, be found."""
        await tx.run_many(self._keep, [self.kept(tx, row)[1] for row in rows])

    def keep_last(self, tx: Tx, row: Mapping[str, Any]) -> None:
        """Have this row be found, in the round trip that ends the transaction."""
        statement, given = self.kept(tx, row)
        tx.run_last(statement, **given)

    def found_by(self, q: str, sealer: Sealer) -> list[ColumnElement[bool]]:
        """The conditions that every word of the search stands in the row's texts; Invalid if it has none."""
        pieces, words = domain.wanted(q, _key(sealer))
        by_pieces = select(self._pieces.c.record_id).where(having(pieces))
        contained = (self._table.c.words.contains(word, autoescape=True) for word in words)
        return [self._table.c.id.in_(by_pieces), *contained]

    async def fill(self, job: JobContext, _: dict[str, Any]) -> None:
        """Have rows be found that were there before there was an index, some at a time."""
        full = True
        while full and not await job.cancelled():
            async with job.begin() as tx:
                rows = [dict(row) for row in await tx.rows(self._unread, b_most=AT_ONCE)]
                read = [{"id": row["id"], "words": self.words(row)} for row in rows]
                await tx.run_many(self._read, [{"b_id": row["id"], "words": row["words"]} for row in read])
                await self.keep(tx, read)
            full = len(rows) == AT_ONCE

    def kept(self, tx: Tx, row: Mapping[str, Any]) -> Write:
        """The change that has a row, which has its `words`, be found."""
        pieces = domain.pieces_of(row["words"], _key(tx.database.sealer))
        return self._keep, {"record_id": row["id"], "pieces": pieces}


def _key(sealer: Sealer) -> bytes:
    return sealer.derived("pieces of texts")
