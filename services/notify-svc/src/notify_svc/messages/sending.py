"""One attempt by one sender: whatever comes of it is a result, never an exception."""

import json
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cached_property
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
from shared.sealing import Sealer, Unsealable

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


Send = Callable[[Ready], Awaitable[Attempted]]


class Sending:
    """Sends by any sender; access tokens of apps are kept as long as they are good."""

    def __init__(self, desk: Desk, *, seconds: float = SECONDS) -> None:
        self._desk = desk
        self._seconds = seconds
        self._tokens = Tokens(desk.outward, desk.trusted, seconds)

    async def __call__(self, sender: Sender, ready: Ready) -> Attempted:
        """Try one."""
        async with self.line(sender) as send:
            return await send(ready)

    @asynccontextmanager
    async def line(self, sender: Sender) -> AsyncIterator[Send]:
        """What tries several by one sender; a mail server is talked to on until the end of them."""
        secrets = _opened(sender, self._desk.sealer)
        if secrets is None:
            yield _unreadable
        elif sender["kind"] == "smtp":
            server = self._server(sender, secrets)
            try:
                yield lambda ready: _timed(self._mailed(server, sender, ready))
            finally:
                await server.close()
        else:
            yield lambda ready: _timed(self._posted(sender, secrets, ready))

    def _server(self, sender: Sender, secrets: Mapping[str, str]) -> mail.Server:
        return mail.Server(
            sender["config"], secrets, trusted=self._desk.trusted, tls=self._tls, seconds=self._seconds
        )

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Made once: reading the certificates takes longer than sending a mail."""
        return self._desk.tls or ssl.create_default_context()

    async def _mailed(self, server: mail.Server, sender: Sender, ready: Ready) -> Result:
        from_ = sender["config"]["from_address"]
        back = sender["config"].get("bounce_domain")
        if back:
            from_ = addresses.bounce_address(self._desk.sealer, ready.row["id"], back)
        return await server.send(ready.out, envelope_from=from_)

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


def _opened(sender: Sender, sealer: Sealer) -> Mapping[str, str] | None:
    try:
        return opened(sender, sealer)
    except Unsealable:
        return None


async def _unreadable(_ready: Ready) -> Attempted:
    return Attempted(Refused("secrets_unreadable"), 0)


async def _timed(asked: Awaitable[Result]) -> Attempted:
    started = time.perf_counter()
    result = await asked
    return Attempted(result, round((time.perf_counter() - started) * 1000))


def _json(beginning: bytes) -> Any:
    try:
        return json.loads(beginning)
    except (ValueError, RecursionError):
        return None
