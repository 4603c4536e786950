"""Mail: conversations with a server; what its codes mean."""

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Mapping
from email.errors import HeaderParseError
from typing import Any

import aiosmtplib
from aiosmtplib import errors

from notify_svc.senders.checking import is_own
from notify_svc.senders.domain import SECONDS, Accepted, Later, Outgoing, Refused, Result
from notify_svc.senders.mime import composed
from shared.http.guard import Trusted

_PERMANENT = 500
_OF_THE_ADDRESS = frozenset({550, 551, 553})
_MOST_ID = 200
_GOODBYE_SECONDS = 1.0


class Server:
    """A mail server while several mails go there: connections are used again, until `close`.

    A name that leads to this machine is refused where the connection is made, unless it is `trusted`.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        secrets: Mapping[str, str],
        *,
        trusted: Trusted = frozenset(),
        tls: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._config, self._secrets = config, secrets
        self._trusted, self._tls, self._seconds = trusted, tls, seconds
        self._idle: list[aiosmtplib.SMTP] = []

    async def send(self, out: Outgoing, *, envelope_from: str) -> Result:
        """One attempt, all within so many seconds; raises nothing that the server can bring about.

        A connection that ends after the message was begun leaves open whether it arrived: it is tried again
        under the same Message-ID.
        """
        try:
            raw = composed(self._config, out)
        except (ValueError, IndexError, HeaderParseError):
            return Refused("address_invalid", address=True)
        client = None
        try:
            async with asyncio.timeout(self._seconds):
                client = await self._open()
                _, said = await client.sendmail(envelope_from, [out.to or ""], raw)
        except (_Unfit, errors.SMTPException, ssl.SSLError, OSError, ValueError) as error:
            if client is not None:
                client.close()
            return _outcome(error)
        self._idle.append(client)
        return Accepted(said[:_MOST_ID] or None)

    async def _open(self) -> aiosmtplib.SMTP:
        """A connection that the server has not ended meanwhile, or a new one."""
        while self._idle:
            client = self._idle.pop()
            with contextlib.suppress(errors.SMTPException):
                await client.rset()
                return client
            client.close()
        client = aiosmtplib.SMTP(
            hostname=self._config["host"],
            port=self._config["port"],
            use_tls=self._config.get("tls") == "tls",
            start_tls=False,
            tls_context=self._tls,
            timeout=self._seconds,
        )
        try:
            await _greeted(client, self._config, self._secrets, self._trusted)
        except BaseException:
            client.close()
            raise
        return client

    async def close(self) -> None:
        """Say goodbye; whatever comes of it, the outcomes stand."""
        await asyncio.gather(*(_left(client) for client in self._idle))
        self._idle.clear()


def _outcome(error: Exception) -> Result:
    if isinstance(error, _Unfit):
        return error.result
    if isinstance(error, errors.SMTPRecipientsRefused):
        return _refused(error.recipients[0].code, recipient=True)
    if isinstance(error, errors.SMTPAuthenticationError):
        return Refused("login_refused") if error.code >= _PERMANENT else Later("login_refused")
    if isinstance(error, errors.SMTPResponseException):
        return _refused(error.code)
    return Later(_REASONS.get(type(error), "connection_lost"))


class _Unfit(Exception):
    """This server is not spoken to any further."""

    def __init__(self, result: Result) -> None:
        super().__init__()
        self.result = result


async def _greeted(
    client: aiosmtplib.SMTP, config: Mapping[str, Any], secrets: Mapping[str, str], trusted: Trusted
) -> None:
    """Connected, found to lead elsewhere, made safe, and let in, in this order."""
    await client.connect()
    peer = client.get_transport_info("peername")
    if (config["host"].lower(), config["port"]) not in trusted and is_own(peer[0]):
        raise _Unfit(Refused("address_not_public"))
    if config.get("tls", "starttls") == "starttls":
        await _offered("tls_not_offered", client.starttls())
    if config.get("username"):
        password = secrets.get("password") or ""
        await _offered("login_not_offered", client.login(config["username"], password))


async def _offered(otherwise: str, asked: Awaitable[Any]) -> None:
    """What a server does not offer is told apart from what went wrong by the exception's type alone."""
    try:
        await asked
    except errors.SMTPException as error:
        if type(error) is not errors.SMTPException:
            raise
        raise _Unfit(Later(otherwise)) from None


async def _left(client: aiosmtplib.SMTP) -> None:
    with contextlib.suppress(errors.SMTPException, OSError, ValueError):
        if client.is_connected:
            await client.quit(timeout=_GOODBYE_SECONDS)
    client.close()


_REASONS: Mapping[type[BaseException], str] = {
    errors.SMTPConnectError: "not_connected",
    errors.SMTPConnectTimeoutError: "timeout",
    errors.SMTPReadTimeoutError: "timeout",
    errors.SMTPTimeoutError: "timeout",
    TimeoutError: "timeout",
    ssl.SSLCertVerificationError: "certificate_invalid",
}


def _refused(code: int, *, recipient: bool = False) -> Result:
    reason = f"smtp_{code}"
    if code < _PERMANENT:
        return Later(reason)
    return Refused(reason, address=recipient and code in _OF_THE_ADDRESS)
