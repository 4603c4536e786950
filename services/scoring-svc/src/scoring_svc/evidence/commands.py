"""Reasons given the records that they rest on, before they are stored."""

from collections.abc import Sequence
from typing import Any

from scoring_svc.evidence import domain, queries
from shared.db import Tx


async def attach(tx: Tx, scores: Sequence[dict[str, Any]], *, currency: str, keeping: bool) -> None:
    """Name in each reason of these scores at most ten records; `evidence` is a list of type, id and time.

    `keeping` unless nobody was merged into any of these customers.
    """
    reasons = {row["customer_id"]: row["churn"]["reasons"] for row in scores}
    found = await queries.records(tx, domain.wanted(reasons), currency=currency, now=tx.now, keeping=keeping)
    groups = domain.grouped(found)
    for customer, given in reasons.items():
        for reason in given:
            reason["evidence"] = domain.named(reason["code"], customer, groups)
