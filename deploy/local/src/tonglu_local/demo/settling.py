"""Waiting until every event has had its effects: told, scored, warned about, and in somebody's list."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tonglu_local.demo.api import Api
from tonglu_local.demo.bars import Bar, Bars

_SERVICES = ("customer-svc", "interaction-svc", "scoring-svc", "notify-svc", "gateway")
_LOOK_SECONDS = 0.5
_CALM_LOOKS = 6
"""So many equal looks in a row: longer than a bulk load has to be quiet before its run begins."""


@dataclass(frozen=True, slots=True)
class _Look:
    waiting: int
    judged: int
    runs: tuple[str, ...]
    warnings: int
    reminders: int

    def is_done(self, buyers: int) -> bool:
        judged = self.judged >= buyers and bool(self.runs)
        return self.waiting == 0 and judged and self.reminders >= self.warnings


async def delivered(api: Api, bar: Bar) -> None:
    """Wait until no service has anything left to tell."""
    most = 0
    while waiting := await _waiting(api):
        most = max(most, waiting)
        bar.at(most - waiting, most)
        await asyncio.sleep(_LOOK_SECONDS)
    bar.full()


async def settled(api: Api, *, buyers: int, bars: Bars) -> None:
    """Wait until all buyers are judged by a finished run and nothing moves any more."""
    judged, reminded = bars.bar("customers scored 客户评分", buyers), bars.bar("reminders 跟进提醒")
    last, calm = None, 0
    while calm < _CALM_LOOKS:
        look = await _look(api)
        judged.at(min(look.judged, buyers), buyers)
        reminded.at(look.reminders, max(look.warnings, look.reminders))
        calm = calm + 1 if look == last and look.is_done(buyers) else 0
        last = look
        await asyncio.sleep(_LOOK_SECONDS)
    judged.full()
    reminded.full()


async def _look(api: Api) -> _Look:
    spread = await api.get("/v1/insights/tiers")
    runs = await api.get("/v1/scoring-runs", limit=5)
    return _Look(
        waiting=await _waiting(api),
        judged=sum(share["customers"] for share in spread["data"] if _is_judged(share)),
        runs=tuple(run["id"] for run in runs["data"] if run["cause"] == "bulk"),
        warnings=await api.total("/v1/churn-warnings", status="open"),
        reminders=await api.total("/v1/reminders", source="churn"),
    )


def _is_judged(share: Mapping[str, Any]) -> bool:
    return bool(share["lifecycle_stage"] != "prospect")


async def _waiting(api: Api) -> int:
    outboxes = [await api.get(f"/v1/{service}/outbox") for service in _SERVICES]
    return sum(outbox["unpublished"] for outbox in outboxes)
