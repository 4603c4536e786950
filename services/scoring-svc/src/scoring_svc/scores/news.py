"""What other services are told of a new score."""

from collections.abc import Mapping
from typing import Any

from shared.db import Tx
from shared.events.scoring import ScoreChanged, StageChanged, TierChanged
from shared.messaging import outbox


def tell(tx: Tx, row: Mapping[str, Any], before: Mapping[str, Any] | None) -> None:
    """Record `score.changed`, and `tier.changed` and `stage.changed` where these moved."""
    about = {
        "subject": row["customer_id"],
        "version": row["version"],
        "distributor_id": row["distributor_id"],
    }
    changed = ScoreChanged(
        **about,
        tier=row["tier"],
        stage=row["lifecycle_stage"],
        level=row["churn_level"],
        probability=row["churn_probability"],
        p_alive=row["p_alive"],
        expected_value_minor=row["expected_value_minor"],
        currency=row["currency"],
        scored_at=row["scored_at"],
    )
    outbox.record(tx, changed)
    tier, stage = (before["tier"], before["lifecycle_stage"]) if before else (None, None)
    if tier != row["tier"]:
        outbox.record(tx, TierChanged(**about, from_tier=tier, to_tier=row["tier"]))
    if stage != row["lifecycle_stage"]:
        moved = {"from_stage": stage, "to_stage": row["lifecycle_stage"], "cause": row["stage_cause"]}
        outbox.record(tx, StageChanged(**about, **moved))
