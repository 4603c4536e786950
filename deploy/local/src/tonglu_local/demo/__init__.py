"""`make demo`: real customers imported, scored, warned about and put into somebody's list, then told about.

Everything goes through the public HTTP API of the running system, as any other client's would.
"""

from dataclasses import replace
from pathlib import Path

import httpx

from shared.http.client import make_client
from tonglu_local import telling
from tonglu_local.demo import cast, entrance, memory, page
from tonglu_local.demo.api import Api, DemoError
from tonglu_local.demo.loading import load as load_sample
from tonglu_local.demo.memory import Memory
from tonglu_local.demo.summary import gathered
from tonglu_local.options import Options
from tonglu_local.system import System

_SECONDS = 120.0


async def load(options: Options, system: System) -> None:
    """Load the sample unless it is there, and say what came of it."""
    base = telling.base_url(options)
    try:
        async with make_client(base, seconds=_SECONDS) as http:
            await entrance.answering(http)
            password = options.admin_password or system.made_password
            api, known = await entrance.signed_in(http, options.state_dir, password)
            page.introduce(known.weeks)
            if not (known.loaded and await api.total("/v1/customers", tags=cast.TAG)):
                await _loaded(api, options.state_dir, known)
            facts = await gathered(api)
        page.show(facts, base=base, password_file=memory.staff_password_file(options.state_dir))
    except (DemoError, httpx.HTTPError) as error:
        telling.sorry(f"the sample is not complete: {error or type(error).__name__}")
    telling.started(options)


async def _loaded(api: Api, state_dir: Path, known: Memory) -> None:
    await load_sample(api, state_dir, known.weeks)
    memory.remember(state_dir, replace(known, loaded=True))
