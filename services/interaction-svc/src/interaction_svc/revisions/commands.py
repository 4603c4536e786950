"""Going on to another revision of the rules, and having everything counted by them."""

from typing import Any

from sqlalchemy.dialects.postgresql import insert

from interaction_svc.revisions.tables import RuleRevision
from shared.db import Tx, prepare
from shared.jobs import enqueue

CHANGED = "rules.changed"
"""The job that counts anew what was counted by the rules before."""
_T: Any = RuleRevision.__table__  # type: ignore[attr-defined]
_new = insert(_T).values(id=1)
_ADVANCE = prepare(
    _new.on_conflict_do_update(index_elements=["id"], set_={"revision": _new.excluded.revision}), "revision"
)


async def advance(tx: Tx) -> None:
    """Calendars or policies are about to change; call it before: it waits for whoever counts by the old ones.

    What is counted after the commit is counted by the new ones, and all that is open is counted anew.
    """
    await tx.run(_ADVANCE, revision=tx.new_id())
    await enqueue(tx, CHANGED, {}, dedup_key=CHANGED)
