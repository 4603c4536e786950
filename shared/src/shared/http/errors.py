"""The one place where anything that went wrong becomes `application/problem+json` (RFC 9457)."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from shared.http.wording import explain
from shared.problems import (
    FieldError,
    Forbidden,
    Invalid,
    Malformed,
    Moved,
    NotFound,
    Problem,
    TooLarge,
    Unauthenticated,
    Unavailable,
    UnsupportedMedia,
)

MEDIA_TYPE = "application/problem+json"
_READING_FAILED = {"json_invalid"}


class MethodNotAllowed(Problem):
    """The path exists, the method does not (405)."""

    status, title_en, title_zh = 405, "Method not allowed", "不支持的方法"


def method_not_allowed(allowed: Iterable[str] = ()) -> MethodNotAllowed:
    """The 405 of a path whose methods are `allowed`; without them the answer does not name any."""
    headers = {"Allow": ", ".join(sorted(allowed))} if allowed else {}
    return MethodNotAllowed(
        "method_not_allowed",
        en="This method is not supported here.",
        zh="此处不支持该方法。",
        headers=headers,
    )


def chinese(accept_language: str | None) -> bool:
    """Whether the caller would rather read Chinese than English."""
    weights = {"zh": 0.0, "en": 0.0}
    for part in (accept_language or "")[:200].lower().split(","):
        tag, _, parameter = part.strip().partition(";")
        language = tag[:2]
        if language in weights:
            weights[language] = max(weights[language], _weight(parameter))
    return weights["zh"] > weights["en"]


def _weight(parameter: str) -> float:
    _, _, value = parameter.partition("q=")
    try:
        return float(value) if value else 1.0
    except ValueError:
        return 0.0


def document(problem: Problem, *, zh: bool, request_id: str) -> dict[str, Any]:
    """The problem as RFC 9457 members, which no further member replaces; nothing of the input is echoed."""
    found: dict[str, Any] = {
        "type": f"urn:tonglu:problem:{problem.code}",
        "title": problem.title_zh if zh else problem.title_en,
        "status": problem.status,
        "detail": problem.zh if zh else problem.en,
        "instance": f"urn:tonglu:request:{request_id}",
        "code": problem.code,
        "request_id": request_id,
    }
    if problem.errors:
        found["errors"] = [
            {"pointer": e.pointer, "code": e.code, "message": e.zh if zh else e.en} for e in problem.errors
        ]
    return {**problem.extra, **found}


def answer(problem: Problem, request: Request) -> Response:
    """The problem as a response in the caller's language."""
    zh = chinese(request.headers.get("accept-language"))
    request_id = getattr(request.state, "request_id", "")
    body = json.dumps(document(problem, zh=zh, request_id=request_id), ensure_ascii=False)
    headers = {
        **problem.headers,
        "Content-Language": "zh-CN" if zh else "en",
        "Cache-Control": "no-store",
    }
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    if isinstance(problem, Moved):
        headers["Location"] = _elsewhere(request, problem)
    if problem.status == Unauthenticated.status:
        headers["WWW-Authenticate"] = 'Bearer realm="tonglu"'
    return Response(body, problem.status, headers, MEDIA_TYPE)


def _elsewhere(request: Request, moved: Moved) -> str:
    """The address that was asked for, with the current id in place of the former."""
    path = "/".join(
        str(moved.current) if _is(part, moved.former) else part for part in request.url.path.split("/")
    )
    return f"{path}?{request.url.query}" if request.url.query else path


def _is(part: str, wanted: UUID) -> bool:
    try:
        return UUID(part) == wanted
    except ValueError:
        return False


def internal_error() -> Problem:
    """What the caller learns of a failure of ours: nothing but the request id."""
    return Problem("internal_error", en="Something failed on our side.", zh="服务器发生错误。")


def invalid_input(errors: Sequence[Mapping[str, Any]]) -> Problem:
    """Pydantic's findings as one problem: 400 when the body cannot be read, else 422."""
    fields = tuple(
        FieldError(
            _pointer(error["loc"]), *explain(str(error["type"]), error.get("ctx"), str(error.get("msg", "")))
        )
        for error in errors
    )
    if any(error["type"] in _READING_FAILED for error in errors):
        return Malformed(
            "json_invalid", en="The body is not valid JSON.", zh="请求体不是有效的 JSON。", errors=fields
        )
    return Invalid(
        "invalid_input", en="Some fields are missing or wrong.", zh="部分字段缺失或有误。", errors=fields
    )


def _pointer(loc: Sequence[Any]) -> str:
    where, *path = loc
    if where == "body":
        return "".join("/" + str(part).replace("~", "~0").replace("/", "~1")[:100] for part in path)
    name = ".".join(str(part) for part in path)[:100]
    return {"query": f"?{name}", "path": f"path:{name}", "header": f"header:{name}"}.get(str(where), name)


_UNREADABLE = FieldError("", "unreadable", "cannot be read", "无法读取")
_BY_STATUS: dict[int, Problem] = {
    400: Malformed(
        "bad_request", en="The request cannot be read.", zh="无法读取该请求。", errors=(_UNREADABLE,)
    ),
    401: Unauthenticated("unauthenticated", en="Sign in first.", zh="请先登录。"),
    403: Forbidden("forbidden", en="You may not do this.", zh="您无权执行此操作。"),
    404: NotFound("not_found", en="There is nothing here.", zh="未找到。"),
    405: method_not_allowed(),
    413: TooLarge("body_too_large", en="The body is larger than allowed.", zh="请求体超过允许的大小。"),
    415: UnsupportedMedia(
        "unsupported_media", en="This content type is not read here.", zh="不支持该内容类型。"
    ),
    503: Unavailable("unavailable", en="Not available now.", zh="暂时不可用。"),
}


def _of_http(error: HTTPException) -> Problem:
    known = _BY_STATUS.get(error.status_code)
    if known is not None:
        return known
    if error.status_code < 500:  # noqa: PLR2004 - client errors
        return Malformed("bad_request", en="The request cannot be read.", zh="无法读取该请求。")
    return internal_error()


def install(app: FastAPI) -> None:
    """Give the app these answers for every failure, its own and the framework's."""

    async def problem(request: Request, error: Exception) -> Response:
        return answer(error if isinstance(error, Problem) else internal_error(), request)

    async def invalid(request: Request, error: Exception) -> Response:
        found = error.errors() if isinstance(error, RequestValidationError) else []
        return answer(invalid_input(found), request)

    async def http(request: Request, error: Exception) -> Response:
        return answer(_of_http(error) if isinstance(error, HTTPException) else internal_error(), request)

    app.add_exception_handler(Problem, problem)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, problem)
