"""PostgreSQL's failures in the words that a caller can act on."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from shared.problems import Forbidden, Invalid, Unavailable

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

# Where the server says so; its words depend on its language, and a missing GRANT has the same code.
_ROW_REFUSED = "ExecWithCheckOptions"


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
    """Raise `Unavailable` where trying again can help, `Invalid` where the values cannot be stored.

    Raise `Forbidden` where row security refuses a row: it would be out of sight for who writes it.
    """
    try:
        yield
    except asyncpg.InsufficientPrivilegeError as error:
        if error.server_source_function != _ROW_REFUSED:
            raise
        raise Forbidden(
            "out_of_sight",
            en="This lies, or would lie, outside what you see.",
            zh="该记录不在或将不在您的数据范围内。",
        ) from error
    except asyncpg.DataError as error:
        raise Invalid(
            "value_out_of_range", en="A value cannot be stored.", zh="有一个值无法保存。"
        ) from error
    except _AWAY as error:
        raise _unavailable() from error
