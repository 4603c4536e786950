"""The first account gets no password that would be guessed first."""

from collections.abc import Callable
from typing import Any

import pytest

import gateway.app
import gateway.settings
from shared.testing import running
from tonglu_local.options import OptionError
from tonglu_local.system import first_admin


async def test_a_default_password_is_refused_and_a_made_one_is_told(
    service_database: Callable[[str], Any],
) -> None:
    urls = service_database("first_admin")
    async with running(gateway.app.build, gateway.settings.Settings, urls, worker=False, clients={}) as door:
        with pytest.raises(OptionError, match=r"^TONGLU_ADMIN_PASSWORD: "):
            await first_admin(door, "admin123456")
        assert await first_admin(door, None)
