"""One embedded cluster, from nothing to a running server and back."""

from contextlib import ExitStack
from pathlib import Path
from typing import Self

from tonglu_local.postgres import binaries, process, roles
from tonglu_local.postgres.folder import ClusterFolder
from tonglu_local.postgres.roles import Admin, ServiceUrls


class EmbeddedPostgres:
    """A PostgreSQL server on a random loopback port that lives as long as this process.

    The cluster is kept in `<state_dir>/postgres`. Start it from a thread that outlives it: the kernel ends
    the server when that thread ends. `durable=False` gives up crash safety for speed, for tests only;
    `settings` are PostgreSQL's own, for whoever measures.
    Raises `PostgresError` with a sentence for the user when it cannot start.
    """

    def __init__(self, state_dir: Path, *, durable: bool = True, **settings: str) -> None:
        self._folder = ClusterFolder(state_dir)
        self._durable, self._settings = durable, settings
        self._cleanup = ExitStack()
        self._admin: Admin | None = None
        self.pid: int | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        with ExitStack() as undo:
            folder = undo.enter_context(self._folder)
            programs = binaries.find(folder.account)
            folder.initialise(programs, durable=self._durable)
            server = process.start(folder, programs, durable=self._durable, settings=self._settings)
            undo.callback(server.stop)
            self.pid = server.pid
            self._admin = Admin(programs, server.port, folder.password)
            self._cleanup = undo.pop_all()

    def stop(self) -> None:
        """Fast, clean shutdown; harmless when nothing runs."""
        self._admin = self.pid = None
        self._cleanup.close()

    @property
    def admin_url(self) -> str:
        """The superuser's address; only for creating databases and for tests."""
        return self._running.url()

    def ensure_service(self, name: str) -> ServiceUrls:
        """Database and role pair of a service such as "customer"; idempotent."""
        return roles.ensure_service(self._running, name)

    @property
    def _running(self) -> Admin:
        if self._admin is None:
            raise RuntimeError("the embedded PostgreSQL is not running")
        return self._admin
