"""One line of the table: a figure, its limit, and what simpler methods reach."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Line:
    """`must` is "at least" or "at most"; without a `limit` the line only informs; no `value`: not given."""

    case: str
    what: str
    value: float | None
    limit: float | None = None
    must: Literal["at least", "at most"] = "at least"
    beside: Mapping[str, float] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        if self.value is None:
            return "not given"
        if self.limit is None:
            return ""
        enough = self.value >= self.limit if self.must == "at least" else self.value <= self.limit
        return "holds" if enough else "FAILS"

    def __str__(self) -> str:
        sign = {"at least": ">=", "at most": "<="}[self.must]
        bound = "" if self.limit is None else f"{sign} {_told(self.limit)}"
        value = "" if self.value is None else _told(self.value)
        beside = "  ".join(f"{name} {_told(number)}" for name, number in self.beside.items())
        return f"{self.case:34} {self.what:34} {value:>10} {bound:12} {self.verdict:9} {beside}".rstrip()


def _told(number: float) -> str:
    return f"{number:.1e}" if number and abs(number) < 1e-3 else f"{number:,.4g}"  # noqa: PLR2004 - tiny
