"""Policies published."""

from typing import Any

from sqlalchemy.dialects.postgresql import insert

from scoring_svc.modelling.policy import Policy
from scoring_svc.policies.tables import TierPolicy
from shared.db import Tx, prepare

_T: Any = TierPolicy.__table__  # type: ignore[attr-defined]
_FIRST = prepare(insert(_T).on_conflict_do_nothing(), *_T.c.keys())


async def publish_default(tx: Tx) -> None:
    """Have the default policy on record as version 1, so that what it decided can be looked up."""
    policy = Policy()
    await tx.run(
        _FIRST,
        version=policy.version,
        document=policy.to_document(),
        digest=policy.digest(),
        published_at=tx.now,
    )
