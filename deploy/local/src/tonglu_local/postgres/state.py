"""Where this machine keeps what must survive a restart."""

import os
import pwd
from collections.abc import Mapping
from pathlib import Path

from tonglu_local.postgres.errors import PostgresError

ROOT_STATE = Path("/var/lib/tonglu")


def default_state_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """`TONGLU_STATE_DIR`, else `/var/lib/tonglu` for root, else `~/.local/state/tonglu`."""
    if chosen := environ.get("TONGLU_STATE_DIR"):
        return Path(chosen).absolute()
    if os.geteuid() == 0:
        return ROOT_STATE
    return _home(environ) / ".local" / "state" / "tonglu"


def _home(environ: Mapping[str, str]) -> Path:
    if named := environ.get("HOME"):
        return Path(named)
    try:
        return Path(pwd.getpwuid(os.geteuid()).pw_dir)
    except KeyError:
        raise PostgresError(
            "this account has no home: set TONGLU_STATE_DIR to a folder it may write"
        ) from None
