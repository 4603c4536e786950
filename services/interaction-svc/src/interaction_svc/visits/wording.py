"""What visits are warned of, in words."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request

from shared.http.errors import chinese

_SENIOR_MISSING = (
    "Nobody senior visited this customer for too long: let somebody join.",
    "该客户已超过规定期限没有高层人员拜访，请安排同行。",
)


def with_warnings(request: Request, row: Mapping[str, Any]) -> dict[str, Any]:
    """The visit with its warnings in the language of the request."""
    text = _SENIOR_MISSING[chinese(request.headers.get("accept-language"))]
    return {**row, "warnings": [{"code": "senior_missing", "text": text}] if row["senior_missing"] else []}
