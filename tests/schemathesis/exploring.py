"""Runs of Schemathesis over a document, and what they found."""

import asyncio
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.building import BUILD
from tools.schemathesis import ENVIRONMENT

HERE = Path(__file__).parent
SEEDS, SECONDS = (1, 2, 3), 6
LONGER = ((2, 24), (3, 60), (4, 120))
"""Seeds and seconds where a short run leaves something out; a run uses its time up."""

_SURROUNDINGS = {
    "SCHEMATHESIS_HOOKS": str(HERE / "hooks.py"),
    "HYPOTHESIS_STORAGE_DIRECTORY": str(BUILD / "hypothesis"),  # its tables of characters; no examples
}


@dataclass(frozen=True)
class Explored:
    """What a run reports, and what it printed."""

    service: str
    seed: int
    report: dict[str, Any]
    said: str

    @property
    def complaints(self) -> list[str]:
        """A line for each failure, and what was printed, from which each can be asked again."""
        found = [f"{each['title']}: {_where(each)}" for each in self.report["failures"]]
        found += [str(each) for each in self.report["errors"]]
        return [f"{self.service}, seed {self.seed}: {each}" for each in found] + [self.said] * bool(found)

    @property
    def whole(self) -> bool:
        """Whether it came to every operation and to every phase."""
        operations, phases = self.report["operations"], self.report["phases"]
        skipped = [name for name, phase in phases.items() if phase["status"] == "skip"]
        return operations["tested"] == operations["selected"] > 0 and not skipped


def _where(failure: dict[str, Any]) -> str:
    return str(failure.get("operation") or ", ".join(failure.get("operations", ())))


async def explore(base_url: str, service: str, authorization: str, folder: Path) -> list[Explored]:
    """Ask what the service's document allows and forbids, until every operation was asked in every phase.

    By every seed where a short run is enough for that.
    """
    address = f"{base_url}/openapi/{service}.json"

    async def explored(seed: int, seconds: int) -> Explored:
        report = folder / f"{service}-{seed}-{seconds}.json"
        said = await _run(
            *("run", address, "--header", f"Authorization: {authorization}"),
            *("--header", "Connection: close"),  # so that the next request has another address
            *("--seed", str(seed), "--max-time", str(seconds), "--warnings", "off"),
            *("--report", "json", "--report-json-path", str(report)),
            folder=folder,
        )
        assert report.exists(), said
        return Explored(service, seed, json.loads(report.read_text(encoding="utf-8")), said)

    found = [await explored(SEEDS[0], SECONDS)]
    if found[0].whole:
        return [*found, *[await explored(seed, SECONDS) for seed in SEEDS[1:]]]
    for seed, seconds in LONGER:
        found.append(await explored(seed, seconds))
        if found[-1].whole:
            break
    return found


async def _run(*arguments: str, folder: Path) -> str:
    process = await asyncio.create_subprocess_exec(
        *(ENVIRONMENT.program("schemathesis"), "--config-file", str(HERE / "schemathesis.toml")),
        *arguments,
        cwd=folder,
        env={**os.environ, **_SURROUNDINGS},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    return printed.decode(errors="replace")
