"""Under which account the server runs: PostgreSQL refuses root, so root lends it another one."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tonglu_local.postgres.errors import PostgresError


@dataclass(frozen=True)
class Account:
    """The identity a server process takes; `other` is False when it is simply ours."""

    uid: int
    gid: int
    name: str
    other: bool

    @property
    def spawn(self) -> dict[str, Any]:
        """Arguments that make `subprocess` start a program under this account."""
        if not self.other:
            return {"cwd": "/"}
        return {"user": self.uid, "group": self.gid, "extra_groups": [], "cwd": "/"}

    def own(self, path: Path) -> None:
        if self.other:
            os.chown(path, self.uid, self.gid)


def server_account(data: Path) -> Account:
    """Ours, or for root: the owner of existing `data`, else `postgres`, else `nobody`."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), "", other=False)
    if data.exists() and (owner := data.stat().st_uid) != 0:
        return Account(owner, data.stat().st_gid, str(owner), other=True)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, name, other=True)
    raise PostgresError("PostgreSQL does not run as root and there is no account postgres or nobody: add one")
