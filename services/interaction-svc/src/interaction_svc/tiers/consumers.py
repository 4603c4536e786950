"""What scoring-svc tells of tiers, in any order and any repetition."""

from typing import Any

from interaction_svc.tiers.commands import keep
from shared.db import Tx
from shared.events.scoring import TierChanged


async def on_tier_changed(tx: Tx, event: TierChanged) -> None:
    await keep(tx, event.subject, event.to_tier, event.version)


TIER_EVENTS: dict[type[Any], Any] = {TierChanged: on_tier_changed}
