"""Another system that takes messages as signed JSON (Standard Webhooks)."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from notify_svc.senders.domain import Accepted, Outgoing, Result, Wire, by_status
from notify_svc.webhooks.signing import PREFIX, signature


class Webhook:
    """Type `message`, the text and what belongs to it; signed with the sender's secret."""

    def wire(self, config: Mapping[str, Any], secrets: Mapping[str, str], out: Outgoing, now: float) -> Wire:
        seconds = int(now)
        data = {"title": out.title or out.subject, "text": out.text, "to": out.to, "button": out.button}
        body = json.dumps(
            {
                "type": "message",
                "timestamp": datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z"),
                "data": data,
            },
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode()
        key = base64.b64decode(secrets["secret"].removeprefix(PREFIX))
        headers = (
            ("content-type", "application/json"),
            ("webhook-id", out.message_id),
            ("webhook-timestamp", str(seconds)),
            ("webhook-signature", signature([key], out.message_id, seconds, body)),
        )
        return Wire(config["url"], body, headers)

    def result(self, status: int, answer: Any) -> Result:
        del answer
        return by_status(status) or Accepted()
