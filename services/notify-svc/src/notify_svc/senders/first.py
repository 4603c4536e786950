"""The mail server that a setting names, as the e-mail sender of a system that has none."""

from typing import Any

from notify_svc.mail_server import MailServer
from notify_svc.senders import commands, queries
from notify_svc.senders.schemas import SenderCreate
from shared.db import Tx
from shared.http.guard import Trusted
from shared.sealing import Sealer

JOB = "senders.first"
_NAME = "E-mail 邮件"
_MOST_NAME = 64


def as_sender(server: MailServer, *, from_address: str, from_name: str) -> SenderCreate:
    """The default sender of e-mail."""
    return SenderCreate(
        name=_NAME,
        kind="smtp",
        config={
            "host": server.host,
            "port": server.port,
            "tls": server.tls,
            "username": server.username,
            "from_address": from_address,
            "from_name": from_name[:_MOST_NAME],
        },
        secrets={} if server.password is None else {"password": server.password},
        is_default=True,
    )


async def add_first(tx: Tx, body: SenderCreate, *, sealer: Sealer, trusted: Trusted) -> dict[str, Any] | None:
    """Add it where there is no sender of e-mail, active or not; None where people have set up theirs."""
    if await queries.any_of(tx, "email"):
        return None
    return await commands.create(tx, body, sealer=sealer, trusted=trusted)
