"""Where measuring happens: a PostgreSQL, a broker and processes of its own, which end with it."""

import base64
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from tools import broker
from tools.bench.processes import Child, free_port, serving

from shared.db.migrate import upgrade
from shared.testing.clients import jwks
from tonglu_local.options import SERVICES
from tonglu_local.postgres import EmbeddedPostgres, ServiceUrls

NO_BROKER = "amqp://guest:guest@127.0.0.1:1/"
KEY = base64.b64encode(bytes(range(32))).decode()
PASSWORD = "measured-only-here"  # noqa: S105 - of a system that lives for minutes


@dataclass(frozen=True)
class Sizes:
    """How much is measured: rounds of `seconds` each, single requests, and how many of everything."""

    rounds: int = 5
    seconds: float = 0.7
    asked: int = 300
    customers: int = 20_000
    orders: int = 100_000
    events: int = 2_000
    scored: int = 100_000
    rescored: int = 2_000
    tried: int = 1_000_000
    simulated: int = 50_000
    archive: int = 1_000_000
    doubles: int = 100_000
    interactions: int = 1_000_000
    reminders: int = 100_000
    dates: int = 1_000_000
    greeted: int = 50_000
    bulk: int = 1_000_000
    bulk_orders: int = 20_000_000
    bulk_stored: int = 50_000


SMALL = Sizes(
    rounds=1,
    seconds=0.1,
    asked=30,
    customers=50,
    orders=200,
    events=60,
    scored=500,
    rescored=50,
    tried=2_000,
    simulated=300,
    archive=300,
    doubles=300,
    interactions=600,
    reminders=400,
    dates=1_000,
    greeted=2_300,
    bulk=200,
    bulk_orders=2_000,
    bulk_stored=100,
)


@dataclass(frozen=True)
class Stage:
    """The servers of one run; `amqp_url` is None where no broker can be had."""

    folder: Path
    postgres: EmbeddedPostgres
    amqp_url: str | None
    sizes: Sizes
    _migrated: set[str] = field(default_factory=set)

    def with_broker(self, amqp_url: str) -> "Stage":
        """The same stage with a broker that is there already."""
        return replace(self, amqp_url=amqp_url)

    async def database(self, name: str, package: str) -> ServiceUrls:
        """A migrated database of this name with the tables of this package."""
        urls = self.postgres.ensure_service(name)
        if name not in self._migrated:
            await upgrade(package, urls.owner_url)
            self._migrated.add(name)
        return urls

    @asynccontextmanager
    async def service(
        self, package: str, urls: ServiceUrls, *, amqp_url: str, port: int | None = None, **more: str
    ) -> AsyncIterator[Child]:
        """A service's API process, as it is deployed; `more` is said in its environment."""
        port = port or free_port()
        environment = {
            "DATABASE_URL": urls.app_url,
            "DATA_KEY": KEY,
            "INTERNAL_JWKS": jwks(),
            "AMQP_URL": amqp_url,
            "PORT": str(port),
            **more,
        }
        async with serving([package, "api"], environment, self.folder / f"{package}.log", port=port) as child:
            yield child

    @asynccontextmanager
    async def launcher(self) -> AsyncIterator[Child]:
        """All five services in one process, on this stage's PostgreSQL."""
        port = free_port()
        urls = {name: self.postgres.ensure_service(name).owner_url for name in SERVICES}
        environment = {
            **launched(self.folder / "state", port),
            **{f"DATABASE_URL_{name.upper()}": url for name, url in urls.items()},
        }
        log = self.folder / "launcher.log"
        async with serving(["tonglu_local", "up"], environment, log, port=port) as child:
            yield child


def launched(state: Path, port: int) -> Mapping[str, str]:
    """What the launcher is told; nothing comes from the user's own settings."""
    own = {f"DATABASE_URL_{name.upper()}": "" for name in SERVICES}
    return {
        **own,
        "TONGLU_STATE_DIR": str(state),
        "TONGLU_PORT": str(port),
        "TONGLU_METRICS_PORT": "0",
        "TONGLU_AMQP_URL": "",
        "TONGLU_ADMIN_PASSWORD": PASSWORD,
    }


@contextmanager
def stage(sizes: Sizes, *, with_broker: bool, durable: bool = True) -> Iterator[Stage]:
    """Set up, and take down again; nothing stays on the machine and no system in use is touched."""
    with (
        tempfile.TemporaryDirectory(prefix="tonglu-bench-", ignore_cleanup_errors=True) as name,
        EmbeddedPostgres(Path(name), durable=durable, track_commit_timestamp="on") as postgres,
        _broker(wanted=with_broker) as amqp_url,
    ):
        yield Stage(Path(name), postgres, amqp_url, sizes)


@contextmanager
def _broker(*, wanted: bool) -> Iterator[str | None]:
    """A broker that nobody else uses: on a shared one the events would reach its queues."""
    if not wanted:
        yield None
        return
    own = broker.own()
    try:
        url = own.__enter__()
    except broker.NoBrokerError as error:
        print(f"  without a broker: {error}")
        yield None
        return
    try:
        yield url
    finally:
        own.__exit__(None, None, None)
