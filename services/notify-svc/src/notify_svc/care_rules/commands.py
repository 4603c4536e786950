"""What a rule does when the hour of an occasion has come: once for each person, occasion, year and action."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Date, Integer, Text, Uuid, bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from notify_svc.care_rules import queries
from notify_svc.care_rules.domain import (
    ACTIONS,
    Action,
    Coming,
    DueDay,
    State,
    code_of,
    ends,
    fits,
    name_of,
    zone_of,
)
from notify_svc.care_rules.queries import DONE
from notify_svc.messages import commands as messages
from notify_svc.messages.domain import MessageRequest
from notify_svc.recipients.domain import BirthdayKey, Known
from notify_svc.reminders import commands as reminders
from notify_svc.staff.queries import disabled
from notify_svc.standing.queries import standing_of
from shared.db import Record, Tx, prepare

_COLUMNS: Mapping[str, Any] = {
    "id": Uuid,
    "rule_id": Uuid,
    "occasion": Text,
    "year": Integer,
    "on": Date,
    "person_kind": Text,
    "person_id": Uuid,
    "customer_id": Uuid,
    "distributor_id": Uuid,
    "action": Text,
    "state": Text,
}
_given = (
    func.unnest(*(bindparam(f"b_{name}", type_=ARRAY(kind)) for name, kind in _COLUMNS.items()))
    .table_valued(*_COLUMNS, name="given")
    .render_derived()
)
# Whoever was merged into this customer was cared for in its place; there are few of them.
_before = (
    select(DONE.c.id)
    .where(
        text("care_occasion.origin_id IS NOT NULL"),
        DONE.c.customer_id == _given.c.customer_id,
        DONE.c.person_kind == "customer",
        _given.c.person_kind == "customer",
        *(DONE.c[name] == _given.c[name] for name in ("occasion", "year", "action")),
    )
    .exists()
)
_CLAIM = prepare(
    insert(DONE)
    .from_select([*_COLUMNS, "created_at"], select(*_given.c, func.now()).where(~_before))
    .on_conflict_do_nothing()
    .returning(DONE.c.id)
)
_made = (
    func.unnest(bindparam("b_ids", type_=ARRAY(Uuid)), bindparam("b_made", type_=ARRAY(Uuid)))
    .table_valued("id", "made_id", name="made")
    .render_derived()
)
_MADE = prepare(update(DONE).where(DONE.c.id == _made.c.id).values(made_id=_made.c.made_id))


@dataclass(frozen=True, slots=True)
class _Caring:
    """One action for one person, not yet claimed."""

    id: UUID
    person: Known
    action: Action
    year: int
    zone: str
    state: State


async def care(tx: Tx, rule: Record, coming: Coming, people: Sequence[Known]) -> None:
    """Do what the rule says for those of these people whose hour has come; again changes nothing."""
    due = coming.due
    claimed = await _claim(tx, rule, due, await _wanted(tx, rule, coming, people))
    doing = [each for each in claimed if each.state == "done"]
    made = await _send(tx, rule, due, [each for each in doing if each.action == "message"])
    made |= await _remind(tx, rule, due, [each for each in doing if each.action == "reminder"])
    if made:
        await tx.run(_MADE, b_ids=list(made), b_made=list(made.values()))


async def _wanted(tx: Tx, rule: Record, coming: Coming, people: Sequence[Known]) -> list[_Caring]:
    customers = [each.customer_id for each in people]
    standings = await standing_of(tx, customers)
    told = await queries.timezones_of(tx, customers)
    years: dict[BirthdayKey | None, int] = {each.key: each.year for each in coming.occurring}
    found = []
    for person in people:
        zone = zone_of(told.get(person.customer_id), person.timezone, otherwise=coming.home)
        if zone not in coming.due.moments or not fits(rule["only_if"], standings[person.customer_id]):
            continue
        for action in ACTIONS:
            if rule[action] is not None:
                state: State = "done" if tx.now < ends(coming.due, zone, action) else "missed"
                found.append(_Caring(tx.new_id(), person, action, years[person.key], zone, state))
    return found


async def _claim(tx: Tx, rule: Record, due: DueDay, wanted: Sequence[_Caring]) -> list[_Caring]:
    """Those of them that nobody has done before; from now on they are this transaction's."""
    if not wanted:
        return []
    code = code_of(rule["occasion"])
    columns = {
        "id": [each.id for each in wanted],
        "rule_id": [rule["id"]] * len(wanted),
        "occasion": [code] * len(wanted),
        "year": [each.year for each in wanted],
        "on": [due.on] * len(wanted),
        "person_kind": [each.person.ref.kind for each in wanted],
        "person_id": [each.person.ref.id for each in wanted],
        "customer_id": [each.person.customer_id for each in wanted],
        "distributor_id": [each.person.distributor_id for each in wanted],
        "action": [each.action for each in wanted],
        "state": [each.state for each in wanted],
    }
    rows = await tx.rows(_CLAIM, **{f"b_{name}": values for name, values in columns.items()})
    fresh = {row["id"] for row in rows}
    return [each for each in wanted if each.id in fresh]


async def _send(tx: Tx, rule: Record, due: DueDay, caring: Sequence[_Caring]) -> dict[UUID, UUID]:
    name, code = name_of(rule["occasion"]), code_of(rule["occasion"])
    said = rule["message"] or {}
    requests = [
        MessageRequest(
            purpose="care",
            channels=said["channels"],
            recipient=each.person.ref,
            template=said["template"],
            variables={"occasion_zh": name.zh, "occasion_en": name.en},
            source="care",
            source_id=each.id,
            dedup_key=f"care:{each.person.ref.id}:{code}:{each.year}",
            customer_id=each.person.customer_id,
            distributor_id=each.person.distributor_id,
            expires_at=ends(due, each.zone, "message"),
        )
        for each in caring
    ]
    made = await messages.request(tx, requests)
    return {each.id: message for each, message in zip(caring, made, strict=True)}


async def _remind(tx: Tx, rule: Record, due: DueDay, caring: Sequence[_Caring]) -> dict[UUID, UUID]:
    """Whoever has left reads no box: what would be theirs waits in the managers' queue."""
    people = [_assignee(rule, each) for each in caring]
    left = await disabled(tx, [each for each in people if each is not None])
    wanted = [
        _reminder(rule, due, each, None if person in left else person)
        for each, person in zip(caring, people, strict=True)
    ]
    made = await reminders.add_many(tx, wanted)
    return {each.id: reminder for each, reminder in zip(caring, made, strict=True)}


def _assignee(rule: Record, caring: _Caring) -> UUID | None:
    named = rule["reminder"]["assignee_id"]
    return UUID(named) if named else caring.person.owner_id


def _reminder(rule: Record, due: DueDay, caring: _Caring, assignee_id: UUID | None) -> dict[str, Any]:
    wish, name = rule["reminder"], name_of(rule["occasion"])
    parameters = {"zh": name.zh, "en": name.en, "on": due.on.isoformat()}
    coded = {"subject_code": "care.occasion", "subject_parameters": parameters}
    return {
        "source": "care",
        "source_id": caring.id,
        "topic_id": caring.id,
        "note": wish["note"],
        "channels": wish["channels"],
        "customer_id": caring.person.customer_id,
        "distributor_id": caring.person.distributor_id,
        "assignee_id": assignee_id,
        "due_at": due.moments[caring.zone],
        **({"subject": wish["subject"]} if wish["subject"] else coded),
    }
