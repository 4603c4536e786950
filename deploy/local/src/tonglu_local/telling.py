"""What the launcher tells the person at the terminal."""

from collections.abc import Mapping

from rich.console import Console

from tonglu_local.options import Options
from tonglu_local.postgres import ServiceUrls
from tonglu_local.system import System

Urls = Mapping[str, ServiceUrls]
console = Console(highlight=False)


def base_url(options: Options) -> str:
    """Where this machine reaches the system."""
    host = "127.0.0.1" if options.host in {"0.0.0.0", "::"} else options.host  # noqa: S104 - compared, not bound
    return f"http://{host}:{options.port}"


def started(options: Options, system: System) -> None:
    """Addresses, and the administrator's password when it was made just now."""
    base = base_url(options)
    console.print(f"[bold]Tonglu 通路[/bold] serves at {base}   docs {base}/docs   ready {base}/readyz")
    console.print(f"data in {options.state_dir}; Ctrl-C stops everything")
    if system.made_password:
        console.print(
            f"account [bold]admin[/bold], password [bold]{system.made_password}[/bold] (shown only this once)"
        )
