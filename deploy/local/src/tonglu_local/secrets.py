"""What only this account may read: files in the state folder, complete or absent, never half-written."""

import base64
import json
import os
from pathlib import Path

from tonglu_local.options import SERVICES

_FILE = "keys.json"
_BYTES = 32


def data_keys(state_dir: Path) -> dict[str, str]:
    """The key that seals data at rest, one a service, in base64; made at the first start."""
    file = state_dir / _FILE
    known: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    missing = [name for name in SERVICES if name not in known]
    if missing:
        known.update({name: base64.b64encode(os.urandom(_BYTES)).decode() for name in missing})
        keep(file, json.dumps(known))
    return known


def keep(file: Path, text: str) -> None:
    """Write a file of mode 0600 that survives a power cut."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(file)
