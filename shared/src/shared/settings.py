"""Settings from the environment (twelve-factor), each also readable from a file named by `NAME_FILE`."""

import os
from pathlib import Path
from typing import Any, Self

from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingsMissing(Exception):
    """The process cannot start; the text names every missing or wrong setting at once."""


class ServiceSettings(BaseSettings):
    """What every service is told from outside.

    `database_url` is the role used at run time; `database_owner_url` the role that migrates. `data_key` is
    32 random bytes in base64 that seal cursors and stored answers. `internal_jwks` (a JSON key set) or
    `internal_jwks_url` says whose internal tokens are believed. Without `amqp_url` the process needs a bus
    from its launcher; what its exchange and queues begin with is `amqp_prefix`. Requests are counted for each
    credential and reported to `usage_url`, signed with `usage_secret`, when both are given.
    """

    model_config = SettingsConfigDict(extra="ignore", case_sensitive=False)

    database_url: SecretStr
    database_owner_url: SecretStr | None = None
    data_key: SecretStr
    amqp_url: SecretStr | None = None
    amqp_prefix: str = "tonglu"
    internal_jwks: str | None = None
    internal_jwks_url: str | None = None
    usage_url: str | None = None
    usage_secret: SecretStr | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    metrics_port: int = 0
    pool_size: int = 16
    max_in_flight: int = 512
    request_seconds: float = 10
    audit_anchor_seconds: float = 60
    log_level: str = "INFO"

    @classmethod
    def load(cls, **given: Any) -> Self:
        """Read the environment and the files it names; raises SettingsMissing listing everything wrong."""
        values = {**_from_files(cls.model_fields), **given}
        try:
            return cls(**values)
        except ValidationError as error:
            raise SettingsMissing(_explained(error)) from None


def _from_files(fields: Any) -> dict[str, str]:
    found = {}
    for name in fields:
        path = os.environ.get(f"{name.upper()}_FILE")
        if path:
            try:
                found[name] = Path(path).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise SettingsMissing(f"{name.upper()}_FILE cannot be read: {error.strerror}") from None
    return found


def _explained(error: ValidationError) -> str:
    lines = [
        f"{str(problem['loc'][0]).upper()}: {'missing' if problem['type'] == 'missing' else problem['msg']}"
        for problem in error.errors(include_input=False, include_url=False)
    ]
    return "settings are missing or wrong:\n  " + "\n  ".join(sorted(lines))
