"""What the launcher tells the person at the terminal."""

from collections.abc import Mapping

from rich.console import Console

from tonglu_local.options import Options
from tonglu_local.postgres import ServiceUrls
from tonglu_local.system import System

Urls = Mapping[str, ServiceUrls]
console = Console(highlight=False)
if not console.is_terminal:
    console.width = 120  # a file or a pipe has no width of its own


def line(text: str, *, style: str | None = None) -> None:
    """One line as it is: never folded, so that it can be copied, and without markup."""
    console.print(text, style=style, markup=False, soft_wrap=True)


def base_url(options: Options) -> str:
    """Where this machine reaches the system."""
    host = "127.0.0.1" if options.host in {"0.0.0.0", "::"} else options.host  # noqa: S104 - compared, not bound
    return f"http://{host}:{options.port}"


def started(options: Options) -> None:
    """Addresses, and how it ends."""
    base = base_url(options)
    line(f"Tonglu 通路 serves at {base}   docs {base}/docs   ready {base}/readyz", style="bold")
    line(f"data in {options.state_dir}; Ctrl-C stops everything")


def admin_made(system: System) -> None:
    """The administrator's password when it was made just now."""
    if system.made_password:
        line(f"account admin, password {system.made_password} (shown only this once)", style="bold")


def sorry(sentence: str) -> None:
    """Something could not be done; the system goes on."""
    line(f"tonglu: {sentence}", style="red")
