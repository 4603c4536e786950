"""Where this machine keeps what must survive a restart."""

import os
import pwd
from collections.abc import Mapping
from pathlib import Path

ROOT_STATE = Path("/var/lib/tonglu")


def default_state_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """`TONGLU_STATE_DIR`, else `/var/lib/tonglu` for root, else `~/.local/state/tonglu`."""
    if chosen := environ.get("TONGLU_STATE_DIR"):
        return Path(chosen).absolute()
    if os.geteuid() == 0:
        return ROOT_STATE
    home = environ.get("HOME") or pwd.getpwuid(os.geteuid()).pw_dir
    return Path(home) / ".local" / "state" / "tonglu"
