"""What frames every score alike, read with the states of each: a change counts at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, true

from scoring_svc.actions import queries as actions
from scoring_svc.actions.domain import DEFAULTS, Rule
from scoring_svc.facts import queries as facts
from scoring_svc.lifecycle import queries as lifecycle
from scoring_svc.models.queries import Champion
from scoring_svc.objections import queries as objections
from scoring_svc.overrides import queries as overrides
from scoring_svc.policies import queries as policies
from scoring_svc.policies.queries import Standard
from scoring_svc.states.queries import KEPT
from scoring_svc.warnings import queries as warnings
from scoring_svc.workload import queries as workload
from scoring_svc.workload.domain import Capacity, capacity
from shared.db import Record, Tx, prepare

_frame = select(
    policies.PUBLISHED_VERSION.label("version"),
    actions.ANY.label("recommending"),
    lifecycle.ANY_DECLARED.label("declaring"),
    objections.ANY.label("objecting"),
    overrides.ANY.label("pinning"),
    workload.MOST.label("most"),
    workload.OWNERS.label("owners"),
    warnings.ANY_LIVE.label("warned"),
    facts.ANY_KEEPER.label("keeping"),
).subquery("frame")
_READ = prepare(select(_frame, KEPT).select_from(_frame.outerjoin(KEPT, true())))


@dataclass(frozen=True, slots=True)
class Frame:
    """What is decided, recommended and carried by; and whether anybody at all is declared lost, and so on.

    Where nobody is, nobody has to be asked for among the customers at hand. Of these, whether any is `warned`
    about, or is `keeping` others that were merged into it.
    """

    standard: Standard
    rules: Sequence[Rule]
    capacity: Capacity
    declaring: bool
    objecting: bool
    pinning: bool
    warned: bool
    keeping: bool


async def frame(tx: Tx, customers: Sequence[UUID], champion: Champion) -> tuple[Frame, dict[UUID, Record]]:
    """As it is now by this model, and the states of these customers; LookupError if nobody was ranked yet."""
    rows = await tx.rows(_READ, customers=list(customers))
    return await _framed(tx, rows[0], champion), {
        row["customer_id"]: row for row in rows if row["customer_id"] is not None
    }


async def _framed(tx: Tx, row: Record, champion: Champion) -> Frame:
    return Frame(
        await champion.standards.published(tx, champion.id, row["version"]),
        await actions.rules(tx) if row["recommending"] else list(DEFAULTS.values()),
        capacity({"most": row["most"], "owners": row["owners"] or ()}),
        row["declaring"],
        row["objecting"],
        row["pinning"],
        row["warned"],
        row["keeping"],
    )
