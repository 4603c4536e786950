"""Warnings opened and ended by what the newest scores say."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from scoring_svc.scores.frame import Frame
from scoring_svc.warnings import commands as warnings
from scoring_svc.warnings import queries as live_warnings
from scoring_svc.warnings import queue
from scoring_svc.warnings.commands import Finding
from scoring_svc.warnings.domain import next_step
from scoring_svc.warnings.observing import ordered_since
from shared.db import Record, Tx

Row = Mapping[str, Any]


async def heed(tx: Tx, rows: Sequence[Row], framed: Frame, *, hold: bool) -> list[tuple[Row, UUID]]:
    """Open and end the warnings that these scores ask for; which were opened, by the score that asked.

    Of who objects to automatic decisions none is opened, and what is open ends.

    With `hold` those of owners with a capacity wait until everybody is scored, so that the most valuable of
    all come first.
    """
    live = await live_warnings.live(tx, [row["customer_id"] for row in rows]) if framed.warned else {}
    capacity = framed.capacity
    cleared, touched, opened = [], set(), []
    for row in rows:
        warning = live.get(row["customer_id"])
        if not row["automatic"]:
            if warning is not None:
                touched.add(warning["owner_id"])
                await warnings.end(tx, warning, "objected")
            continue
        step = next_step(
            warned=warning is not None,
            stage=row["lifecycle_stage"],
            level=row["churn_level"],
            contribution=row["contribution"],
        )
        if step == "open":
            opened.append((row, await warnings.warn(tx, _finding(row), capacity)))
            touched.add(row["owner_id"])
        elif step is not None and warning is not None:
            touched.add(warning["owner_id"])
            if step == "lost":
                await warnings.end(tx, warning, "lost")
            else:
                cleared.append(warning)
    await _clear(tx, cleared)
    if not hold:
        await queue.fill(tx, [owner for owner in touched if capacity.of(owner) is not None])
    return opened


async def _clear(tx: Tx, cleared: Sequence[Record]) -> None:
    """Who ordered since it was opened is won back; of another one the risk has fallen by itself."""
    ordered = await ordered_since(tx, cleared, tx.now)
    for warning in cleared:
        await warnings.end(tx, warning, "won_back" if warning["id"] in ordered else "not_at_risk")


def _finding(row: Mapping[str, Any]) -> Finding:
    return Finding(
        customer_id=row["customer_id"],
        distributor_id=row["distributor_id"],
        owner_id=row["owner_id"],
        level=row["churn_level"],
        probability=row["churn_probability"],
        expected_value_minor=row["expected_value_minor"],
        contributed_52_minor=row["contributed_52_minor"],
        currency=row["currency"],
        reasons=row["churn"]["reasons"],
        recommended_action=row["churn"]["recommended_action"],
        horizon_weeks=row["horizon_weeks"],
    )
