"""What a report tells beside the model's own card."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from scoring_svc.warnings import queries as warnings
from scoring_svc.warnings.tables import ChurnWarning
from shared.db import Reader, Record, visible

_W: Any = ChurnWarning.__table__  # type: ignore[attr-defined]


async def outcomes(reader: Reader, since: datetime | None, until: datetime | None) -> list[Record]:
    """What came of the warnings in sight that were opened between these moments and have ended."""
    if since is None:
        return []
    spoke = [_W.c.opened_at >= since, *([] if until is None else [_W.c.opened_at < until])]
    count = func.count().label("warnings")
    statement = (
        select(_W.c.outcome, count)
        .where(_W.c.outcome.is_not(None), *spoke, *visible(reader.scope, warnings.SIGHT))
        .group_by(_W.c.outcome)
        .order_by(count.desc(), _W.c.outcome)
    )
    return await reader.rows(statement)
