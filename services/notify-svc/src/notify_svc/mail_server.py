"""A mail server as a setting names it."""

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

_TLS: Mapping[str, tuple[str, int]] = {
    "smtp": ("none", 25),
    "smtp+starttls": ("starttls", 587),
    "smtps": ("tls", 465),
}
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


class MailServer(NamedTuple):
    """Where it is and how it is spoken to; `tls` is one of `none`, `starttls`, `tls`."""

    host: str
    port: int
    tls: str
    username: str | None
    password: SecretStr | None


def mail_server_of(url: str) -> MailServer:
    """Of `smtp://`, `smtp+starttls://` or `smtps://`, `user:password@` if need be, host and port.

    ValueError, which does not repeat the URL, for anything else.
    """
    wrong = ValueError(
        "is not smtp://, smtp+starttls:// or smtps:// with user:password@ or without, host:port"
    )
    try:
        parts = urlsplit(url)
        tls, port = _TLS[parts.scheme]
        host, port = parts.hostname or "", parts.port or port
    except (ValueError, KeyError):
        raise wrong from None
    if not _HOST.fullmatch(host) or parts.path.strip("/") or parts.query or parts.fragment:
        raise wrong
    password = SecretStr(unquote(parts.password)) if parts.password else None
    return MailServer(host, port, tls, unquote(parts.username) if parts.username else None, password)
