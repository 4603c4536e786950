"""Mail: a message as MIME, and one conversation with a server; what its codes mean."""

import ssl
from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import aiosmtplib
from aiosmtplib import errors

from notify_svc.senders.domain import SECONDS, Accepted, Later, Outgoing, Refused, Result

_PERMANENT = 500
# A folded link would be encoded as words (RFC 2047), which no mail program reads as a link.
_POLICY = SMTP.clone(max_line_length=900)
_OF_THE_ADDRESS = frozenset({550, 551, 553})
_MOST_ID = 200


def composed(config: Mapping[str, Any], out: Outgoing) -> EmailMessage:
    """The message; ValueError for an address or header that is none."""
    message = EmailMessage(policy=_POLICY)
    name, _, domain = config["from_address"].partition("@")
    message["From"] = Address(config.get("from_name") or "", name, domain)
    message["To"] = Address(addr_spec=out.to or "")
    if config.get("reply_to"):
        message["Reply-To"] = Address(addr_spec=config["reply_to"])
    message["Subject"] = out.subject or ""
    message["Message-ID"] = f"<{out.message_id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    for header, value in out.headers.items():
        message[header] = value
    message.set_content(out.text)
    if out.html is not None:
        message.add_alternative(out.html, subtype="html")
    return message


async def send(
    config: Mapping[str, Any],
    secrets: Mapping[str, str],
    out: Outgoing,
    *,
    envelope_from: str,
    tls: ssl.SSLContext | None = None,
    seconds: float = SECONDS,
) -> Result:
    """One attempt; raises nothing that the server can bring about.

    A connection that ends after the message was begun leaves open whether it arrived: it is tried again
    under the same Message-ID.
    """
    try:
        message = composed(config, out)
    except (ValueError, IndexError, errors.SMTPException):
        return Refused("address_invalid", address=True)
    how = config.get("tls", "starttls")
    client = aiosmtplib.SMTP(
        hostname=config["host"],
        port=config["port"],
        use_tls=how == "tls",
        start_tls=how == "starttls",
        tls_context=tls,
        username=config.get("username") or None,
        password=secrets.get("password") or None,
        timeout=seconds,
    )
    try:
        async with client:
            raw = message.as_bytes(policy=_POLICY)
            _, said = await client.sendmail(envelope_from, [out.to or ""], raw)
    except errors.SMTPRecipientsRefused as error:
        return _refused(error.recipients[0].code, recipient=True)
    except errors.SMTPAuthenticationError as error:
        return Refused("login_refused") if error.code >= _PERMANENT else Later("login_refused")
    except errors.SMTPResponseException as error:
        return _refused(error.code)
    except (errors.SMTPException, ssl.SSLError, OSError, ValueError) as error:
        return Later(_REASONS.get(type(error), "connection_lost"))
    finally:
        client.close()
    return Accepted(said[:_MOST_ID] or None)


_REASONS: Mapping[type[BaseException], str] = {
    errors.SMTPConnectError: "not_connected",
    errors.SMTPConnectTimeoutError: "timeout",
    errors.SMTPReadTimeoutError: "timeout",
    errors.SMTPTimeoutError: "timeout",
    errors.SMTPNotSupported: "tls_not_offered",
    ssl.SSLCertVerificationError: "certificate_invalid",
}


def _refused(code: int, *, recipient: bool = False) -> Result:
    reason = f"smtp_{code}"
    if code < _PERMANENT:
        return Later(reason)
    return Refused(reason, address=recipient and code in _OF_THE_ADDRESS)
