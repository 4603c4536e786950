"""Servers that behave as the vendors document it: they check signatures and times, and count the minute."""

import base64
import hashlib
import hmac
import json
import time
from asyncio import StreamWriter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from shared.testing.sink import Posted, answer

PER_MINUTE = 20
_DINGTALK_WINDOW, _FEISHU_WINDOW, _CLOUD_WINDOW = 3600, 3600, 300


def said(body: Mapping[str, Any], status: int = 200) -> bytes:
    return answer(status, json.dumps(body).encode(), content_type="application/json")


@dataclass
class Robots:
    """WeCom, DingTalk and Feishu behind one address; `taken` are the bodies that were accepted."""

    key: str = "wecom-key"
    token: str = "ding-token"
    ding_secret: str = "SECding"
    hook: str = "feishu-hook"
    feishu_secret: str = "feishu-secret"
    corp: str = "corp"
    corp_secret: str = "corp-secret"
    taken: list[dict[str, Any]] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    tokens_given: int = 0
    token_good: str = ""
    down: bool = False

    async def __call__(self, posted: Posted, writer: StreamWriter) -> None:
        if self.down:
            writer.write(answer(503))
            return
        parts = urlsplit(posted.target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        place = {
            "/cgi-bin/webhook/send": self._wecom,
            "/cgi-bin/gettoken": self._token,
            "/cgi-bin/message/send": self._app,
            "/robot/send": self._dingtalk,
        }.get(parts.path, self._feishu)
        told = place(query, posted)
        if told.get("errcode", told.get("code", 0)) != 0:
            self.refused.append(told.get("errcode", told.get("code")))
        writer.write(said(told))

    def _count(self, body: dict[str, Any]) -> bool:
        if len(self.taken) >= PER_MINUTE:
            return False
        self.taken.append(body)
        return True

    def _wecom(self, query: dict[str, str], posted: Posted) -> dict[str, Any]:
        if query.get("key") != self.key:
            return {"errcode": 93000, "errmsg": "invalid webhook url"}
        body = json.loads(posted.body)
        if len(body["markdown"]["content"].encode()) > 4096:
            return {"errcode": 40058, "errmsg": "markdown.content exceed max length 4096"}
        return {"errcode": 0} if self._count(body) else {"errcode": 45009, "errmsg": "api freq out of limit"}

    def _token(self, query: dict[str, str], posted: Posted) -> dict[str, Any]:
        del posted
        if (query.get("corpid"), query.get("corpsecret")) != (self.corp, self.corp_secret):
            return {"errcode": 40001, "errmsg": "invalid credential"}
        self.tokens_given += 1
        self.token_good = f"token-{self.tokens_given}"
        return {"errcode": 0, "access_token": self.token_good, "expires_in": 7200}

    def _app(self, query: dict[str, str], posted: Posted) -> dict[str, Any]:
        if query.get("access_token") != self.token_good:
            return {"errcode": 42001, "errmsg": "access_token expired"}
        self.taken.append(json.loads(posted.body))
        return {"errcode": 0, "msgid": "m-1"}

    def _dingtalk(self, query: dict[str, str], posted: Posted) -> dict[str, Any]:
        moment = int(query.get("timestamp", 0))
        secret = self.ding_secret.encode()
        own = hmac.new(secret, f"{moment}\n{self.ding_secret}".encode(), digestmod=hashlib.sha256).digest()
        fresh = abs(time.time() - moment / 1000) < _DINGTALK_WINDOW
        if query.get("access_token") != self.token:
            return {"errcode": 300005, "errmsg": "token is not exist"}
        if not fresh or base64.b64decode(query.get("sign", "")) != own:
            return {"errcode": 310000, "errmsg": "sign not match"}
        return {"errcode": 0} if self._count(json.loads(posted.body)) else {"errcode": 130101}

    def _feishu(self, query: dict[str, str], posted: Posted) -> dict[str, Any]:
        del query
        body = json.loads(posted.body)
        key = f"{body.get('timestamp')}\n{self.feishu_secret}".encode()
        own = base64.b64encode(hmac.new(key, digestmod=hashlib.sha256).digest()).decode()
        fresh = abs(time.time() - int(body.get("timestamp", 0))) < _FEISHU_WINDOW
        if posted.target != f"/open-apis/bot/v2/hook/{self.hook}":
            return {"code": 19001, "msg": "param invalid: incoming webhook access token invalid"}
        if not fresh or body.get("sign") != own:
            return {"code": 19021, "msg": "sign match fail or timestamp is not within one hour"}
        return {"code": 0} if self._count(body) else {"code": 11232, "msg": "frequency limited"}


@dataclass
class Clouds:
    """Aliyun and Tencent behind one address: they make each signature again from what came."""

    key_id: str = "LTAIexample"
    secret: str = "a secret of the cloud"
    taken: list[dict[str, Any]] = field(default_factory=list)
    say: str | None = None

    async def __call__(self, posted: Posted, writer: StreamWriter) -> None:
        told = self._tencent(posted) if "x-tc-action" in posted.headers else self._aliyun(posted)
        writer.write(said(told))

    def _aliyun(self, posted: Posted) -> dict[str, Any]:
        given = posted.headers["authorization"]
        named = given.partition("SignedHeaders=")[2].partition(",")[0]
        query = urlsplit(posted.target).query
        lines = "".join(f"{name}:{posted.headers[name]}\n" for name in named.split(";"))
        asked = "\n".join(("POST", "/", query, lines, named, hashlib.sha256(posted.body).hexdigest()))
        words = f"ACS3-HMAC-SHA256\n{hashlib.sha256(asked.encode()).hexdigest()}"
        own = hmac.new(self.secret.encode(), words.encode(), hashlib.sha256).hexdigest()
        if not given.endswith(f"Signature={own}") or f"Credential={self.key_id}," not in given:
            return {"Code": "SignatureDoesNotMatch", "Message": "x"}
        if self.say:
            return {"Code": self.say, "Message": "x"}
        self.taken.append(
            {name: unquote(value) for name, _, value in (p.partition("=") for p in query.split("&"))}
        )
        return {"Code": "OK", "BizId": "biz-1", "RequestId": "r"}

    def _tencent(self, posted: Posted) -> dict[str, Any]:
        given, moment = posted.headers["authorization"], int(posted.headers["x-tc-timestamp"])
        scope = given.partition("Credential=")[2].partition("/")[2].partition(",")[0]
        named = given.partition("SignedHeaders=")[2].partition(",")[0]
        shown = {**posted.headers, "x-tc-action": posted.headers["x-tc-action"].lower()}
        lines = "".join(f"{name}:{shown[name]}\n" for name in named.split(";"))
        asked = "\n".join(("POST", "/", "", lines, named, hashlib.sha256(posted.body).hexdigest()))
        words = f"TC3-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(asked.encode()).hexdigest()}"
        key = f"TC3{self.secret}".encode()
        for part in scope.split("/"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        own = hmac.new(key, words.encode(), hashlib.sha256).hexdigest()
        if abs(time.time() - moment) > _CLOUD_WINDOW or not given.endswith(f"Signature={own}"):
            return {"Response": {"Error": {"Code": "AuthFailure.SignatureFailure", "Message": "x"}}}
        if self.say:
            return {"Response": {"SendStatusSet": [{"Code": self.say}]}}
        self.taken.append(json.loads(posted.body))
        return {"Response": {"SendStatusSet": [{"Code": "Ok", "SerialNo": "serial-1"}], "RequestId": "r"}}
