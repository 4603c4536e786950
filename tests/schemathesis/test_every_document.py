"""Schemathesis asks all services what their documents allow and forbid: none fails or breaks its word."""

from contextlib import aclosing
from pathlib import Path

import httpx
import pytest
from tests.e2e.launcher import Launcher, backlog, read, signed_in
from tests.schemathesis.exploring import explore

SERVICES = ("customer-svc", "interaction-svc", "scoring-svc", "notify-svc", "gateway")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.mark.parametrize("service", SERVICES)
async def test_it_does_not_fail_nor_break_its_word(launcher: Launcher, service: str, tmp_path: Path) -> None:
    async with aclosing(await signed_in(launcher)) as http:
        found = await explore(launcher.base_url, service, http.headers["Authorization"], tmp_path)
        assert [complaint for each in found for complaint in each.complaints] == []
        assert any(each.whole for each in found)
        await whatever_was_done_is_told(launcher, http)


async def whatever_was_done_is_told(launcher: Launcher, http: httpx.AsyncClient) -> None:
    """No event waits, and none was parked; who asked is still signed in."""

    async def nothing_waits() -> bool:
        return await backlog(http) == 0

    await launcher.until(nothing_waits, "all events are told")
    for service in SERVICES:
        assert (await read(http, f"/v1/{service}/dead-letters"))["data"] == []
