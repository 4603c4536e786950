"""Door for HTTP: rules of care, what came of them, and the calendar."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from notify_svc.care_rules import keeping, previewing, queries
from notify_svc.care_rules.domain import Occurring
from notify_svc.care_rules.outlook_schemas import (
    CareCalendar,
    CareCalendarQuery,
    CareOccasionQuery,
    CareOccasionRead,
    CarePreview,
    CarePreviewQuery,
)
from notify_svc.care_rules.schemas import (
    CareRuleCreate,
    CareRulePatch,
    CareRuleQuery,
    CareRuleRead,
)
from notify_svc.recipients.clients import Recipients
from shared.db import Record
from shared.http import Caller, Db, IfMatch, Page, ReadDb, Router, Sealing, WriteTx, needs, set_etag

router = Router(tags=["care"])


def _answer(response: Response, row: Record) -> dict[str, Any]:
    set_etag(response, row["version"])
    return dict(row)


@router.post(
    "/v1/care-rules",
    status_code=201,
    operation_id="createCareRule",
    summary="Care on an occasion 新建关怀规则",
    description=(
        "On a birthday, a feast or a day of the company, or so many days before it, a greeting is sent or a "
        "colleague reminded: at the same hour wherever people live, once for each person, occasion and year, "
        "whichever rule does it. A greeting that is late goes out the same day or not at all."
    ),
    response_model=CareRuleRead,
    **needs("policies:write"),
)
async def create_care_rule(
    body: CareRuleCreate, tx: WriteTx, caller: Caller, response: Response
) -> dict[str, Any]:
    row = await keeping.add(tx, body.kept(), by=caller.id)
    response.headers["Location"] = f"/v1/care-rules/{row['id']}"
    return _answer(response, row)


@router.get(
    "/v1/care-rules",
    operation_id="listCareRules",
    summary="List rules of care 查询关怀规则",
    description="Newest first, or by `name`. Five come with Tonglu and are switched off.",
    response_model=Page[CareRuleRead],
    **needs("policies:read"),
)
async def list_care_rules(
    query: Annotated[CareRuleQuery, Query()], db: ReadDb, sealer: Sealing
) -> dict[str, Any]:
    return await queries.rules_page(db, query, sealer)


@router.get(
    "/v1/care-rules/{care_rule_id}",
    operation_id="getCareRule",
    summary="Read a rule of care 查看关怀规则",
    description="As it stands now; its ETag can be sent as `If-Match` with a change.",
    response_model=CareRuleRead,
    **needs("policies:read"),
)
async def get_care_rule(care_rule_id: UUID, db: ReadDb, response: Response) -> dict[str, Any]:
    return _answer(response, await queries.rule(db, care_rule_id))


@router.patch(
    "/v1/care-rules/{care_rule_id}",
    operation_id="changeCareRule",
    summary="Change a rule of care 修改关怀规则",
    description="A merge patch. Switched on, it counts for the hours that come from then on.",
    response_model=CareRuleRead,
    **needs("policies:write"),
)
async def change_care_rule(
    care_rule_id: UUID, body: CareRulePatch, tx: WriteTx, expected: IfMatch, response: Response
) -> dict[str, Any]:
    return _answer(response, await keeping.change(tx, care_rule_id, body.kept(), expected=expected))


@router.delete(
    "/v1/care-rules/{care_rule_id}",
    status_code=204,
    operation_id="deleteCareRule",
    summary="Remove a rule of care 删除关怀规则",
    description="What it has done stays, and is not done again by another rule.",
    **needs("policies:write"),
)
async def delete_care_rule(care_rule_id: UUID, tx: WriteTx, expected: IfMatch) -> None:
    await keeping.drop(tx, care_rule_id, expected=expected)


@dataclass(frozen=True, slots=True)
class _Looked:
    """A rule, the day that is looked at, and who was found."""

    rule: Record
    on: date | None
    days: list[date]
    occurring: list[Occurring]
    found: previewing.Looked


async def _looked(
    care_rule_id: UUID,
    query: Annotated[CarePreviewQuery, Query()],
    request: Request,
    database: Db,
    _caller: Caller,
) -> _Looked:
    """Asked of customer-svc before the transaction of the answer opens."""
    recipients: Recipients = request.state.recipients
    async with database.read() as reader:
        rule = await queries.rule(reader, care_rule_id)
    days = previewing.upcoming(rule, database.now().date())
    on = query.on or next(iter(days), None)
    occurring = [] if on is None else previewing.on_day(rule, on)
    return _Looked(rule, on, days, occurring, await previewing.look(recipients, rule, occurring))


@router.get(
    "/v1/care-rules/{care_rule_id}/preview",
    operation_id="previewCareRule",
    summary="Whom a rule of care concerns 预览关怀对象",
    description=(
        "The next days of its occasion, and of one of them the people in sight that the rule is about as "
        "they stand now, the first hundred by id; whether a message may reach them is judged when it leaves."
    ),
    response_model=CarePreview,
    **needs("policies:read", "messages:read"),
)
async def preview_care_rule(looked: Annotated[_Looked, Depends(_looked)], db: ReadDb) -> dict[str, Any]:
    people = await previewing.shown(db, looked.rule, looked.found, looked.occurring)
    return previewing.preview(looked.rule, looked.on, looked.days, people, complete=looked.found.complete)


@router.get(
    "/v1/care-occasions",
    operation_id="listCareOccasions",
    summary="Who was cared for 查询关怀记录",
    description="The latest first: who on which occasion, by a message or a reminder, and who was missed.",
    response_model=Page[CareOccasionRead],
    **needs("messages:read"),
)
async def list_care_occasions(
    query: Annotated[CareOccasionQuery, Query()], db: ReadDb, sealer: Sealing
) -> dict[str, Any]:
    return await queries.occasions_page(db, query, sealer)


@router.get(
    "/v1/care-calendar",
    operation_id="getCareCalendar",
    summary="Feasts and days of the company 关怀日历",
    description="All days of a year, solar and lunar, each with the active rules about it.",
    response_model=CareCalendar,
    **needs("policies:read"),
)
async def get_care_calendar(
    query: Annotated[CareCalendarQuery, Query()], db: ReadDb, database: Db
) -> dict[str, Any]:
    year = query.year or database.now().year
    return {"year": year, "days": previewing.calendar(year, await queries.in_force(db))}
