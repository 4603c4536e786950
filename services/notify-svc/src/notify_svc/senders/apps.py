"""Access tokens of WeCom apps: fetched when one is needed, kept a little shorter than they are good."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from shared.http.dialling import Unreached
from shared.http.guard import Trusted, target_of
from shared.http.outward import Outward

_EARLY_SECONDS = 300.0


class Tokens:
    """One token a sender; WeCom answers the same one until it is over."""

    def __init__(self, outward: Outward, trusted: Trusted, seconds: float) -> None:
        self._outward = outward
        self._trusted = trusted
        self._seconds = seconds
        self._kept: dict[UUID, tuple[str, float]] = {}
        self._fetching = asyncio.Lock()

    async def token(
        self, sender_id: UUID, config: Mapping[str, Any], secrets: Mapping[str, str], now: float
    ) -> str:
        """A token that is good now; raises Unreached (also for a wrong secret) and Refused."""
        async with self._fetching:
            kept = self._kept.get(sender_id)
            if kept is not None and kept[1] > now:
                return kept[0]
            return await self._fetched(sender_id, config, secrets, now)

    async def _fetched(
        self, sender_id: UUID, config: Mapping[str, Any], secrets: Mapping[str, str], now: float
    ) -> str:
        base = config.get("endpoint") or "https://qyapi.weixin.qq.com"
        query = urlencode({"corpid": config["corp_id"], "corpsecret": secrets["secret"]})
        target = target_of(f"{base}/cgi-bin/gettoken?{query}", self._trusted)
        found = await self._outward.get(target, (), seconds=self._seconds)
        try:
            answer = json.loads(found.beginning)
            token, good = str(answer["access_token"]), float(answer["expires_in"])
        except (ValueError, KeyError, TypeError, RecursionError):
            raise Unreached("answer_unreadable") from None
        self._kept[sender_id] = (token, now + good - _EARLY_SECONDS)
        return token

    def forget(self, sender_id: UUID) -> None:
        """The next message asks for another one."""
        self._kept.pop(sender_id, None)
