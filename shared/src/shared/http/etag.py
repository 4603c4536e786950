"""Versions as strong ETags, and `If-Match` on changes."""

import re
from typing import Annotated

from fastapi import Depends, Header, Response

from shared.problems import FieldError, Malformed, PreconditionRequired, Stale

_TAG = re.compile(r'^"v(\d{1,18})"$')


def set_etag(response: Response, version: int) -> None:
    """Put the record's version on the answer."""
    response.headers["ETag"] = f'"v{version}"'


def _parsed(if_match: str | None) -> int | None:
    if if_match is None or if_match == "*":
        return None
    match = _TAG.match(if_match)
    if match is None:
        field = FieldError(
            "header:If-Match", "etag_invalid", "must be an ETag that was sent", "必须是已返回的 ETag"
        )
        raise Malformed(
            "etag_invalid", en="If-Match is not an ETag of ours.", zh="If-Match 无效。", errors=(field,)
        )
    return int(match[1])


DEMANDED = "x-demanded"
"""Marks a parameter that the documents require, though its absence has an answer of its own (428)."""

_IfMatchHeader = Annotated[str | None, Header(alias="If-Match", max_length=64, examples=['"v3"'])]
_DemandedHeader = Annotated[
    str | None,
    Header(alias="If-Match", max_length=64, examples=['"v3"'], json_schema_extra={DEMANDED: True}),
]


async def _optional(if_match: _IfMatchHeader = None) -> int | None:
    return _parsed(if_match)


async def _required(if_match: _DemandedHeader = None) -> int | None:
    if if_match is None:
        raise PreconditionRequired(
            "if_match_required",
            en="Send If-Match with the ETag you read.",
            zh="请在 If-Match 中带上读取到的 ETag。",
        )
    return _parsed(if_match)


IfMatch = Annotated[int | None, Depends(_optional)]
RequiredIfMatch = Annotated[int | None, Depends(_required)]


def check_version(expected: int | None, current: int) -> None:
    """Raise Stale unless nothing was expected or it is the current version."""
    if expected is not None and expected != current:
        raise Stale(
            "version_stale",
            en="The record was changed meanwhile. Read it again.",
            zh="该记录已被更新，请重新读取。",
        )
