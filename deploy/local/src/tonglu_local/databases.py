"""Where the five databases are: on servers of the user's own, else on the embedded one."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tonglu_local.options import SERVICES, Options
from tonglu_local.postgres import EmbeddedPostgres, ServiceUrls
from tonglu_local.postgres.folder import ClusterFolder


@contextmanager
def databases(options: Options) -> Iterator[Mapping[str, ServiceUrls]]:
    """Addresses by service name; the embedded server runs only when somebody needs it.

    The state folder belongs to one launcher at a time either way.
    """
    own = {name: ServiceUrls(url, url) for name, url in options.databases.items()}
    needed = [name for name in SERVICES if name not in own]
    if not needed:
        with ClusterFolder(options.state_dir):
            yield own
        return
    with EmbeddedPostgres(options.state_dir) as server:
        yield {**own, **{name: server.ensure_service(name) for name in needed}}
