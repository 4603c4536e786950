"""Every change of standings: versions never go backwards, and each fact counts once."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Boolean, DateTime, Text, Uuid, bindparam, case, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from notify_svc.standing.domain import Noted, newest
from notify_svc.standing.queries import FACT, STANDING
from shared.db import Prepared, Tx, prepare
from shared.events.scoring import ScoreChanged

_FACTS: dict[str, Any] = {
    "kind": Text,
    "id": Uuid,
    "customer_id": Uuid,
    "distributor_id": Uuid,
    "at": DateTime(timezone=True),
    "holds": Boolean,
    "version": BigInteger,
}
_given = (
    func.unnest(*(bindparam(f"b_{name}", type_=ARRAY(kind)) for name, kind in _FACTS.items()))
    .table_valued(*_FACTS, name="given")
    .render_derived()
)
_facts = insert(FACT).from_select([*_FACTS], select(*_given.c), include_defaults=False)
_NOTE = prepare(
    _facts.on_conflict_do_update(
        index_elements=[FACT.c.kind, FACT.c.id],
        set_={name: _facts.excluded[name] for name in ("at", "holds", "version")},
        where=FACT.c.version < _facts.excluded.version,
    )
)
_NONE = {"tier_version": 0, "stage_version": 0, "churn_version": 0, "score_version": 0}
_score = insert(STANDING)
_moved = STANDING.c.churn_level.is_distinct_from(_score.excluded.churn_level)


def _if_moved(name: str, value: Any) -> Any:
    return case((_moved, value), else_=STANDING.c[name])


def _unless_moved_later(name: str) -> Any:
    """The score's own word, unless a later move was heard before it."""
    later = STANDING.c[f"{name}_version"] > _score.excluded.score_version
    return case((later, STANDING.c[name]), else_=_score.excluded[name])


_SCORE = prepare(
    _score.on_conflict_do_update(
        index_elements=[STANDING.c.id],
        set_={
            "tier": _unless_moved_later("tier"),
            "stage": _unless_moved_later("stage"),
            "churn_level": _score.excluded.churn_level,
            "churn_from": _if_moved("churn_from", STANDING.c.churn_level),
            "churn_since": _if_moved("churn_since", _score.excluded.churn_since),
            "churn_version": _if_moved("churn_version", _score.excluded.score_version),
            "score_version": _score.excluded.score_version,
        },
        where=STANDING.c.score_version < _score.excluded.score_version,
    ),
    "id",
    "customer_id",
    "distributor_id",
    "tier",
    "stage",
    "churn_level",
    "churn_since",
    *_NONE,
)


def _moving(name: str) -> Prepared:
    """A move to another tier or stage; its value counts unless a later score said something else."""
    moved = insert(STANDING)
    version = f"{name}_version"
    newer = STANDING.c.score_version < moved.excluded[version]
    return prepare(
        moved.on_conflict_do_update(
            index_elements=[STANDING.c.id],
            set_={
                name: case((newer, moved.excluded[name]), else_=STANDING.c[name]),
                f"{name}_since": moved.excluded[f"{name}_since"],
                version: moved.excluded[version],
            },
            where=or_(STANDING.c[version] < moved.excluded[version]),
        ),
        "id",
        "customer_id",
        "distributor_id",
        name,
        f"{name}_since",
        *_NONE,
    )


_MOVE = {"tier": _moving("tier"), "stage": _moving("stage")}


async def note(tx: Tx, facts: Iterable[Noted]) -> None:
    """Store what is newer than what is known, in one statement however many facts there are."""
    chosen = newest(facts)
    if chosen:
        await tx.run(_NOTE, **{f"b_{name}": [getattr(each, name) for each in chosen] for name in _FACTS})


async def score(tx: Tx, event: ScoreChanged) -> None:
    """The whole of what scoring says of a customer now, if it is newer."""
    await tx.run(
        _SCORE,
        id=event.subject,
        customer_id=event.subject,
        distributor_id=event.distributor_id,
        tier=event.tier,
        stage=event.stage,
        churn_level=event.level,
        churn_since=event.scored_at,
        **{**_NONE, "score_version": event.version, "churn_version": event.version},
    )


async def move(
    tx: Tx,
    what: Literal["tier", "stage"],
    customer: tuple[UUID, UUID | None],
    to: str,
    at: datetime,
    *,
    version: int,
) -> None:
    """A customer (its id, its distributor) moved to another tier or stage, if no later move is known."""
    said = {what: to, f"{what}_since": at, **_NONE, f"{what}_version": version}
    await tx.run(_MOVE[what], id=customer[0], customer_id=customer[0], distributor_id=customer[1], **said)
