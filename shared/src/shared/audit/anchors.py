"""Anchors: each minute the chain's end is copied to the log and, by an event, into the other services."""

from dataclasses import dataclass
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

import structlog
from sqlalchemy import BigInteger, Integer, Text, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import distinct_on, insert

from shared.audit import chain, metrics
from shared.audit.chain import HASH_BYTES, Head
from shared.audit.tables import AuditAnchor, AuditBlock, AuditCheckpoint
from shared.db import Database, Reader, Record, Tx, prepare
from shared.events.audit import AuditAnchored
from shared.messaging import outbox
from shared.messaging.consumers import Handler

_log = structlog.get_logger()
_a = AuditAnchor.metadata.tables["audit_anchor"]
_b = AuditBlock.metadata.tables["audit_block"]
_c = AuditCheckpoint.metadata.tables["audit_checkpoint"]
_service = bindparam("b_service", type_=Text)
_number = bindparam("number", type_=BigInteger)

_in_block = func.least(_number - _b.c.first, func.cardinality(_b.c.ids))
"""How far the link stands into its block; a number behind the end would not fit an Integer."""
_place = cast(_in_block * HASH_BYTES + 1, Integer)

_ADD = prepare(insert(_a).on_conflict_do_nothing(), *_a.c.keys())
_NEWEST = prepare(select(_a).where(_a.c.service == _service).order_by(_a.c.turn.desc()).limit(1))
_TURN = prepare(select(_a).where(_a.c.service == _service, _a.c.turn == bindparam("b_turn")))
_OF_EACH = prepare(select(_a).ext(distinct_on(_a.c.service)).order_by(_a.c.service, _a.c.turn.desc()))
_DOUBTED = prepare(
    select(_a.c.service, func.min(_a.c.turn).label("turn")).where(~_a.c.agrees).group_by(_a.c.service)
)
_LINK = prepare(
    select(
        (_b.c.first + func.cardinality(_b.c.ids) - 1).label("last"),
        func.substring(_b.c.hashes, _place, HASH_BYTES).label("hash"),
    )
    .where(_b.c.first <= _number)
    .order_by(_b.c.first.desc())
    .limit(1)
)
_RETIRED = prepare(select(_c.c.hash).where(_c.c.number == _number))
_NONE: Final = ""


@dataclass(frozen=True, slots=True)
class Anchors:
    """The last anchor of each service that is kept here, and the first doubtful turn of some of them."""

    newest: dict[str, Record]
    doubted: dict[str, int]


def aggregate(service: str) -> UUID:
    """The subject of a service's anchors."""
    return uuid5(NAMESPACE_URL, f"urn:tonglu:audit:{service}")


async def hash_at(reader: Reader, number: int) -> bytes | None:
    """The hash of this link as it stands in the chain now; None when there is no such link."""
    row = await reader.row(_LINK, number=number)
    if row is not None and row["last"] >= number:
        found: bytes = row["hash"]
        return found
    retired: bytes | None = await reader.value(_RETIRED, number=number)
    return retired


async def tell(database: Database, service: str) -> None:
    """Copy the chain's end, unless it is where it was; say whether it goes on from the last copy."""
    async with database.begin() as tx:
        await chain.lock(tx)
        head, before = await chain.head(tx), await tx.row(_NEWEST, b_service=service)
        last = Head() if before is None else Head(before["number"], before["hash"])
        if (head.number, head.hash) == (last.number, last.hash):
            return
        now_there = last.hash if not last.number else await hash_at(tx, last.number)
        turn = 1 if before is None else before["turn"] + 1
        event = AuditAnchored(
            subject=aggregate(service),
            version=turn,
            distributor_id=None,
            service=service,
            number=head.number,
            hash=head.hash.hex(),
            previous_number=last.number,
            previous_hash=_NONE if now_there is None else now_there.hex(),
        )
        await _kept(tx, event, agrees=now_there == last.hash)
        outbox.record(tx, event)
    _log.info("audit anchored", service=service, number=event.number, hash=event.hash)


def keeping(service: str) -> Handler:
    """What a service does with others' anchors; its own are kept already."""

    async def handle(tx: Tx, event: AuditAnchored) -> None:
        if event.service != service:
            await keep(tx, event)

    return handle


async def keep(tx: Tx, event: AuditAnchored) -> None:
    """Keep another service's anchor, and whether it goes on from the one before as that is kept here."""
    before = await tx.row(_TURN, b_service=event.service, b_turn=event.version - 1)
    goes_on = before is None or (
        (before["number"], before["hash"].hex()) == (event.previous_number, event.previous_hash)
    )
    await _kept(tx, event, agrees=goes_on)


async def known(reader: Reader) -> Anchors:
    """What is kept here of all services."""
    newest = {row["service"]: row for row in await reader.rows(_OF_EACH)}
    return Anchors(newest, {row["service"]: row["turn"] for row in await reader.rows(_DOUBTED)})


async def _kept(tx: Tx, event: AuditAnchored, *, agrees: bool) -> None:
    await tx.run(
        _ADD,
        service=event.service,
        turn=event.version,
        number=event.number,
        hash=bytes.fromhex(event.hash),
        agrees=agrees,
        at=tx.now,
    )
    if not agrees:
        metrics.cut.add(1, {"service": event.service})
        _log.error("audit chain does not go on from its anchor", service=event.service, turn=event.version)
