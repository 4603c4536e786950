"""All five services put together, not started; their databases migrated."""

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import customer_svc.app
import customer_svc.settings
import gateway.app
import gateway.settings
import interaction_svc.app
import interaction_svc.settings
import notify_svc.app
import notify_svc.settings
import scoring_svc.app
import scoring_svc.settings
from shared.composition import Service
from shared.db.migrate import upgrade
from shared.messaging.local import LocalBus

ROOT = Path(__file__).parents[2]
MODULES = {
    "customer": (customer_svc.app, customer_svc.settings),
    "interaction": (interaction_svc.app, interaction_svc.settings),
    "scoring": (scoring_svc.app, scoring_svc.settings),
    "notify": (notify_svc.app, notify_svc.settings),
    "gateway": (gateway.app, gateway.settings),
}

MEMBERS = [
    "shared",
    *(
        f"services/{name}"
        for name in ("customer-svc", "interaction-svc", "scoring-svc", "notify-svc", "gateway")
    ),
    "deploy/local",
]


@pytest.fixture(scope="session")
def services() -> dict[str, Service]:
    bus = LocalBus()
    key = base64.b64encode(bytes(32)).decode()
    return {
        name: app.build(settings.Settings(database_url="postgresql://nowhere/x", data_key=key), bus)
        for name, (app, settings) in MODULES.items()
    }


@pytest.fixture(scope="session")
async def owner_urls(services: dict[str, Service], service_database: Callable[[str], Any]) -> dict[str, str]:
    urls = {name: service_database(name) for name in services}
    for name, service in services.items():
        await upgrade(service.package, urls[name].owner_url)
    return {name: each.owner_url for name, each in urls.items()}


def documented(section: str) -> list[list[str]]:
    """The cells of the table under a heading of docs/architecture.md."""
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    part = re.split(r"^## ", text, flags=re.MULTILINE)
    found = next(each for each in part if each.startswith(section))
    rows = [line for line in found.splitlines() if line.startswith("|") and not line.startswith("|---")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[1:]]
