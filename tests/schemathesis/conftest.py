"""The real launcher, whose limits do not stop a machine that asks."""

from collections.abc import AsyncIterator

import pytest
from tests.composed import let_ask_much
from tests.e2e.launcher import Launcher


@pytest.fixture(scope="module")
async def launcher(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Launcher]:
    launcher = Launcher(tmp_path_factory.mktemp("schemathesis") / "state")
    launcher.start()
    await launcher.ready()
    await let_ask_much(launcher.database_url("gateway"))
    yield launcher
    launcher.end()
