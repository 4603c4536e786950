"""What the guide for partners has them run verifies what is really sent, and nothing else."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from notify_svc.deliveries.domain import GIVEN_UP_AFTER, SECONDS, WAITS
from notify_svc.dispatching.dispatcher import WIDTH
from notify_svc.webhooks.domain import KEPT, MOST_OVERLAP_HOURS, OVERLAP_HOURS
from shared.testing.sink import sink

from .hooking import hook, order, sending, settled, told

_GUIDE = (Path(__file__).parents[3] / "docs/guides/webhooks.md").read_text(encoding="utf-8")
Receive = Callable[[str, dict[str, str], bytes], Any]


def functions() -> dict[str, Receive]:
    """The functions of the guide's Python."""
    found: dict[str, Any] = {}
    for block in re.findall(r"^```python\n(.*?)^```$", _GUIDE, re.MULTILINE | re.DOTALL):
        exec(block, found)  # noqa: S102 - what we tell partners to run
    return {name: found[name] for name in ("received", "received_by_library")}


@pytest.mark.parametrize("name", functions())
async def test_the_guides_code_takes_what_is_sent_and_refuses_what_was_changed(world: Any, name: str) -> None:
    receive = functions()[name]
    async with sink() as there:
        mine = await hook(world, world.manager, there)
        event = order()
        await told(world, event)
        async with sending(world, there.place):
            await settled(world, delivered=1)
            turned = (await world.post(world.manager, f"/v1/webhooks/{mine.id}/rotate-secret")).json()
            await told(world, order())
            await settled(world, delivered=2)
    first, second = there.seen
    headers = dict(first.headers)
    assert receive(mine.secret, headers, first.body)["data"]["subject"] == str(event.subject)
    for secret in (mine.secret, turned["secret"]):
        assert receive(secret, dict(second.headers), second.body)["type"] == "order.recorded.v1"
    old = {**headers, "webhook-timestamp": str(int(headers["webhook-timestamp"]) - 301)}
    for wrong in (
        lambda: receive(mine.secret, headers, first.body + b" "),
        lambda: receive(turned["secret"], headers, first.body),
        lambda: receive(mine.secret, old, first.body),
        lambda: receive(mine.secret, {**headers, "webhook-id": "msg_other"}, first.body),
    ):
        with pytest.raises(Exception, match=r"(?i)old|sign|match"):
            wrong()


def test_the_guides_numbers_are_those_of_the_code() -> None:
    minute, hour = 60, 3600
    assert list(WAITS) == [0, 5, 5 * minute, 30 * minute, *(each * hour for each in (2, 5, 10, 14, 20, 24))]
    assert (WIDTH, SECONDS, OVERLAP_HOURS, MOST_OVERLAP_HOURS / 24) == (5, 15, 24, 7)
    assert (KEPT.days, GIVEN_UP_AFTER.days) == (30, 5)
    for said in ("At most five", "within 15 seconds", "for five days", "thirty days", "seven days at most"):
        assert said in _GUIDE
