"""The playbooks that come with Tonglu, put where they are missing and renewed where nobody touched them."""

import hashlib
import tomllib
from collections.abc import Iterator
from importlib import resources
from typing import Any, NamedTuple

from notify_svc.playbooks import commands, queries
from notify_svc.playbooks.definitions import PlaybookDefinition
from shared.db import Tx
from shared.jobs import JobContext

JOB = "playbooks.ship"


class Shipped(NamedTuple):
    """One playbook as its file says it; `digest` tells this file from others."""

    code: str
    titles: dict[str, str]
    definition: dict[str, Any]
    digest: str


def shipped() -> Iterator[Shipped]:
    """Every playbook that comes with Tonglu."""
    folder = resources.files(__package__).joinpath("shipped")
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        if file.name.endswith(".toml"):
            raw = file.read_bytes()
            said = tomllib.loads(raw.decode("utf-8"))
            titles = {name: said.pop(name) for name in ("title_zh", "title_en")}
            definition = PlaybookDefinition.model_validate(said).model_dump(mode="json")
            yield Shipped(
                file.name.removesuffix(".toml"), titles, definition, hashlib.sha256(raw).hexdigest()
            )


async def ship(tx: Tx) -> int:
    """Add what is missing as drafts; how many playbooks that changed. Again changes nothing.

    A draft that nobody changed or published follows its file; any other stays as people made it.
    """
    every = list(shipped())
    there = await queries.shipped(tx, [each.code for each in every])
    changed = 0
    for each in every:
        known = there.get(each.code)
        if known is None:
            given = {"code": each.code, **each.titles}
            await commands.create(tx, given, each.definition, by=None, shipped=each.digest)
        elif known["version"] == 1 and known["shipped"] not in (None, each.digest):
            await commands.renew(tx, known["id"], each.titles, each.definition, shipped=each.digest)
        else:
            continue
        changed += 1
    return changed


async def ship_playbooks(job: JobContext, _args: dict[str, Any]) -> None:
    """The work, by whichever worker starts first."""
    async with job.begin() as tx:
        await ship(tx)
