"""What the service carries for files, and making links to them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import Request, Response

from interaction_svc.attachments.commands import Rules
from interaction_svc.attachments.links import Links
from interaction_svc.objects import ObjectStore
from shared.auth import Principal
from shared.problems import Forbidden
from shared.sealing import Sealer


@dataclass(frozen=True, slots=True)
class Keeping:
    """Where files are, which are taken in, and how long a link to one is good."""

    store: ObjectStore
    rules: Rules
    link_seconds: int

    def links(self, sealer: Sealer) -> Links:
        """Who makes and checks links."""
        return Links(sealer, seconds=self.link_seconds)

    def link(
        self, sealer: Sealer, attachment_id: UUID, response: Response, *, now: datetime
    ) -> dict[str, Any]:
        """A fresh link to a file, as it is answered; nobody on the way keeps it."""
        url, expires_at = self.links(sealer).made(attachment_id, now=now)
        response.headers["Cache-Control"] = "no-store"
        return {"url": url, "expires_at": expires_at}


def keeping_of(request: Request) -> Keeping:
    """What the service that was asked carries."""
    found: Keeping = request.state.keeping
    return found


def check_unmasked(caller: Principal) -> None:
    """Forbidden for keys with hidden fields: they may stand in the file."""
    if caller.masked:
        raise Forbidden(
            "answer_not_maskable",
            en="Fields are hidden from this key, and a file cannot be searched for them.",
            zh="此密钥有隐藏字段，而文件无法逐字段处理。",
        )
