"""What is made from sources into `build/`: made once, and anew when a source has changed."""

import fcntl
import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

from tools.bootstrap import ROOT

BUILD = ROOT / "build"


def built(folder: Path, sources: list[Path], make: Callable[[Path], None]) -> Path:
    """The folder, filled by `make` unless it was filled from just these sources; one process at a time."""
    stamp = folder.with_name(f"{folder.name}.stamp")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        digest = _digest(sources)
        if not (stamp.exists() and stamp.read_text() == digest):
            stamp.unlink(missing_ok=True)
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            stamp.write_text(digest)
    return folder


def _digest(sources: list[Path]) -> str:
    parts = [str(ROOT).encode(), *(path.read_bytes() for path in sorted(sources))]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()
