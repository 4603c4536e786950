"""What becomes of each interaction of a step: refused, there already, or new."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from interaction_svc.attachments import queries as attachments
from interaction_svc.attachments.naming import Files, attached
from interaction_svc.attachments.uses import taken
from interaction_svc.batches import Batch
from interaction_svc.customers.queries import Keeper, held_still, keepers
from interaction_svc.interactions.commands import drafted
from interaction_svc.interactions.schemas import InteractionCreate
from interaction_svc.loads import queries
from interaction_svc.loads.domain import CONTENT, Key, Known, Outcome, Row, judge
from interaction_svc.loads.marking import Marking
from interaction_svc.loads.queries import Asked
from shared.db import Tx
from shared.problems import not_found

_Drafts = Mapping[int, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Judged:
    """The outcome of every item, in order; what is to be stored of the new ones, and how each was judged."""

    outcomes: list[Outcome]
    drafts: _Drafts
    rows: Mapping[int, Row]


async def judge_step(tx: Tx, asked: Asked, batch: Batch[InteractionCreate], marking: Marking) -> Judged:
    """Judge the items of a step against what is there and each other; a preview also against what it foresaw.

    But for a preview their customers are held still, each by itself: loads of the same customers wait for
    each other and never both store one interaction; loads of others, and readers, do not wait. An advisory
    lock for each customer would fill the table of locks that the whole server shares.
    """
    hold = keepers if asked.deed == "preview" else held_still
    now = await hold(tx, {item.customer for item in batch.items})
    files = await _files(tx, asked, batch)
    drafts = {
        place: drafted(tx, item, files, distributor_id=now[item.customer].distributor_id, by=asked.by)
        for place, item in batch.right.items()
        if item.customer in now
    }
    rows = {place: _row(asked, batch.right[place], draft, now, marking) for place, draft in drafts.items()}
    found = judge(rows.values(), await _met(tx, asked, rows, marking))
    known = dict(zip(rows, found, strict=True))
    new = [place for place, outcome in known.items() if outcome.status == "created"]
    return Judged(
        outcomes=[known.get(place) or _refused(batch, place) for place in range(asked.size)],
        drafts={place: drafts[place] for place in new},
        rows={place: rows[place] for place in new},
    )


async def _files(tx: Tx, asked: Asked, batch: Batch[InteractionCreate]) -> Files:
    """What the attachments that the items name are called; but for a preview they stay."""
    if asked.deed != "preview":
        return await taken(tx, batch.items)
    return await attachments.names(tx, attached(batch.items))


def _row(
    asked: Asked,
    item: InteractionCreate,
    draft: Mapping[str, Any],
    now: Mapping[UUID, Keeper],
    marking: Marking,
) -> Row:
    values = {**draft, "customer_id": now[item.customer].customer_id}
    return Row(
        key=Key(*(values[name] for name in Key._fields)),
        id=None if asked.deed == "preview" else draft["id"],
        marks=marking.content(draft),
        given=frozenset(CONTENT).intersection(item.model_fields_set),
    )


async def _met(tx: Tx, asked: Asked, rows: Mapping[int, Row], marking: Marking) -> Mapping[Key, list[Known]]:
    keys = [row.key for row in rows.values()]
    there = await queries.there(tx, keys, marking)
    if asked.deed != "preview":
        return there
    return {**await queries.foreseen(tx, asked.work_id, keys, marking), **there}


def _refused(batch: Batch[InteractionCreate], place: int) -> Outcome:
    """What was refused, or whose customer has gone out of sight since it was looked up."""
    problem = batch.wrong.get(place)
    return Outcome("problem", problem=problem or not_found("customer", "客户"))
