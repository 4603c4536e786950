"""Policies read, and the one that decides with what it ranks by."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, case, func, literal_column, select

from scoring_svc.modelling.percentiles import Percentiles
from scoring_svc.modelling.policy import Policy
from scoring_svc.policies.tables import TierGrids, TierPolicy
from shared.db import Reader, Record, Tx, prepare
from shared.http import Listing

T: Any = TierPolicy.__table__  # type: ignore[attr-defined]
GRIDS: Any = TierGrids.__table__  # type: ignore[attr-defined]
_CURRENT = select(T.c.version, T.c.document).where(T.c.status == "published")
_version = select(T.c.version).where(T.c.status == literal_column("'published'"))
_VERSION = prepare(_version)
PUBLISHED_VERSION = _version.scalar_subquery()
_DOCUMENT = prepare(_CURRENT)
_PUBLISHED = prepare(select(T).where(T.c.status == "published").with_for_update())
_ONE = select(T).where(T.c.version == bindparam("b_version"))
_READ, _LOCKED = prepare(_ONE), prepare(_ONE.with_for_update())
_BY_SIMULATION = prepare(select(T.c.version).where(T.c.simulation_id == bindparam("b_simulation")))
_NEWEST = prepare(select(func.max(T.c.version)))
_LOCK = prepare(select(func.pg_advisory_xact_lock(0x74696572)))
# Its own grids; else those of the same weights by another model, else of the same model by other weights.
_NEAREST = prepare(
    select(GRIDS.c.grids)
    .where((GRIDS.c.policy_version == bindparam("b_version")) | (GRIDS.c.model_id == bindparam("b_model")))
    .order_by(
        case(
            (
                and_(
                    GRIDS.c.policy_version == bindparam("b_version"),
                    GRIDS.c.model_id == bindparam("b_model"),
                ),
                0,
            ),
            (GRIDS.c.policy_version == bindparam("b_version"), 1),
            else_=2,
        ),
        GRIDS.c.created_at.desc(),
    )
    .limit(1)
)
POLICIES = Listing(
    select(T),
    key=T.c.id,
    sorts={"version": T.c.version},
    default="-version",
    filters={"status": lambda value: T.c.status == value},
)


Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Standard:
    """What decides tiers now: the published policy, and the grids of a model's forecasts by its weights."""

    policy: Policy
    grids: Percentiles


class Standards:
    """Standards already read; a version and its grids never change once it is published. A few are kept."""

    def __init__(self, most: int = 3) -> None:
        self._most = most
        self._read: OrderedDict[tuple[UUID, int | None], Standard] = OrderedDict()

    async def current(self, reader: Reader, model_id: UUID) -> Standard:
        """By what this model's customers are ranked now; LookupError if nobody was ever ranked."""
        return await self.published(reader, model_id, await reader.value(_VERSION))

    async def published(self, reader: Reader, model_id: UUID, version: int | None) -> Standard:
        """The same, of the version that was just read as the published one."""
        key = (model_id, version)
        known = self._read.get(key)
        if known is None:
            policy = await current(reader)
            grids = await reader.value(_NEAREST, b_version=policy.version, b_model=model_id)
            if grids is None:
                raise LookupError("there are no percentiles to rank by")
            known = Standard(policy, Percentiles.from_document(grids))
            if policy.version == key[1]:
                self._read[key] = known
            while len(self._read) > self._most:
                self._read.popitem(last=False)
        return known


async def standard_of(reader: Reader, model_id: UUID, version: int) -> Standard | None:
    """By what this model's customers were ranked under a version; None if there is no such version."""
    row = await reader.row(_READ, b_version=version)
    grids = await reader.value(_NEAREST, b_version=version, b_model=model_id)
    if row is None or grids is None:
        return None
    return Standard(Policy.from_document(row["document"]), Percentiles.from_document(grids))


async def current(reader: Reader) -> Policy:
    """The policy that decides now: the published one, the default before any was."""
    row = await reader.row(_DOCUMENT)
    return Policy() if row is None else Policy.from_document(row["document"])


async def by_version(reader: Reader, version: int) -> Policy:
    """The policy of a version; the default where the first one is not on record yet."""
    row = await reader.row(_READ, b_version=version)
    return Policy() if row is None else Policy.from_document(row["document"])


async def published(tx: Tx) -> Row | None:
    """The published version, locked."""
    return plain(await tx.row(_PUBLISHED))


async def one(reader: Reader, version: int) -> Row | None:
    """One version."""
    return plain(await reader.row(_READ, b_version=version))


async def for_update(tx: Tx, version: int) -> Row | None:
    """One version, locked."""
    return plain(await tx.row(_LOCKED, b_version=version))


def plain(row: Record | None) -> Row | None:
    """The row as values by column."""
    return None if row is None else dict(row)


async def by_simulation(reader: Reader, simulation_id: UUID) -> int | None:
    """The version that was, or is to be, published by this simulation."""
    found: int | None = await reader.value(_BY_SIMULATION, b_simulation=simulation_id)
    return found


async def newest(reader: Reader) -> int:
    """The highest version there is; 0 before the first."""
    return int(await reader.value(_NEWEST) or 0)


async def take_turns(tx: Tx) -> None:
    """Be the only one who makes, publishes or ranks by versions until the transaction ends."""
    await tx.row(_LOCK)
