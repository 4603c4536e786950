"""PostgreSQL's failures in the words that a caller can act on."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from shared.problems import Invalid, Unavailable

_AWAY = (
    ConnectionError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InvalidCachedStatementError,
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the connection broke between two statements
)


def _unavailable() -> Unavailable:
    return Unavailable(
        "database_unavailable",
        en="The database cannot be reached now. Try again shortly.",
        zh="数据库暂时不可用，请稍后重试。",
    )


@contextmanager
def reaching() -> Iterator[None]:
    """Raise `Unavailable` when no connection can be had in time."""
    try:
        yield
    except (OSError, TimeoutError) as error:
        raise _unavailable() from error


@contextmanager
def translated() -> Iterator[None]:
    """Raise `Unavailable` where trying again can help, `Invalid` where the values cannot be stored."""
    try:
        yield
    except asyncpg.DataError as error:
        raise Invalid(
            "value_out_of_range", en="A value cannot be stored.", zh="有一个值无法保存。"
        ) from error
    except _AWAY as error:
        raise _unavailable() from error
