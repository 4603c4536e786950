"""Customers by their attributes: of many customers only few differ in these."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, cast, exists, func, select

from scoring_svc.modelling.percentiles import Segments
from scoring_svc.modelling.segments import Labels
from scoring_svc.profiles.domain import ATTRIBUTES, Profiles, markets_of, segments_of
from scoring_svc.profiles.tables import CustomerProfile
from shared.db import Reader, prepare
from shared.references.tables import KNOWN as _R

NOBODY_SAID = 0
"""The kind of a customer of whom no attribute is known."""

_T: Any = CustomerProfile.__table__  # type: ignore[attr-defined]
_BETWEEN = "\x1f"
_named = _R.alias("named")
_attributes = {
    name: func.coalesce(getattr(_named.c if name == "channel" else _T.c, name), "") for name in ATTRIBUTES
}
_code = cast(func.hashtextextended(func.concat_ws(_BETWEEN, *_attributes.values()), 0), BigInteger)
_merged = exists(select(_R.c.id).where(_R.c.id == _T.c.customer_id, _R.c.merged_into.is_not(None)))
_told = _T.outerjoin(_named, _named.c.id == _T.c.customer_id)
CODES = select(_T.c.customer_id, _code.label("code")).select_from(_told).where(~_merged)
"""Each customer of whom something was told, and the code of its kind."""
_KINDS = prepare(
    select(_code.label("code"), *(column.label(name) for name, column in _attributes.items()))
    .select_from(_told)
    .where(~_merged)
    .distinct()
)


@dataclass(frozen=True, slots=True)
class Kinds:
    """The attributes of each kind of customer, by ascending code; shape (kinds,)."""

    codes: NDArray[np.int64]
    profiles: Profiles

    def places(self, codes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Which of the kinds each of these codes is; one that is none of them is of whom nothing is known."""
        place = np.minimum(np.searchsorted(self.codes, codes), len(self.codes) - 1)
        unknown = np.searchsorted(self.codes, NOBODY_SAID)
        return np.where(self.codes[place] == codes, place, unknown)

    def segments(self, codes: NDArray[np.int64], attributes: Sequence[str]) -> Segments | None:
        """The segments that customers of these kinds are ranked in; None where all are ranked together."""
        if not attributes or not len(codes):
            return None
        names, labels = np.unique(segments_of(self.profiles, attributes).astype(np.str_), return_inverse=True)
        found = Segments.of(labels[self.places(codes)])
        return replace(found, names=tuple(str(names[int(label)]) for label in found.names))

    def markets(self, codes: NDArray[np.int64]) -> Labels:
        """The market of customers of these kinds."""
        return np.asarray(markets_of(self.profiles)[self.places(codes)])


async def kinds(reader: Reader) -> Kinds:
    """All kinds of customers that there are, and the one of whom nothing is known."""
    blank: dict[str, Any] = {"code": NOBODY_SAID, **dict.fromkeys(ATTRIBUTES, "")}
    found: dict[int, Any] = {NOBODY_SAID: blank, **{row["code"]: row for row in await reader.rows(_KINDS)}}
    rows = [found[code] for code in sorted(found)]
    columns = {name: np.array([row[name] for row in rows], dtype=object) for name in ATTRIBUTES}
    codes = np.array(sorted(found), dtype=np.int64)
    return Kinds(codes, Profiles(codes.astype(np.str_), **columns))
