"""The profile as it is answered."""

from typing import Any

from pydantic import ConfigDict, Field

from gateway.profile.domain import State
from shared.http import Output

JsonMap = dict[str, Any]

_EXAMPLE_ZH: dict[str, Any] = {
    "customer": {"id": "0196f0c4-8a31-7c2e-9d60-5b7f0a1c2d3e", "name": "杭州云栖茶业有限公司"},
    "contacts": [{"name": "陈敏", "role": "decider"}],
    "orders": {"summary": {"count": 12}, "last": []},
    "timeline": [],
    "score": {"tier": "core", "lifecycle_stage": "at_risk"},
    "open_complaints": [],
    "open_promises": [{"content": "三月十日前寄出样品", "status": "open"}],
    "open_reminders": [],
    "parts": {"archive": "ok", "contacts": "ok", "scoring": "ok", "reminders": "ok"},
}
_EXAMPLE_EN: dict[str, Any] = {
    **_EXAMPLE_ZH,
    "customer": {"id": "0196f0c4-8a31-7c2e-9d60-5b7f0a1c2d3e", "name": "Harbour Gifts Ltd"},
    "contacts": [{"name": "Jane Moore", "role": "decider"}],
    "open_promises": [],
    "score": None,
    "parts": {"archive": "ok", "contacts": "ok", "scoring": "unavailable", "reminders": "ok"},
}


class ProfileOrders(Output):
    """Sums over all orders, and the last few."""

    summary: JsonMap | None
    last: list[JsonMap] | None


class Profile(Output):
    """Each member has the shape that its service gives it; null when its part is not `ok`."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE_EN, _EXAMPLE_ZH]})

    customer: JsonMap | None
    contacts: list[JsonMap] | None
    orders: ProfileOrders
    timeline: list[JsonMap] | None
    score: JsonMap | None
    open_complaints: list[JsonMap] | None
    open_promises: list[JsonMap] | None
    open_reminders: list[JsonMap] | None
    parts: dict[str, State] = Field(
        description="`ok`, `none` (nothing is there), `forbidden`, or `unavailable` (no answer in time)"
    )
