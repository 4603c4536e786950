"""What binds the scores of a large base beside what is known of it, read once for a run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import Uuid, func, select

from scoring_svc.lifecycle import queries as lifecycle
from scoring_svc.lifecycle.tables import LossDeclaration
from scoring_svc.modelling.facts import Bools, Ids
from scoring_svc.modelling.tiers import NO_TIER, Pins
from scoring_svc.objections.tables import Objection
from scoring_svc.overrides import queries as overrides
from scoring_svc.overrides.tables import TierOverride
from scoring_svc.profiles.kinds import Kinds, kinds
from scoring_svc.warnings.tables import ChurnWarning
from shared.db import Prepared, Reader, prepare

_T: Any = TierOverride.__table__  # type: ignore[attr-defined]
_D: Any = LossDeclaration.__table__  # type: ignore[attr-defined]
_O: Any = Objection.__table__  # type: ignore[attr-defined]
_W: Any = ChurnWarning.__table__  # type: ignore[attr-defined]
_PINNED = prepare(select(_T.c.customer_id).where(_T.c.ended_at.is_(None)).distinct())
_DECLARED = prepare(select(_D.c.customer_id).where(_D.c.ended_at.is_(None)))
_root = func.customer_root(_O.c.customer_id, type_=Uuid)
_OBJECTING = prepare(select(_root.label("customer_id")).where(_O.c.status == "standing").distinct())
_WARNED = prepare(select(_W.c.customer_id).where(_W.c.status != "closed"))


@dataclass(frozen=True, slots=True)
class Some:
    """A few customers of very many, as text and ascending."""

    ids: Ids

    @classmethod
    def of(cls, customers: Sequence[UUID]) -> "Some":
        return cls(np.array(sorted(str(each) for each in customers), dtype="U36"))

    def among(self, customers: Ids) -> Bools:
        """Which of `customers` are among these."""
        return np.asarray(np.isin(customers, self.ids), dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class Binding:
    """`declared` are lost by somebody's word, of whom the `lost` did not order since."""

    kinds: Kinds
    pinned: Some
    pins: Pins
    declared: Some
    lost: Some
    objecting: Some
    warned: Some

    def pins_of(self, customers: Ids) -> Pins:
        """The pins of these customers, in their order."""
        tier = np.full(len(customers), NO_TIER, dtype=np.int64)
        since = np.full(len(customers), np.datetime64("NaT", "D"))
        inside = self.pinned.among(customers)
        place = np.searchsorted(self.pinned.ids, customers[inside])
        tier[inside], since[inside] = self.pins.tier[place], self.pins.since[place]
        return Pins(tier, since)


async def binding(reader: Reader, now: datetime) -> Binding:
    """What binds at this moment."""
    pins = await overrides.active(reader, await _customers(reader, _PINNED), now)
    pinned = sorted(pins, key=str)
    told = await lifecycle.declared(reader, await _customers(reader, _DECLARED))
    return Binding(
        kinds=await kinds(reader),
        pinned=Some.of(pinned),
        pins=overrides.pins(pinned, pins),
        declared=Some.of([row["customer_id"] for row in told]),
        lost=Some.of([row["customer_id"] for row in told if not row["ordered"]]),
        objecting=Some.of(await _customers(reader, _OBJECTING)),
        warned=Some.of(await _customers(reader, _WARNED)),
    )


async def _customers(reader: Reader, statement: Prepared) -> list[UUID]:
    return [row["customer_id"] for row in await reader.rows(statement)]
