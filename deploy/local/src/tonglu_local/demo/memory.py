"""What the demo keeps between two starts, in the state folder, for this account only."""

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from tonglu_local.secrets import keep

_FILE = "demo.json"
_STAFF_FILE = "demo.password"


@dataclass(frozen=True, slots=True)
class Memory:
    """`loader_password` signs the demo's own account in; `weeks` is how far the log was moved.

    `loaded`: everything is in and has settled.
    """

    loader_password: str
    weeks: int
    loaded: bool = False


def recalled(state_dir: Path) -> Memory | None:
    """What was kept, if anything."""
    file = state_dir / _FILE
    return Memory(**json.loads(file.read_text(encoding="utf-8"))) if file.exists() else None


def remember(state_dir: Path, memory: Memory) -> None:
    """Keep it from now on."""
    keep(state_dir / _FILE, json.dumps(asdict(memory)))


def new_password() -> str:
    """One that nobody guesses."""
    return secrets.token_urlsafe(18)


def staff_password_file(state_dir: Path) -> Path:
    """The file that holds the one password of the invented staff, and nothing else; made when missing."""
    file = state_dir / _STAFF_FILE
    if not file.exists():
        keep(file, new_password())
    return file
