"""Links to a file that work without signing in, for some minutes."""

import base64
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from shared.problems import Forbidden
from shared.sealing import Sealer


class Links:
    """Signs and checks; the key is derived from the service's data key, for this alone."""

    def __init__(self, sealer: Sealer, *, seconds: int) -> None:
        """A link is good for so many seconds."""
        self._sign: Callable[[bytes], bytes] = sealer.signer("links to attachments")
        self._good_for = timedelta(seconds=seconds)

    def made(self, attachment_id: UUID, *, now: datetime) -> tuple[str, datetime]:
        """The address below that of the API, and until when it is good."""
        expires_at = (now + self._good_for).replace(microsecond=0)
        expires = int(expires_at.timestamp())
        signature = self._signature(attachment_id, expires)
        path = f"/v1/attachments/{attachment_id}/content"
        return f"{path}?expires={expires}&signature={signature}", expires_at

    def check(self, attachment_id: UUID, expires: int, signature: str, *, now: datetime) -> None:
        """Raise Forbidden for a link that was not made here (`link_invalid`) or is over (`link_expired`)."""
        if not hmac.compare_digest(self._signature(attachment_id, expires).encode(), signature.encode()):
            raise Forbidden("link_invalid", en="This link was not made here.", zh="该链接无效。")
        if datetime.fromtimestamp(expires, UTC) <= now:
            raise Forbidden("link_expired", en="This link is over. Ask for another.", zh="该链接已过期。")

    def _signature(self, attachment_id: UUID, expires: int) -> str:
        signed = self._sign(f"{attachment_id}|{expires}".encode())
        return base64.urlsafe_b64encode(signed).decode().rstrip("=")
