"""What frames every score alike, read with each of them in one statement: a change counts at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from scoring_svc.actions import queries as actions
from scoring_svc.actions.domain import DEFAULTS, Rule
from scoring_svc.lifecycle import queries as lifecycle
from scoring_svc.models.queries import Champion
from scoring_svc.objections import queries as objections
from scoring_svc.overrides import queries as overrides
from scoring_svc.policies import queries as policies
from scoring_svc.policies.queries import Standard
from scoring_svc.workload import queries as workload
from scoring_svc.workload.domain import Capacity, capacity
from shared.db import Tx, prepare

_READ = prepare(
    select(
        policies.PUBLISHED_VERSION.label("version"),
        actions.ANY.label("recommending"),
        lifecycle.ANY_DECLARED.label("declaring"),
        objections.ANY.label("objecting"),
        overrides.ANY.label("pinning"),
        workload.MOST.label("most"),
        workload.OWNERS.label("owners"),
    )
)


@dataclass(frozen=True, slots=True)
class Frame:
    """What is decided, recommended and carried by; and whether anybody at all is declared lost, and so on.

    Where nobody is, nobody has to be asked for among the customers at hand.
    """

    standard: Standard
    rules: Sequence[Rule]
    capacity: Capacity
    declaring: bool
    objecting: bool
    pinning: bool


async def frame(tx: Tx, champion: Champion) -> Frame:
    """As it is now, by this model; LookupError if nobody was ever ranked by it."""
    (row,) = await tx.rows(_READ)
    return Frame(
        await champion.standards.published(tx, champion.id, row["version"]),
        await actions.rules(tx) if row["recommending"] else list(DEFAULTS.values()),
        capacity({"most": row["most"], "owners": row["owners"] or ()}),
        row["declaring"],
        row["objecting"],
        row["pinning"],
    )
