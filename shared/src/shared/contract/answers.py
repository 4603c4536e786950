"""What every operation can answer: problems with their examples, and headers, each defined once."""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from shared.contract.examples import SUMMARIES
from shared.http.errors import MEDIA_TYPE, document, internal_error
from shared.problems import (
    AddressTooLong,
    Conflict,
    FieldError,
    Forbidden,
    Gone,
    Invalid,
    Malformed,
    NotFound,
    PreconditionRequired,
    Problem,
    Stale,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
    UnsupportedMedia,
    customer_merged,
)

Part = dict[str, Any]

_REQUEST_ID = "7f9c2ba4e88f827d616045507605853e"
_CUSTOMER = UUID("0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d8e")
_UNKNOWN = FieldError("?colour", "unknown_parameter", "is not a known parameter", "是未知参数")
_REQUIRED = FieldError("/name", "required", "is required", "为必填项")
_NAMED_CODE = re.compile(r"\b([45]\d\d) `([a-z][a-z0-9_]*)`")

PROBLEMS: dict[str, tuple[str, str, str, Problem]] = {
    "308": (
        "Moved",
        "The customer was merged into another one; `Location` is the same request about that one",
        "该客户已并入另一个客户；`Location` 为针对后者的同一请求",
        customer_merged(_CUSTOMER, _CUSTOMER),
    ),
    "400": (
        "Malformed",
        "The request cannot be read",
        "无法读取该请求",
        Malformed("unknown_parameter", en="Unknown parameter.", zh="未知参数。", errors=(_UNKNOWN,)),
    ),
    "401": (
        "Unauthenticated",
        "Not signed in, or the credential is not valid (any more)",
        "未登录，或凭证无效（或已失效）",
        Unauthenticated("unauthenticated", en="Sign in first.", zh="请先登录。"),
    ),
    "403": (
        "Forbidden",
        "Somebody is known, but may not do this",
        "已识别身份，但无权执行此操作",
        Forbidden(
            "permission_missing",
            en="This needs the permission customers:write.",
            zh="此操作需要权限 customers:write。",
        ),
    ),
    "404": (
        "NotFound",
        "There is no such record in sight; one of another distributor looks the same",
        "可见范围内没有该记录；其他渠道商的记录同样如此",
        NotFound("not_found", en="There is no such customer.", zh="没有这个客户。"),
    ),
    "409": (
        "Conflict",
        "The state of things forbids it",
        "与当前状态冲突",
        Conflict(
            "request_in_progress",
            en="A request with this Idempotency-Key is still running.",
            zh="使用该 Idempotency-Key 的请求仍在处理中。",
            retry_after=1,
        ),
    ),
    "410": ("Gone", "Its time is over", "已失效", Gone("link_expired", en="It is over.", zh="已结束。")),
    "412": (
        "Stale",
        "Changed meanwhile: If-Match names an older version",
        "数据已被更新：If-Match 为旧版本",
        Stale(
            "version_stale",
            en="The record was changed meanwhile. Read it again.",
            zh="该记录已被更新，请重新读取。",
        ),
    ),
    "413": (
        "TooLarge",
        "The body is too large",
        "请求体过大",
        TooLarge("body_too_large", en="The body is larger than allowed.", zh="请求体超过允许的大小。"),
    ),
    "414": (
        "AddressTooLong",
        "The address, with its parameters, is too long",
        "地址（含参数）过长",
        AddressTooLong(
            "address_too_long", en="The address is longer than allowed.", zh="地址超过允许的长度。"
        ),
    ),
    "415": (
        "UnsupportedMedia",
        "This content type is not read here",
        "不支持该内容类型",
        UnsupportedMedia(
            "unsupported_media", en="This content type is not read here.", zh="不支持该内容类型。"
        ),
    ),
    "422": (
        "Invalid",
        "Some fields are missing or wrong; `errors` names each",
        "部分字段缺失或有误，`errors` 逐一列出",
        Invalid(
            "invalid_input",
            en="Some fields are missing or wrong.",
            zh="部分字段缺失或有误。",
            errors=(_REQUIRED,),
        ),
    ),
    "428": (
        "PreconditionRequired",
        "If-Match is required",
        "必须提供 If-Match",
        PreconditionRequired(
            "if_match_required",
            en="Send If-Match with the ETag you read.",
            zh="请在 If-Match 中带上读取到的 ETag。",
        ),
    ),
    "429": (
        "TooMany",
        "Too many requests; Retry-After says when to come back",
        "请求过多；Retry-After 说明何时重试",
        TooMany("rate_limited", en="Too many requests.", zh="请求过多。", retry_after=7),
    ),
    "500": ("Failed", "Something failed on our side", "服务器发生错误", internal_error()),
    "503": (
        "Unavailable",
        "Temporarily unavailable; Retry-After says when to come back",
        "暂时不可用；Retry-After 说明何时重试",
        Unavailable("unavailable", en="Not available now.", zh="暂时不可用。"),
    ),
}
"""By status: the component's name, what it means, and an example of it."""

HEADERS: dict[str, Part] = {
    "X-Request-Id": {
        "description": "The request's id: yours if you sent one of that form, else ours. "
        "Name it when you ask us. · 请求编号，咨询时请提供",
        "required": True,
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._:-]{8,64}$"},
        "example": _REQUEST_ID,
    },
    "RateLimit-Policy": {
        "description": "The quotas of the caller's plan: name, requests `q` in a window of `w` seconds "
        "(draft-ietf-httpapi-ratelimit-headers). · 调用方的配额",
        "schema": {"type": "string", "maxLength": 200},
        "example": '"minute";q=600;w=60',
    },
    "RateLimit": {
        "description": "What is left: `r` requests for the next `t` seconds. · 剩余配额",
        "schema": {"type": "string", "maxLength": 200},
        "example": '"minute";r=588;t=42',
    },
    "Retry-After": {
        "description": "Seconds to wait before trying again. · 重试前应等待的秒数",
        "schema": {"type": "integer", "format": "int32", "minimum": 0, "maximum": 86400},
        "example": 7,
    },
    "WWW-Authenticate": {
        "description": "How to sign in. · 认证方式",
        "schema": {"type": "string", "maxLength": 200},
        "example": 'Bearer realm="tonglu"',
    },
    "Location": {
        "description": "Where the new thing, or the work that goes on, can be read. · 新资源或后台任务的地址",
        "required": True,
        "schema": {"type": "string", "format": "uri-reference", "maxLength": 500},
        "example": "/v1/customers/0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d8e",
    },
    "ETag": {
        "description": "The record's version, to be sent as `If-Match` with a change. "
        "· 记录版本，修改时置于 If-Match",
        "required": True,
        "schema": {"type": "string", "pattern": '^"v[0-9]{1,18}"$'},
        "example": '"v3"',
    },
    "Idempotent-Replayed": {
        "description": "`true` when this is the first answer to the same Idempotency-Key, given again. "
        "· 幂等重放",
        "schema": {"type": "string", "const": "true"},
        "example": "true",
    },
}
_EVERYWHERE = ("X-Request-Id", "RateLimit-Policy", "RateLimit")
_OF_STATUS = {
    "308": ("Location",),
    "401": ("WWW-Authenticate",),
    "429": ("Retry-After",),
    "503": ("Retry-After",),
}

PROBLEM: Part = {
    "title": "Problem",
    "type": "object",
    "description": "RFC 9457 problem. `code` is stable; the texts follow Accept-Language (en, zh-CN). "
    "· 错误说明，`code` 不变，文字随 Accept-Language",
    "required": ["type", "title", "status", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "`urn:tonglu:problem:` and the code"},
        "title": {"type": "string", "description": "The kind of problem in words"},
        "status": {"type": "integer", "format": "int32", "minimum": 300, "maximum": 599},
        "detail": {"type": "string", "description": "What is wrong this time, in words"},
        "instance": {
            "type": "string",
            "format": "uri",
            "description": "`urn:tonglu:request:` and the request's id",
        },
        "code": {"type": "string", "description": "For programs: what to decide by"},
        "request_id": {"type": "string"},
        "merged_into": {
            "type": "string",
            "format": "uuid",
            "description": "With 308: who the customer is now",
        },
        "errors": {
            "type": "array",
            "description": "With 400 and 422: each wrong place",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "message"],
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": "RFC 6901 into the body, or `?name`, `path:name`, `header:name`",
                    },
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        },
    },
}


def components() -> dict[str, Part]:
    """The parts that operations refer to."""
    return {
        "schemas": {"Problem": PROBLEM},
        "headers": {name: dict(header) for name, header in HEADERS.items()},
        "responses": {name: _response(status) for status, (name, *_) in PROBLEMS.items()},
    }


def headers(*names: str) -> Part:
    """References to the headers that every answer has, and to these."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in (*_EVERYWHERE, *names)}


def refusal(status: str, description: str) -> Part:
    """The response of a status; with examples of its own when the operation's description names codes."""
    codes = dict.fromkeys(code for found, code in _NAMED_CODE.findall(description) if found == status)
    if not codes:
        return {"$ref": f"#/components/responses/{PROBLEMS[status][0]}"}
    return _response(status, codes)


def _response(status: str, codes: Iterable[str] = ()) -> Part:
    _, en, zh, problem = PROBLEMS[status]
    examples = {
        **{code: _example(f"`{code}`", _of_code(problem, code), zh=False) for code in codes},
        "en": _example(SUMMARIES["en"], problem, zh=False),
        "zh": _example(SUMMARIES["zh"], problem, zh=True),
    }
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        "description": f"{en} · {zh}",
        "headers": headers(*_OF_STATUS.get(status, ())),
        "content": {MEDIA_TYPE: {"schema": schema, "examples": examples}},
    }


def _of_code(problem: Problem, code: str) -> Problem:
    words = code.replace("_", " ").capitalize() + "."
    return type(problem)(code, en=words, zh=problem.title_zh)


def _example(summary: str, problem: Problem, *, zh: bool) -> Mapping[str, Any]:
    return {"summary": summary, "value": document(problem, zh=zh, request_id=_REQUEST_ID)}
