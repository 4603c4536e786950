"""Every change of what customers want; and the judgement on what is about to leave, counted as it is made."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    DateTime,
    Integer,
    Interval,
    Text,
    Uuid,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from notify_svc.preferences import domain, queries
from notify_svc.preferences.domain import MOST_DAYS, Contact, Sending, Verdict
from notify_svc.preferences.queries import CONSENT, LEDGER, LOCK, POLICY, T
from shared.db import Database, Tx, prepare
from shared.http import check_version

_PARTS = ("consents", "do_not_contact", "quiet_hours", "timezone", "language", "caps")
_EMPTY: dict[str, Any] = {
    "consents": [],
    "do_not_contact": [],
    "quiet_hours": None,
    "timezone": None,
    "language": None,
    "caps": [],
}
_ADD = prepare(insert(T), *T.c.keys())
_SAVE = prepare(update(T).where(T.c.id == bindparam("b_id", type_=Uuid)), *_PARTS, "version", "updated_at")
_NOTE = prepare(insert(CONSENT), *CONSENT.c.keys())
_SAVE_POLICY = prepare(
    update(POLICY),
    *("needs_consent", "quiet_hours", "send_windows", "caps", "always", "timezone", "version", "updated_at"),
)
_COLUMNS = {"message_id": Uuid, "customer_id": Uuid, "purpose": Text, "channel": Text}
_given = (
    func.unnest(*(bindparam(f"b_{name}", type_=ARRAY(kind)) for name, kind in _COLUMNS.items()))
    .table_valued(*_COLUMNS, name="given")
    .render_derived()
)
_COUNT = prepare(
    upsert(LEDGER)
    .from_select([*_COLUMNS, "at"], select(*_given.c, bindparam("b_at", type_=DateTime(timezone=True))))
    .on_conflict_do_nothing(index_elements=[LEDGER.c.message_id])
)
_OLD = (
    select(LEDGER.c.message_id)
    .where(LEDGER.c.at < func.now() - bindparam("kept", timedelta(days=MOST_DAYS), type_=Interval))
    .limit(bindparam("most", type_=Integer))
    .cte("old")
)
_FORGET = prepare(delete(LEDGER).where(LEDGER.c.message_id == _OLD.c.message_id))


async def judge(tx: Tx, sendings: Sequence[Sending]) -> list[Verdict]:
    """A verdict on each, in order; what may leave is counted in this transaction, each message once.

    Customers are locked until the transaction ends, so that together nobody sends more than a cap allows.
    """
    if not sendings:
        return []
    customers = sorted({each.customer_id for each in sendings})
    await tx.rows(LOCK, ids=customers)
    policy = domain.policy_of(await queries.policy(tx))
    wishes: dict[UUID, list[domain.Wishes]] = {}
    for row in await queries.records(tx, customers):
        wishes.setdefault(row["customer_id"], []).append(domain.wishes_of(dict(row)))
    contacts: dict[UUID, dict[UUID, Contact]] = {each: {} for each in customers}
    for row in await queries.lately(tx, customers):
        contact = Contact(row["at"], row["purpose"], row["channel"])
        contacts[row["customer_id"]][row["message_id"]] = contact
    verdicts, leaving = [], []
    for each in sendings:
        known = contacts[each.customer_id]
        others = [contact for message, contact in known.items() if message != each.message_id]
        mine = domain.together(wishes.get(each.customer_id) or [domain.Wishes()])
        verdict = domain.judge(each, policy, mine, others, tx.now)
        verdicts.append(verdict)
        if verdict.allowed:
            known[each.message_id] = Contact(tx.now, each.purpose, each.channel)
            leaving.append(each)
    await _count(tx, leaving)
    return verdicts


async def _count(tx: Tx, leaving: Sequence[Sending]) -> None:
    if leaving:
        columns = {f"b_{name}": [getattr(each, name) for each in leaving] for name in _COLUMNS}
        await tx.run(_COUNT, **columns, b_at=tx.now)


async def record(
    tx: Tx, customer_id: UUID, changes: dict[str, Any], *, by: UUID | None, expected: int | None
) -> dict[str, Any]:
    """Replace these parts of what a customer wants; consents that changed go into the history."""
    before = await queries.own_for_update(tx, customer_id)
    check_version(expected, before["version"] if before else 0)
    current = before or _fresh(tx, customer_id)
    after = {**current, **{name: changes[name] for name in _PARTS if name in changes}}
    if "consents" in changes:
        after["consents"] = await _consented(tx, current, changes["consents"], by=by)
    after |= {"version": current["version"] + 1, "updated_at": tx.now}
    if before is None:
        await tx.run(_ADD, **after)
    else:
        await tx.run(_SAVE, b_id=before["id"], **after)
    return after


async def unsubscribe(tx: Tx, customer_id: UUID, purpose: str, channel: str) -> None:
    """The customer wants none of this by this channel any more, by its own hand; again changes nothing."""
    current = await queries.own_for_update(tx, customer_id) or _EMPTY
    kept = [each for each in current["consents"] if (each["purpose"], each["channel"]) != (purpose, channel)]
    if len(kept) < len(current["consents"]) and any(
        each["state"] == "withdrawn" and (each["purpose"], each["channel"]) == (purpose, channel)
        for each in current["consents"]
    ):
        return
    said = {"purpose": purpose, "channel": channel, "state": "withdrawn", "source": "link", "note": None}
    await record(tx, customer_id, {"consents": [*kept, said]}, by=None, expected=None)


async def set_policy(tx: Tx, policy: dict[str, Any], *, expected: int | None) -> dict[str, Any]:
    """Replace the company's policy; what is about to leave is judged by it from now on."""
    before = await queries.policy_for_update(tx)
    check_version(expected, before["version"])
    after = {**before, **policy, "version": before["version"] + 1, "updated_at": tx.now}
    await tx.run(_SAVE_POLICY, **after)
    return after


async def forget_old(database: Database) -> None:
    """Delete what no cap counts any more, at most a thousand at once."""
    async with database.begin() as tx:
        await tx.run(_FORGET, most=1000)


def _fresh(tx: Tx, customer_id: UUID) -> dict[str, Any]:
    return {
        **_EMPTY,
        "id": tx.new_id(),
        "customer_id": customer_id,
        "origin_id": None,
        "distributor_id": None,
        "recorded_for": customer_id,
        "version": 0,
        "created_at": tx.now,
        "updated_at": tx.now,
    }


async def _consented(
    tx: Tx, current: dict[str, Any], wanted: Sequence[dict[str, Any]], *, by: UUID | None
) -> list[dict[str, Any]]:
    """The consents as they are kept, each with when and by whom; what changed is noted."""
    known = {(each["purpose"], each["channel"]): each for each in current["consents"]}
    kept, noted = [], []
    for each in wanted:
        before = known.get((each["purpose"], each["channel"]))
        if before is not None and before["state"] == each["state"]:
            kept.append(before)
            continue
        kept.append({**each, "at": tx.now.isoformat(), "by": None if by is None else str(by)})
        noted.append(_noted(tx, current, each, by))
    gone = known.keys() - {(each["purpose"], each["channel"]) for each in wanted}
    noted += [
        _noted(tx, current, {**known[about], "state": "withdrawn", "note": None}, by)
        for about in sorted(gone)
        if known[about]["state"] == "granted"
    ]
    if noted:
        await tx.run_many(_NOTE, noted)
    return kept


def _noted(tx: Tx, current: dict[str, Any], said: dict[str, Any], by: UUID | None) -> dict[str, Any]:
    return {
        "id": tx.new_id(),
        **{name: current[name] for name in ("customer_id", "origin_id", "distributor_id")},
        **{name: said[name] for name in ("purpose", "channel", "state", "source", "note")},
        "by_id": by,
        "at": tx.now,
    }
