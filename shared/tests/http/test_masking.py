"""What is hidden from a key: in every kind of answer, however deep, and no use to ask by."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import Response
from fastapi.responses import StreamingResponse
from fastapi.sse import EventSourceResponse
from starlette.datastructures import QueryParams

from shared.auth import Principal
from shared.auth.tokens import TokenVerifier
from shared.http import Router, masking, needs
from shared.http.application import create_app
from shared.http.frame import Frame
from shared.problems import Conflict, Forbidden
from shared.testing.clients import as_principal, jwks

PHONE, EMAIL = "+8613800138000", "li.lei@example.com"
LI = {"name": "李雷", "phone": PHONE, "email": EMAIL, "address": "福州路 1 号", "tags": ["vip"]}
NAMES = frozenset(masking.MASKABLE)

router = Router(tags=["people"])


def _get(path: str, found: Any) -> None:
    async def answer() -> Any:
        return found

    router.get(path, operation_id=path.strip("/"), **needs())(answer)


_get("/one", LI)
_get("/many", {"data": [LI, LI], "page": {"has_more": False}})
_get("/batch", {"results": [{"index": 0, "status": 409, "problem": {"code": "x", "candidates": [LI]}}]})
_get("/identity", {"channel": "sms", "external_id": PHONE, "kind": "phone", "verified": True})
_get("/history", {"data": [{"field": "phone", "old": PHONE, "new": None}, {"field": "name", "old": "a"}]})


@router.get("/conflict", operation_id="conflict", **needs())
async def conflict() -> None:
    raise Conflict("taken", en="Somebody has it.", zh="已被占用。", extra={"candidates": [LI]})


@router.get("/file.csv", operation_id="file", **needs())
async def file() -> Response:
    text = f'\ufeffname,Phone,email\n"Li, Lei",{PHONE},\nHan,,{EMAIL}\n'
    return Response(text, media_type="text/csv; charset=utf-8")


@router.get("/plain.csv", operation_id="plain", **needs())
async def plain() -> Response:
    return Response("line,code\n1,x\n", media_type="text/csv")


@router.get("/picture", operation_id="picture", **needs())
async def picture() -> Response:
    return Response(PHONE.encode(), media_type="image/png")


@router.get("/stream", operation_id="stream", **needs())
async def stream() -> Response:
    return StreamingResponse(iter([PHONE]), media_type="text/csv")


@router.get("/nothing", operation_id="nothing", status_code=204, **needs())
async def nothing() -> None:
    return None


@router.get("/events", operation_id="events", response_class=EventSourceResponse, **needs())
async def events() -> AsyncIterator[dict[str, Any]]:
    yield LI
    await asyncio.sleep(0)
    yield {"data": [LI]}


APP = create_app(title="People", description="", version="1", routers=[router])
FRAME = Frame(
    APP,
    service="people",
    carried={"request_seconds": 5.0},
    verifier=TokenVerifier("people", jwks=jwks()),
    max_in_flight=10,
)


async def ask(path: str, names: frozenset[str] = NAMES) -> httpx.Response:
    headers = as_principal(Principal("partner", uuid4(), masked=names), "people")
    transport = httpx.ASGITransport(app=FRAME)
    async with httpx.AsyncClient(transport=transport, base_url="http://people", headers=headers) as client:
        return await client.get(path)


@pytest.mark.parametrize("path", ["/one", "/many", "/batch", "/history", "/conflict", "/file.csv", "/events"])
async def test_nothing_hidden_leaves_the_door(path: str) -> None:
    whole, answer = await ask(path, frozenset()), await ask(path)
    assert "138001" in whole.text or "candidates" in whole.text
    for secret in ("138001", "li.lei", "福州路"):
        assert secret not in answer.text, path
    assert answer.status_code == whole.status_code
    assert int(answer.headers.get("content-length", len(answer.content))) == len(answer.content)


async def test_what_is_left_of_each_field() -> None:
    assert (await ask("/one")).json() == {
        "name": "李雷",
        "phone": "***8000",
        "email": "l***@example.com",
        "address": None,
        "tags": ["vip"],
    }
    assert (await ask("/one", frozenset({"email"}))).json() == {**LI, "email": "l***@example.com"}


async def test_a_history_tells_that_it_changed_and_not_from_what() -> None:
    changes = (await ask("/history")).json()["data"]
    assert changes == [
        {"field": "phone", "old": "***8000", "new": None},
        {"field": "name", "old": "a"},
    ]


async def test_an_identity_that_is_a_phone_is_hidden_as_a_phone() -> None:
    told = (await ask("/identity")).json()
    assert told["external_id"] == "***8000"
    assert told["channel"] == "sms"


async def test_columns_of_a_file_are_hidden_by_their_head() -> None:
    assert (await ask("/file.csv")).text.splitlines() == [
        '"name","Phone","email"',
        '"Li, Lei","***8000",""',
        '"Han","","l***@example.com"',
    ]
    assert (await ask("/plain.csv")).text == "line,code\n1,x\n"


async def test_events_are_hidden_one_by_one() -> None:
    answer = await ask("/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text.count("***8000") == 2
    assert answer.text.endswith("\n\n")


@pytest.mark.parametrize("path", ["/picture", "/stream"])
async def test_what_cannot_be_searched_is_not_answered(path: str) -> None:
    answer = await ask(path)
    assert (answer.status_code, answer.json()["code"]) == (403, "answer_not_maskable")
    assert (await ask(path, frozenset())).status_code == 200


async def test_an_empty_answer_stays_empty() -> None:
    answer = await ask("/nothing")
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("phone=138", "?phone"),
        ("phone[gte]=1", "?phone[gte]"),
        ("sort=-email", "?sort"),
        ("sort=phone", "?sort"),
    ],
)
def test_nobody_asks_by_a_hidden_field(query: str, pointer: str) -> None:
    with pytest.raises(Forbidden) as refused:
        masking.refuse_asking(QueryParams(query), NAMES)
    assert [error.pointer for error in refused.value.errors] == [pointer]
    masking.refuse_asking(QueryParams(query), frozenset({"address"}))


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ("+8613800138000", "***8000"),
        ("021-6288 1234", "***1234"),
        ("110", "***"),
        ("10086", "***"),
        ("'+8613800138000", "***8000"),
        ("nobody", "***"),
        ("***13800138000", "***8000"),
        (["+8613800138000", None], ["***8000", None]),
        ({"home": "+8613800138000"}, None),
        (13800138000, None),
    ],
)
def test_a_phone_keeps_its_last_digits_and_hiding_again_changes_nothing(given: Any, left: Any) -> None:
    once = masking.hidden({"phone": given}, NAMES)
    assert once == {"phone": left}
    assert masking.hidden(once, NAMES) == once


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ("li@example.com", "l***@example.com"),
        ("a@b@c.cn", "a***@c.cn"),
        ("nothing", "***"),
        ("@x.cn", "***@x.cn"),
    ],
)
def test_an_email_keeps_its_first_letter_and_domain(given: str, left: str) -> None:
    once = masking.hidden({"Email": given}, NAMES)
    assert once == {"Email": left}
    assert masking.hidden(once, NAMES) == once


def test_a_name_that_is_no_longer_known_is_hidden_wholly() -> None:
    assert masking.hidden({"fax": "+8613800138000"}, frozenset({"fax"})) == {"fax": None}
