"""Every command of the guides is run as printed, in their order, and answers what the guide shows."""

import os
import re
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from tests.e2e.launcher import PASSWORD, Launcher, made, signed_in

GUIDES = Path(__file__).parents[2] / "docs/guides"
PRINTED = "http://127.0.0.1:8080"
SCOPES = [
    f"{what}:{verb}" for what in ("customers", "orders", "complaints") for verb in ("read", "write")
] + ["channels:read", "webhooks:read", "webhooks:write"]
_BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_END = "-- end of a block --"


@dataclass
class Step:
    """Commands and, where the guide shows it, what they print (`…` stands for anything)."""

    commands: str
    shown: str | None = None


def steps(guide: str) -> list[Step]:
    found: list[Step] = []
    for kind, text in _BLOCK.findall((GUIDES / guide).read_text(encoding="utf-8")):
        if kind == "sh":
            found.append(Step(text))
        else:
            assert found[-1].shown is None, "an answer without a command"
            found[-1].shown = text
    return found


def fits(shown: str, printed: str) -> bool:
    pattern = ".*".join(re.escape(part) for part in shown.strip("\n").split("…"))
    return re.fullmatch(pattern, printed.replace("\r", "").strip("\n"), re.DOTALL) is not None


def follow(guide: str, folder: Path, base_url: str, **environment: str) -> None:
    """Run the guide in one shell, as a reader would who copies block after block."""
    todo = steps(guide)
    script = "".join(f"{step.commands}\necho '{_END}'\n" for step in todo).replace(PRINTED, base_url)
    done = subprocess.run(  # noqa: S603 - what we tell users to type
        ["/bin/bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    printed = done.stdout.split(f"{_END}\n")
    for step, said in zip(todo, printed, strict=False):
        assert step.shown is None or fits(step.shown, said), f"{step.commands}\n---\n{said}\n{done.stderr}"
    assert done.returncode == 0, done.stderr
    assert len(printed) == len(todo) + 1


@pytest.fixture(scope="module")
async def system(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Launcher]:
    """The whole system, as `make up` starts it."""
    launcher = Launcher(tmp_path_factory.mktemp("guides") / "state")
    launcher.start()
    await launcher.ready()
    yield launcher
    launcher.end()


async def a_key(http: httpx.AsyncClient, code: str) -> str:
    distributor = await made(http, "/v1/distributors", {"code": code, "name": "华东海纳商贸"})
    asked = {"name": code, "distributor_id": distributor["id"], "scopes": SCOPES}
    return str((await made(http, "/v1/api-keys", asked))["key"])


@pytest.mark.parametrize("guide", ["partners.md", "partners.zh.md", "webhooks.md"])
async def test_a_partner_with_a_key_and_curl(guide: str, system: Launcher, tmp_path: Path) -> None:
    http = await signed_in(system)
    key = await a_key(http, f"D-{guide.upper()}")
    await http.aclose()
    follow(guide, tmp_path, system.base_url, KEY=key)


@pytest.mark.parametrize(
    "guide", ["frontends.md", "operators.md", "managers.md", "managers.zh.md", "playbooks.md"]
)
async def test_people_who_can_sign_in(guide: str, system: Launcher, tmp_path: Path) -> None:
    follow(guide, tmp_path, system.base_url, TONGLU_ADMIN_PASSWORD=PASSWORD)


def test_every_guide_is_followed_by_a_test() -> None:
    followed = {
        "partners.md",
        "partners.zh.md",
        "webhooks.md",
        "frontends.md",
        "operators.md",
        "managers.md",
        "managers.zh.md",
        "playbooks.md",
    }
    with_commands = {path.name for path in GUIDES.glob("*.md") if steps(path.name)}
    assert with_commands <= followed | {"sdks.md"}


def test_what_a_guide_shows_is_really_compared() -> None:
    assert fits("a…c\n", "abbbc\n")
    assert not fits("a…c\n", "abbbd\n")
    assert not fits("200\n", "201\n")
