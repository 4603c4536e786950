"""One attempt by one sender: whatever comes of it is a result, never an exception."""

import json
import ssl
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from notify_svc.messages import addresses
from notify_svc.messages.desk import Desk
from notify_svc.messages.planning import Ready
from notify_svc.senders import mail
from notify_svc.senders.apps import Tokens
from notify_svc.senders.domain import SECONDS, Kind, Later, Refused, Result, Vendor
from notify_svc.senders.hooks import Webhook
from notify_svc.senders.queries import Sender, opened
from notify_svc.senders.robots import DingtalkRobot, FeishuRobot, WecomApp, WecomRobot
from notify_svc.senders.sms import AliyunSms, TencentSms
from shared.http import guard
from shared.http.dialling import Unreached
from shared.http.guard import target_of
from shared.sealing import Unsealable

_VENDORS: Mapping[Kind, Vendor] = {
    "webhook": Webhook(),
    "wecom_robot": WecomRobot(),
    "wecom_app": WecomApp(),
    "dingtalk_robot": DingtalkRobot(),
    "feishu_robot": FeishuRobot(),
    "sms_aliyun": AliyunSms(),
    "sms_tencent": TencentSms(),
}


class Attempted(NamedTuple):
    """What came of an attempt, and how many milliseconds it took."""

    result: Result
    duration_ms: int


class Sending:
    """Sends by any sender; access tokens of apps are kept as long as they are good."""

    def __init__(self, desk: Desk, *, seconds: float = SECONDS) -> None:
        self._desk = desk
        self._seconds = seconds
        self._tokens = Tokens(desk.outward, desk.trusted, seconds)

    async def __call__(self, sender: Sender, ready: Ready) -> Attempted:
        """Try once."""
        started = time.perf_counter()
        try:
            secrets = opened(sender, self._desk.sealer)
        except Unsealable:
            return Attempted(Refused("secrets_unreadable"), 0)
        if sender["kind"] == "smtp":
            result = await self._mailed(sender, secrets, ready)
        else:
            result = await self._posted(sender, secrets, ready)
        return Attempted(result, round((time.perf_counter() - started) * 1000))

    async def _mailed(self, sender: Sender, secrets: Mapping[str, str], ready: Ready) -> Result:
        config = sender["config"]
        back = config.get("bounce_domain")
        from_ = config["from_address"]
        if back:
            from_ = addresses.bounce_address(self._desk.sealer, ready.row["id"], back)
        tls: ssl.SSLContext | None = self._desk.tls
        return await mail.send(
            config,
            secrets,
            ready.out,
            envelope_from=from_,
            trusted=self._desk.trusted,
            tls=tls,
            seconds=self._seconds,
        )

    async def _posted(self, sender: Sender, secrets: Mapping[str, str], ready: Ready) -> Result:
        kind: Kind = sender["kind"]
        vendor, config = _VENDORS[kind], sender["config"]
        now = self._desk.now().timestamp()
        try:
            if kind == "wecom_app":
                secrets = {"access_token": await self._tokens.token(sender["id"], config, secrets, now)}
            wire = vendor.wire(config, secrets, ready.out, now)
            target = target_of(wire.url, self._desk.trusted)
            found = await self._desk.outward.post(target, wire.body, wire.headers, seconds=self._seconds)
        except guard.Refused as refused:
            return Refused(refused.reason)
        except Unreached as failure:
            return Later(failure.reason)
        result = vendor.result(found.status, _json(found.beginning))
        if kind == "wecom_app" and isinstance(result, Later):
            self._tokens.forget(sender["id"])
        return result


def _json(beginning: bytes) -> Any:
    try:
        return json.loads(beginning)
    except (ValueError, RecursionError):
        return None
