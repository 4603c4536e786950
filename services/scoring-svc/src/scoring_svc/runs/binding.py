"""What binds the scores of a large base beside what is known of it, read once for a run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np

from scoring_svc.lifecycle import queries as lifecycle
from scoring_svc.modelling.facts import Bools, Ids
from scoring_svc.modelling.tiers import NO_TIER, Pins
from scoring_svc.objections import queries as objections
from scoring_svc.overrides import queries as overrides
from scoring_svc.profiles.kinds import Kinds, kinds
from scoring_svc.warnings import queries as warnings
from shared.db import Reader


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
    pins = await overrides.active(reader, await overrides.everybody(reader), now)
    pinned = sorted(pins, key=str)
    told = await lifecycle.declared(reader, await lifecycle.everybody(reader))
    return Binding(
        kinds=await kinds(reader),
        pinned=Some.of(pinned),
        pins=overrides.pins(pinned, pins),
        declared=Some.of([row["customer_id"] for row in told]),
        lost=Some.of([row["customer_id"] for row in told if not row["ordered"]]),
        objecting=Some.of(await objections.everybody(reader)),
        warned=Some.of(await warnings.warned(reader)),
    )
