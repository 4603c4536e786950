"""Every change of the rules themselves."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, text, update

from notify_svc.care_rules import queries
from notify_svc.care_rules.domain import check_rule, name_of
from notify_svc.care_rules.queries import RULE
from notify_svc.inbox import commands as inbox
from notify_svc.inbox.domain import UNASSIGNED, Notice
from notify_svc.templates import queries as templates
from notify_svc.templates.rendering import Published, RenderFailed, render
from shared.db import Record, Tx, prepare
from shared.http import check_version
from shared.problems import Invalid

_FIXED = {"id", "shipped", "created_by", "created_at"}
_ADD = prepare(insert(RULE).returning(RULE), *RULE.c.keys())
_SAVE = prepare(
    update(RULE).where(RULE.c.id == bindparam("b_id")).returning(RULE),
    *(name for name in RULE.c.keys() if name not in _FIXED),  # noqa: SIM118 - a collection of columns
)
_DROP = prepare(delete(RULE).where(RULE.c.id == bindparam("b_id")))
_LOOKED = prepare(
    update(RULE).where(RULE.c.id == bindparam("b_id"), text("care_rule.active")), "looked_until"
)


async def add(tx: Tx, given: Mapping[str, Any], *, by: UUID) -> Record:
    """Store a rule; Invalid if its parts do not go together or its template cannot be sent."""
    row = {
        **dict.fromkeys(RULE.c.keys()),
        **given,
        "id": tx.new_id(),
        "looked_until": tx.now if given["active"] else None,
        "created_by": by,
        "created_at": tx.now,
        "updated_at": tx.now,
        "version": 1,
    }
    await _check(tx, row)
    return await tx.row(_ADD, **row)  # type: ignore[return-value]  # INSERT … RETURNING gives its row


async def change(tx: Tx, rule_id: UUID, changes: Mapping[str, Any], *, expected: int | None) -> Record:
    """Change a rule for the hours that come from now on; raises NotFound, Stale, Invalid as `add`."""
    before = await queries.rule_for_update(tx, rule_id)
    check_version(expected, before["version"])
    values = {**before, **changes, "updated_at": tx.now, "version": before["version"] + 1}
    if values["active"] is not before["active"]:
        values["looked_until"] = tx.now if values["active"] else None
    await _check(tx, values)
    return await tx.row(_SAVE, b_id=rule_id, **values)  # type: ignore[return-value]  # the row is locked


async def drop(tx: Tx, rule_id: UUID, *, expected: int | None) -> None:
    """Remove a rule; what it has done stays. Raises NotFound, Stale."""
    before = await queries.rule_for_update(tx, rule_id)
    check_version(expected, before["version"])
    await tx.run(_DROP, b_id=rule_id)


async def looked(tx: Tx, rule: Record, until: datetime) -> None:
    """All hours up to this one are done with; whom it was too late for is told to who made the rule."""
    missed = await queries.missed_since(tx, rule["id"], rule["looked_until"])
    await tx.run(_LOOKED, b_id=rule["id"], looked_until=until)
    if missed:
        name = name_of(rule["occasion"])
        notice = Notice(
            recipient_id=rule["created_by"] or UNASSIGNED,
            kind="care.missed",
            subject=None,
            subject_code="care.missed",
            subject_parameters={"zh": name.zh, "en": name.en, "count": missed},
            about_id=rule["id"],
            customer_id=None,
            distributor_id=None,
            due_at=None,
        )
        await inbox.deliver(tx, [notice])


async def _check(tx: Tx, rule: Mapping[str, Any]) -> None:
    check_rule(rule)
    said = rule["message"]
    if said is not None:
        found = (await templates.published(tx, [said["template"]])).get(said["template"])
        if found is None:
            raise Invalid.at(
                "/message/template", "template_unknown", en="is no published template", zh="不是已发布的模板"
            )
        for place, channel in enumerate(said["channels"]):
            _check_sendable(found, channel, place)


def _check_sendable(template: Published, channel: str, place: int) -> None:
    """Fill it in as it will be, so that what cannot be sent is known today and not on the day."""
    try:
        render(
            template,
            channel=channel,
            language="zh",
            variables={"occasion_zh": "中秋节", "occasion_en": "Mid-Autumn Festival"},
            person={"name": "王芳"},
            links={},
        )
    except RenderFailed as failed:
        if failed.code == "text_missing":
            raise Invalid.at(
                f"/message/channels/{place}",
                "text_missing",
                en="is a channel that the template has no text for",
                zh="模板没有该渠道的内容",
            ) from None
        raise Invalid.at(
            "/message/template",
            failed.code,
            en="needs other variables than occasion_zh and occasion_en",
            zh="模板所需变量超出 occasion_zh 与 occasion_en",
        ) from None
