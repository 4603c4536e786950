"""The states of many customers at once, by column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring_svc.modelling.facts import Bools, Ints
from scoring_svc.modelling.states.layout import HEAD, HEAD_COLUMNS, ROWS, Part, column
from scoring_svc.modelling.states.parts import NO_DAY

Table = NDArray[Any]


@dataclass(frozen=True, slots=True)
class States:
    """`heads` has one row a customer; `rows` those of each kind, by customer, and inside by day."""

    heads: Table
    rows: dict[str, Table]

    def __len__(self) -> int:
        return len(self.heads)

    def number(self, part: Part, name: str) -> Table:
        """One number of a part, of everybody."""
        found: Table = self.heads[column(part, name)]
        return found

    def owners(self, kind: str) -> Ints:
        """Whose each row of a kind is."""
        return np.repeat(np.arange(len(self)), self.heads[f"{kind}_rows"])

    def ended(self, now: int) -> Ints:
        """Of each customer the parts, as bits, for which a fact that lay ahead counts from `now` on."""
        found = np.zeros(len(self), dtype=np.int64)
        for part in Part:
            found |= np.where(self.number(part, "until") <= now, part.value, 0)
        return found

    @property
    def next_end(self) -> Ints:
        """Of each customer the moment from when on a fact counts that lies ahead."""
        return np.asarray(np.minimum.reduce([self.number(part, "until") for part in Part]))

    @property
    def newest_day(self) -> int:
        """Days since 1970 of the newest fact of all; NO_DAY without one."""
        days = [self.number(part, "newest_day") for part in Part if part is not Part.ANSWERING]
        answered = self.number(Part.ANSWERING, "score_at").astype("datetime64[us]").astype("datetime64[D]")
        return max(
            (int(each.max()) for each in (*days, answered.astype(np.int64)) if len(each)), default=NO_DAY
        )

    def same_as(self, other: States) -> Bools:
        """Of each customer whether both say the same: counts exactly, sums to 1e-9."""
        same = np.ones(len(self), dtype=np.bool_)
        for name in HEAD_COLUMNS.names or ():
            mine, others = self.heads[name], other.heads[name]
            if mine.dtype.kind == "f":
                same &= np.isclose(mine, others, rtol=1e-9, atol=1e-9, equal_nan=True)
            else:
                same &= mine == others
        for kind in ROWS:
            whose = self.owners(kind)[np.isin(self.owners(kind), np.flatnonzero(same))]
            mine, others = (each.rows[kind][np.isin(each.owners(kind), whose)] for each in (self, other))
            same[whose[mine != others]] = False
        return same

    @classmethod
    def read(cls, documents: Sequence[bytes]) -> States:
        """From documents of today's format."""
        heads = np.frombuffer(b"".join(each[: HEAD.size] for each in documents), dtype=HEAD_COLUMNS)
        begins, rows = np.full(len(heads), HEAD.size), {}
        for name, kind in ROWS.items():
            ends = begins + heads[f"{name}_rows"] * kind.dtype.itemsize
            cut = zip(documents, begins.tolist(), ends.tolist(), strict=True)
            rows[name] = np.frombuffer(
                b"".join(each[first:end] for each, first, end in cut if end > first), dtype=kind.dtype
            )
            begins = ends
        return cls(heads, rows)

    def documents(self) -> list[bytes]:
        """Each as bytes that `State` reads, too."""
        written = [self.heads.tobytes(), *(self.rows[name].tobytes() for name in ROWS)]
        sizes = [HEAD.size, *(kind.dtype.itemsize for kind in ROWS.values())]
        counts = [np.ones(len(self), dtype=np.int64), *(self.heads[f"{name}_rows"] for name in ROWS)]
        ends = [
            np.concatenate([[0], np.cumsum(count) * size]).tolist()
            for count, size in zip(counts, sizes, strict=True)
        ]
        return [
            b"".join(text[end[place] : end[place + 1]] for text, end in zip(written, ends, strict=True))
            for place in range(len(self))
        ]
