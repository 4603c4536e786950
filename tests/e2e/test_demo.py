"""`make demo`: from nothing to a list of people to call; again; and after having been killed."""

import asyncio
import json
import random
import re
import stat
import subprocess

import httpx
import pytest
from tests.e2e.launcher import PASSWORD, Launcher, read, signed_in

from tonglu_local.demo.customers import invented
from tonglu_local.demo.histories import histories, invoices
from tonglu_local.demo.stories import story

FIRST_SECONDS = 480.0
SUMMARY = re.compile(r"  tier .*?reminders\?source=churn&limit=3'$", re.DOTALL | re.MULTILINE)


async def summary(launcher: Launcher, after: int = 0) -> str:
    """The page, once it is printed; `after` so many characters of the log."""

    async def printed() -> bool:
        return SUMMARY.search(launcher.said, after) is not None

    await launcher.until(printed, "the page is printed", FIRST_SECONDS)
    found = SUMMARY.search(launcher.said, after)
    assert found
    return found[0]


def in_a_shell(page: str) -> list[str]:
    """Each `curl` line as printed, run one after the other in a shell; their answers."""
    lines = [line for line in page.splitlines() if "curl" in line]
    assert len(lines) == 4, "a sign-in and three more"
    script = "\n".join(f"{line}; echo" for line in lines[1:])
    done = subprocess.run(  # noqa: S603 - what we tell users to type
        ["/bin/sh", "-c", f"{lines[0]}\n{script}"], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.splitlines()


def counts(weeks: int) -> dict[str, int]:
    """How many of each the sample holds, by path."""
    log = invoices(weeks)
    customers = invented(histories(log))
    told = [story(customer, until=log[-1].at) for customer in customers]
    return {
        "/v1/customers": len(customers),
        "/v1/orders": len(log),
        "/v1/interactions": sum(len(each.contacts) for each in told),
        "/v1/complaints": sum(len(each.complaints) for each in told),
    }


async def everything_once(http: httpx.AsyncClient, launcher: Launcher) -> None:
    memory = json.loads((launcher.state_dir / "demo.json").read_text())
    assert memory["loaded"]
    for path, expected in counts(memory["weeks"]).items():
        assert await total(http, path) == expected, path
    assert await total(http, "/v1/staff") == 9
    assert await total(http, "/v1/distributors") == 8


async def total(http: httpx.AsyncClient, path: str, **query: str) -> int:
    return int((await read(http, path, limit=1, count="exact", **query))["page"]["total"])


async def killed_while_it_loads(launcher: Launcher, times: int) -> None:
    chance = random.Random()
    for _ in range(times):
        launcher.start("demo")
        await launcher.ready()
        pause = chance.uniform(0.1, 5.0)
        print(f"killed after {pause:.3f} s")  # noqa: T201 - shown when the test fails
        await asyncio.sleep(pause)
        launcher.kill()


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_a_killed_load_goes_on_to_somebodys_list_and_a_later_start_shows_the_same(
    launcher: Launcher,
) -> None:
    """On the bus that `make demo` has; `test_kill` kills on both."""
    await killed_while_it_loads(launcher, 2)
    seen = len(launcher.said)
    launcher.start("demo")
    first = await summary(launcher, seen)
    http = await signed_in(launcher)
    await everything_once(http, launcher)
    warnings = await total(http, "/v1/churn-warnings", status="open")
    reminded = await total(http, "/v1/reminders", source="churn")
    # On a slow machine customers are scored while their history is still coming in, and cleared again.
    cleared = await total(http, "/v1/reminders", source="churn", state="cancelled")
    assert warnings == reminded - cleared
    assert warnings > 0
    profile, warned, reminders = (json.loads(answer) for answer in in_a_shell(first))
    assert profile["customer"]["tags"] == ["invented-name"]
    assert len(warned["data"]) == len(reminders["data"]) == 3
    for name in ("demo.json", "demo.password"):
        assert stat.S_IMODE((launcher.state_dir / name).stat().st_mode) == 0o600
    imports = await total(http, "/v1/imports")
    await http.aclose()
    assert launcher.interrupt() in {0, 130}
    seen = len(launcher.said)
    launcher.start("demo", password=None)
    assert await summary(launcher, seen) == first
    http = await signed_in(launcher)
    assert await total(http, "/v1/imports") == imports
    await http.aclose()
    assert launcher.interrupt() in {0, 130}
    assert "Traceback" not in launcher.said


@pytest.mark.slow
async def test_a_system_in_use_asks_for_the_administrators_password(launcher: Launcher) -> None:
    launcher.start("up")
    await launcher.ready()
    assert launcher.interrupt() in {0, 130}
    launcher.start("demo", password=None)

    async def asked() -> bool:
        return "TONGLU_ADMIN_PASSWORD" in launcher.said

    await launcher.until(asked, "it says what it needs")
    await (await signed_in(launcher, password=PASSWORD)).aclose()
