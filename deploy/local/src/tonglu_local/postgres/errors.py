"""The one error of the embedded server: a sentence that can be shown to the person at the terminal."""


class PostgresError(RuntimeError):
    """The server cannot be found, started or used; the message says why and what to do."""
