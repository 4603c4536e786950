"""The templates that come with Tonglu, put where they are missing and renewed where nobody changed them."""

import hashlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Any

from notify_svc.templates import commands, queries
from shared.db import Tx
from shared.jobs import JobContext

JOB = "templates.ship"
_LANGUAGES = ("zh", "en")
_LAYOUT = "layout.mjml"


@dataclass(frozen=True, slots=True)
class Shipped:
    """One template as its file says it; `digest` tells this file, and the layout, from others."""

    name: str
    description: str
    variables: list[dict[str, Any]]
    texts: dict[str, Any]
    digest: str


def shipped() -> Iterator[Shipped]:
    """Every template that comes with Tonglu."""
    folder = resources.files(__package__).joinpath("shipped")
    layout = folder.joinpath(_LAYOUT).read_bytes()
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        if file.name.endswith(".toml"):
            raw = file.read_bytes()
            said = tomllib.loads(raw.decode("utf-8"))
            yield Shipped(
                name=file.name.removesuffix(".toml"),
                description=said["description"],
                variables=[{"required": True, **each} for each in said.get("variables", [])],
                texts={language: said[language] for language in _LANGUAGES},
                digest=hashlib.sha256(layout + raw).hexdigest(),
            )


async def ship(tx: Tx) -> int:
    """Add what is missing, renew what nobody changed; how many templates that were. Again changes nothing."""
    every = list(shipped())
    there = await queries.shipped(tx, [each.name for each in every])
    changed = 0
    for each in every:
        if each.name not in there:
            await commands.add(
                tx,
                name=each.name,
                description=each.description,
                variables=each.variables,
                texts=each.texts,
                by=None,
                shipped=each.digest,
            )
            changed += 1
        elif there[each.name] not in {None, each.digest}:
            changed += await commands.renew(tx, each.name, each.variables, each.texts, each.digest)
    return changed


async def ship_templates(job: JobContext, _args: dict[str, Any]) -> None:
    """The work, by whichever worker starts first."""
    async with job.begin() as tx:
        await ship(tx)
