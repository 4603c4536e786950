"""The doors for HTTP: the page that a customer opens, and what staff read of the answers."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Path, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from interaction_svc.answering import commands, page, queries
from interaction_svc.answering.doors import PageRoute
from interaction_svc.answering.schemas import PageQuery, ResponseQuery, ResponseRead
from interaction_svc.web_pages.domain import Sent
from interaction_svc.web_pages.doors import FORM, check_address, language_of, sent_by
from interaction_svc.web_pages.html import HEADERS
from shared.http import Page, ReadDb, Router, Sealing, WriteTx, needs, public

router = Router(tags=["surveys"])
pages = Router(tags=["surveys"])
pages.route_class = PageRoute
MOST_BODY = 256 * 1024
"""Sixty free answers of two thousand Chinese characters would be more; nobody writes them on one page."""
Token = Annotated[str, Path(max_length=200, examples=["Qm5-s8Jq0c1vXy2ZkT4uWb7nRf9hLd3gPa6eMi0oKj1"])]
_FORM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "do": {
            "type": "string",
            "enum": ["next", "back", "stop", "resume", "zh", "en"],
            "description": "Which button was pressed.",
        },
        "place": {"type": "string", "maxLength": 40, "description": "As the page said it."},
    },
    "additionalProperties": {"type": "string", "maxLength": 10_000},
    "examples": [{"do": "next", "place": "1-1-0", "q_attitude": "5"}],
}


_SHOWN = {
    language: {"summary": name, "value": f'<!DOCTYPE html><html lang="{language}"><title>{title}</title>…'}
    for language, name, title in (
        ("en", "English", "How we handled your complaint"),
        ("zh", "中文", "投诉处理满意度"),
    )
}


def _opening() -> dict[str, Any]:
    """Route options of the operation that answers the page."""
    options = public(404, 410)
    content = {"text/html": {"schema": {"type": "string"}, "examples": _SHOWN}}
    options["responses"][200] = {"description": "The page · 问卷页面", "content": content}
    return {**options, "response_class": HTMLResponse, "response_model": None}


def _posting() -> dict[str, Any]:
    options = public(404, 410, 415)
    location = {"description": "The page", "schema": {"type": "string", "format": "uri-reference"}}
    options["responses"][303] = {
        "description": "The page as it is now · 问卷页面",
        "headers": {"Location": location},
    }
    body = {"required": True, "content": {FORM: {"schema": _FORM}}}
    return {
        **options,
        "response_model": None,
        "openapi_extra": {**options["openapi_extra"], "requestBody": body},
        "status_code": 303,
        "response_class": RedirectResponse,
        "max_body_size": MOST_BODY,
    }


@pages.get(
    "/s/{token}",
    operation_id="openSurveyPage",
    summary="Open the page of a survey 打开问卷页面",
    description=(
        "For the customer, in a browser: the questions that come next, or thanks. It needs no script and "
        "nobody signs in; who has the link answers. A browser gets a page also when the link is unknown "
        "(404) or over (410)."
    ),
    **_opening(),
)
async def open_survey_page(
    token: Token, _: Annotated[PageQuery, Query()], request: Request, db: ReadDb
) -> Response:
    check_address(request)
    found = await queries.led_to(db, token)
    language = language_of(request, found["language"])
    if found["answered_at"] is not None:
        return page.thanks(found["document"], language)
    queries.check_open(found, request.state.database.now())
    if found["declined_at"] is not None:
        return page.stopped(language)
    return page.form(queries.sheet_of(found), language)


async def _sent(request: Request) -> Sent:
    check_address(request)
    return await sent_by(request)


@pages.post(
    "/s/{token}",
    operation_id="answerSurveyPage",
    summary="Send what was filled in 提交问卷页面",
    description=(
        "What the page sends: the answers of its questions as `q_` and their codes. They are kept at once, "
        "and whoever opens the link again goes on behind them. The last ones finish it, once: "
        "`survey.answered.v1` tells of it."
    ),
    **_posting(),
)
async def answer_survey_page(
    token: Token,
    _: Annotated[PageQuery, Query()],
    sent: Annotated[Sent, Depends(_sent)],
    request: Request,
    tx: WriteTx,
) -> Response:
    found = await queries.led_to(tx, token)
    language = await commands.answer(tx, token, sent, language_of(request, found["language"]))
    return RedirectResponse(f"?lang={language}", 303, dict(HEADERS))


@router.get(
    "/v1/survey-responses",
    operation_id="listSurveyResponses",
    summary="List responses 查询问卷答复",
    description=(
        "What customers answered, the newest first; not what they have only begun. With `complaint_id`: how "
        "they were satisfied with its handling."
    ),
    response_model=Page[ResponseRead],
    **needs("interactions:read"),
)
async def list_survey_responses(
    query: Annotated[ResponseQuery, Query()], db: ReadDb, sealer: Sealing
) -> dict[str, Any]:
    return await queries.responses(db, query, sealer)


@router.get(
    "/v1/survey-responses/{response_id}",
    operation_id="getSurveyResponse",
    summary="Read one response 查看问卷答复",
    description="All answers in the order of the questions, and the complaint that it opened, if one.",
    response_model=ResponseRead,
    **needs("interactions:read"),
)
async def get_survey_response(response_id: UUID, db: ReadDb) -> dict[str, Any]:
    return await queries.response(db, response_id)
