"""What the launcher is told from outside."""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tonglu_local.postgres import default_state_dir

SERVICES = ("customer", "interaction", "scoring", "notify", "gateway")
_MOST_PORT = 65535


class OptionError(Exception):
    """A setting that cannot be used; the text is a sentence for the user."""


@dataclass(frozen=True)
class Options:
    """From the environment.

    `databases` are servers of the user's own (`DATABASE_URL_CUSTOMER` …) instead of the embedded one;
    `amqp_url` a RabbitMQ instead of the bus in the process, where all names begin with `amqp_prefix`.
    `allow_test_keys` accepts keys for trying out, because here one mostly tries out. `public_url` is where
    customers reach all this, for the links that they are sent; `webhook_allow` names hosts and ports that
    webhooks may lead to although they are not public; `smtp_url` is the mail server that e-mail leaves by as
    long as nobody has set up another.
    """

    state_dir: Path
    host: str
    port: int
    metrics_port: int
    admin_password: str | None
    amqp_url: str | None
    amqp_prefix: str
    databases: Mapping[str, str]
    log_level: str
    allow_test_keys: bool
    public_url: str
    webhook_allow: str
    smtp_url: str

    @classmethod
    def of(cls, environ: Mapping[str, str] = os.environ) -> "Options":
        """Read them; raises OptionError."""
        databases = {name: environ.get(f"DATABASE_URL_{name.upper()}", "") for name in SERVICES}
        port = _port(environ, "TONGLU_PORT", 8080, least=1)
        return cls(
            state_dir=default_state_dir(environ),
            host=environ.get("TONGLU_HOST", "127.0.0.1"),
            port=port,
            metrics_port=_port(environ, "TONGLU_METRICS_PORT", 0),
            admin_password=environ.get("TONGLU_ADMIN_PASSWORD") or None,
            amqp_url=environ.get("TONGLU_AMQP_URL") or None,
            amqp_prefix=environ.get("TONGLU_AMQP_PREFIX") or "tonglu",
            databases={name: url for name, url in databases.items() if url},
            log_level=_level(environ),
            allow_test_keys=_yes(environ, "TONGLU_ALLOW_TEST_KEYS"),
            public_url=environ.get("TONGLU_PUBLIC_URL") or f"http://127.0.0.1:{port}",
            webhook_allow=environ.get("TONGLU_WEBHOOK_ALLOW") or "",
            smtp_url=environ.get("TONGLU_SMTP_URL") or "",
        )


def _port(environ: Mapping[str, str], name: str, default: int, *, least: int = 0) -> int:
    text = environ.get(name) or str(default)
    if not text.isdecimal() or not least <= int(text) <= _MOST_PORT:
        raise OptionError(f"{name} must be a port number from {least} to {_MOST_PORT}, not {text!r}")
    return int(text)


def _level(environ: Mapping[str, str]) -> str:
    level = (environ.get("TONGLU_LOG_LEVEL") or "WARNING").upper()
    if level not in logging.getLevelNamesMapping():
        raise OptionError(f"TONGLU_LOG_LEVEL must be a level such as INFO, not {level!r}")
    return level


def _yes(environ: Mapping[str, str], name: str) -> bool:
    text = (environ.get(name) or "true").lower()
    if text not in {"true", "false"}:
        raise OptionError(f"{name} must be true or false, not {text!r}")
    return text == "true"
