"""What every maker of records has: an administrator who asks, and marks that nobody has used yet."""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.composed import Person

from tonglu_local.system import System

OK, NOT_FOUND = 200, 404


def now(**ahead: float) -> str:
    return (datetime.now(UTC) + timedelta(**ahead)).isoformat().replace("+00:00", "Z")


@dataclass
class Maker:
    """Makes records through the front door wherever there is one for them."""

    system: System
    admin: Person
    admin_id: str
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    steps: dict[str, Any] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)
    leavers: dict[str, Person] = field(default_factory=dict)
    pair: str = ""
    complainant: str = ""
    picture: str = ""
    simulated: dict[str, Any] = field(default_factory=dict)
    webhooks: list[str] = field(default_factory=list)

    def said(self, words: str) -> str:
        """What a record says; a world may leave its mark there."""
        return words

    def unique(self, word: str) -> str:
        return f"{word}-{next(self.numbers)}"

    def database(self, service: str) -> Any:
        return next(each.database for each in self.system.services if each.name == service)

    async def _read(self, path: str) -> Any:
        return (await self.admin("GET", path)).json()
