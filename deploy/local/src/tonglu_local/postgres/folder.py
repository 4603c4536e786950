"""The folder of one cluster: its lock, its password, its data and how the server's account reaches them."""

import fcntl
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from tonglu_local.postgres.account import Account, server_account
from tonglu_local.postgres.binaries import Binaries
from tonglu_local.postgres.errors import PostgresError

ADMIN = "tonglu_admin"
CLEAN_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


class ClusterFolder:
    """`<state>/postgres`, held by one process at a time."""

    def __init__(self, state_dir: Path) -> None:
        self.state_dir = state_dir
        self.path = state_dir / "postgres"
        self.data = self.path / "data"
        self.log = self.path / "server.log"
        self._lock: int | None = None

    def __enter__(self) -> Self:
        try:
            self.path.mkdir(mode=0o711, parents=True, exist_ok=True)
            self._lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise PostgresError(
                f"cannot write to the state folder {self.state_dir}: {error.strerror}"
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            raise PostgresError(
                f"another Tonglu is running on {self.state_dir}: stop it, or choose another TONGLU_STATE_DIR"
            ) from None
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @property
    def password(self) -> str:
        return (self.path / "password").read_text()

    @property
    def account(self) -> Account:
        return server_account(self.data)

    @contextmanager
    def opened(self) -> Iterator[int]:
        """A descriptor of this folder, to be inherited by a server process."""
        descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def seen_by(self, account: Account, descriptor: int) -> Path:
        """This folder's name for `account`, which may not be allowed to enter the folders above it."""
        return Path(f"/proc/self/fd/{descriptor}") if account.other else self.path

    def initialise(self, binaries: Binaries, *, durable: bool) -> None:
        """Make the cluster once; an interrupted attempt leaves nothing that a later one would trust."""
        if self.data.exists():
            self._refuse_another_version(binaries)
            return
        account = self.account
        fresh = self.path / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        account.own(fresh)
        password = secrets.token_hex(32)
        self._write_secret("password", password)
        _initdb(self, binaries, account, durable=durable)
        fresh.rename(self.data)

    def _refuse_another_version(self, binaries: Binaries) -> None:
        written = (self.data / "PG_VERSION").read_text().strip()
        if written != str(binaries.major):
            raise PostgresError(
                f"{self.data} was written by PostgreSQL {written} but the server found is {binaries.major}: "
                "set PG_BINDIR to the old server, or move the folder away to start afresh"
            )

    def _write_secret(self, name: str, text: str, account: Account | None = None) -> Path:
        path = self.path / name
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        if account is not None:
            account.own(path)
        return path

    @contextmanager
    def lent_password(self, account: Account) -> Iterator[str]:
        """A short-lived copy of the password which `account` may read; yields its file name."""
        lent = self._write_secret("password.initdb", self.password, account)
        try:
            yield lent.name
        finally:
            lent.unlink()


def _initdb(folder: ClusterFolder, binaries: Binaries, account: Account, *, durable: bool) -> None:
    with folder.opened() as descriptor, folder.lent_password(account) as password_file:
        home = folder.seen_by(account, descriptor)
        answer = subprocess.run(  # noqa: S603 -- a program from a folder the operator chose
            [
                binaries["initdb"],
                f"--pgdata={home / 'data.new'}",
                f"--pwfile={home / password_file}",
                f"--username={ADMIN}",
                "--encoding=UTF8",
                "--auth=scram-sha-256",
                *_locale(binaries),
                *([] if durable else ["--no-sync"]),
            ],
            check=False,
            capture_output=True,
            text=True,
            env=CLEAN_ENVIRONMENT,
            pass_fds=[descriptor],
            **account.spawn,
        )
    if answer.returncode != 0:
        raise PostgresError(f"initdb failed in {folder.path}: {answer.stderr.strip()}")


def _locale(binaries: Binaries) -> list[str]:
    """One collation on every machine where the server can (17 and newer), the system's UTF-8 elsewhere."""
    if binaries.major >= 17:  # noqa: PLR2004 -- the release that brought the builtin provider
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return ["--locale=C.UTF-8"]
