"""The demo."""

from tonglu_local.options import Options
from tonglu_local.system import System


async def load(options: Options, system: System) -> None:
    """Load the sample."""
