"""A message as mail programs read it (RFC 5322, 2045, 2047): `email` would take ten times as long."""

import base64
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.header import Header
from email.headerregistry import Address
from email.utils import format_datetime
from typing import Any

from notify_svc.senders.domain import Outgoing

_MOST_LINE = 900
"""A longer line of a text is encoded; a link in a header never is, since no program would read it as one."""
_ENDS = re.compile(r"\r\n|\r|\n")
_ODD = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def composed(config: Mapping[str, Any], out: Outgoing) -> bytes:
    """The whole message; ValueError (or IndexError) for an address or header that is none."""
    domain = config["from_address"].partition("@")[2]
    headers = [
        ("From", _mailbox(config["from_address"], config.get("from_name"))),
        ("To", _mailbox(out.to or "")),
        ("Subject", _said(out.subject or "")),
        ("Date", format_datetime(datetime.now(UTC))),
        ("Message-ID", f"<{out.message_id}@{domain}>"),
        ("MIME-Version", "1.0"),
        ("Auto-Submitted", "auto-generated"),
        *out.headers.items(),
    ]
    if config.get("reply_to"):
        headers.append(("Reply-To", _mailbox(config["reply_to"])))
    lines = [*(_header(name, value) for name, value in headers), *_body(out), ""]
    return "\r\n".join(lines).encode("ascii")


def _header(name: str, value: str) -> str:
    if _ODD.search(value.replace("\r\n ", "")):
        raise ValueError("not a header")
    return f"{name}: {value}"


def _said(text: str) -> str:
    """A text of a header, as encoded words where it needs them."""
    if _ODD.search(text):
        raise ValueError("not a header")
    if text.isascii() and "=?" not in text and len(text) <= _MOST_LINE:
        return text
    return Header(text, "utf-8", maxlinelen=75).encode(linesep="\r\n")


def _mailbox(address: str, name: str | None = None) -> str:
    """An address that may stand in a header."""
    parsed = Address(addr_spec=address)
    if not parsed.username or not parsed.domain:
        raise ValueError("not an address")
    plain = f"{parsed.addr_spec.rpartition('@')[0]}@{parsed.domain.encode('idna').decode()}"
    if not name:
        return plain
    shown = _said(name) if not name.isascii() else str(Address(name, "x", "y")).removesuffix(" <x@y>")
    return f"{shown} <{plain}>"


def _body(out: Outgoing) -> Iterator[str]:
    if out.html is None:
        yield from _part("plain", out.text)
        return
    border = f"=_{out.message_id}"
    yield from (f'Content-Type: multipart/alternative; boundary="{border}"', "")
    for kind, text in (("plain", out.text), ("html", out.html)):
        yield f"--{border}"
        yield from _part(kind, text)
    yield f"--{border}--"


def _part(kind: str, text: str) -> Iterator[str]:
    yield f'Content-Type: text/{kind}; charset="utf-8"'
    lines = _ENDS.split(text)
    if text.isascii() and not any(len(line) > _MOST_LINE or _ODD.search(line) for line in lines):
        yield from ("Content-Transfer-Encoding: 7bit", "", *lines)
        return
    yield from ("Content-Transfer-Encoding: base64", "")
    yield from base64.encodebytes("\r\n".join(lines).encode()).decode().split()
