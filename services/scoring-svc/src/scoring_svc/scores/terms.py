"""What binds the scores of some customers beside what is known of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np

from scoring_svc.lifecycle import commands as lifecycle
from scoring_svc.lifecycle.domain import spoken
from scoring_svc.modelling.facts import Bools
from scoring_svc.modelling.percentiles import Segments
from scoring_svc.modelling.scoring import Previous
from scoring_svc.modelling.segments import Labels
from scoring_svc.modelling.tiers import Pins
from scoring_svc.models.queries import Champion
from scoring_svc.objections import queries as objections
from scoring_svc.overrides import queries as overrides
from scoring_svc.policies.segments import markets, segments
from scoring_svc.scores import domain
from scoring_svc.scores.frame import Frame
from shared.db import Tx

Held = Mapping[UUID, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Terms:
    """By customer, in their order; `unsaid` whose loss was taken back, and who is `objecting`."""

    held: Previous
    groups: Segments | None
    markets: Labels | None
    pins: Pins
    declared_lost: Bools
    unsaid: frozenset[UUID]
    objecting: frozenset[UUID]

    def bound(self, index: int) -> dict[str, Any]:
        """What of this a record of a decision about one of them keeps."""
        return {
            "segment": None if self.groups is None else self.groups.label(index),
            "market": None if self.markets is None else str(self.markets[index]),
            "declared_lost": bool(self.declared_lost[index]),
        }


async def terms(
    tx: Tx, chosen: Sequence[UUID], before: Held, champion: Champion, frame: Frame, *, anew: bool
) -> Terms:
    """Read behind the locks of these customers; with `anew` no tier or stage held before binds."""
    words = await lifecycle.words(tx, chosen, before) if frame.declaring else spoken((), before)
    objecting = await objections.standing(tx, chosen) if frame.objecting else set()
    pinned = await overrides.active(tx, chosen, tx.now) if frame.pinning else {}
    return Terms(
        held=domain.previous(chosen, {} if anew else before, unsaid=words.withdrawn),
        groups=await segments(tx, chosen, frame.standard.policy.tiers.segments),
        markets=await markets(tx, chosen) if champion.model.segments else None,
        pins=overrides.pins(chosen, pinned),
        declared_lost=np.array([customer in words.lost for customer in chosen], dtype=np.bool_),
        unsaid=words.withdrawn,
        objecting=frozenset(objecting),
    )
