"""Robots of groups, and the app, in WeCom 企业微信, DingTalk 钉钉 and Feishu 飞书."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from notify_svc.senders import signing
from notify_svc.senders.domain import Outgoing, Result, Wire, by_status, judged

_MOST_BYTES = 4096
"""What WeCom takes of markdown; the others take more."""


def _encoded(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _cut(text: str) -> str:
    """As much as fits, never within a letter."""
    raw = text.encode()
    return text if len(raw) <= _MOST_BYTES else raw[: _MOST_BYTES - 3].decode(errors="ignore") + "…"


def _with_button(out: Outgoing) -> str:
    title = f"**{out.title}**\n" if out.title else ""
    link = f"\n\n[{out.button['label']}]({out.button['url']})" if out.button else ""
    return _cut(f"{title}{out.text}{link}")


class WecomRobot:
    """A group's robot: the key in its address is all that it asks for."""

    def wire(self, config: Mapping[str, Any], secrets: Mapping[str, str], out: Outgoing, now: float) -> Wire:
        del now
        base = config.get("endpoint") or "https://qyapi.weixin.qq.com"
        body = {"msgtype": "markdown", "markdown": {"content": _with_button(out)}}
        return Wire(f"{base}/cgi-bin/webhook/send?key={quote(secrets['key'], safe='')}", _encoded(body))

    def result(self, status: int, answer: Any) -> Result:
        return by_status(status) or judged(_code(answer, "errcode"), good=0, later=frozenset({-1, 45009}))


class WecomApp:
    """Messages of an app to members by their ids; `secrets` hold the access token of the moment."""

    def wire(self, config: Mapping[str, Any], secrets: Mapping[str, str], out: Outgoing, now: float) -> Wire:
        del now
        base = config.get("endpoint") or "https://qyapi.weixin.qq.com"
        body = {
            "touser": out.to,
            "msgtype": "markdown",
            "agentid": config["agent_id"],
            "markdown": {"content": _with_button(out)},
            "enable_duplicate_check": 1,
        }
        token = quote(secrets["access_token"], safe="")
        return Wire(f"{base}/cgi-bin/message/send?access_token={token}", _encoded(body))

    def result(self, status: int, answer: Any) -> Result:
        later = frozenset({-1, 45009, 40014, 41001, 42001})  # too fast, or a token that is over
        return by_status(status) or judged(
            _code(answer, "errcode"), good=0, later=later, address=frozenset({40003, 81013, 60111})
        )


class DingtalkRobot:
    """A group's robot that asks for a signature."""

    def wire(self, config: Mapping[str, Any], secrets: Mapping[str, str], out: Outgoing, now: float) -> Wire:
        base = config.get("endpoint") or "https://oapi.dingtalk.com"
        milliseconds = round(now * 1000)
        query = {"access_token": secrets["access_token"]}
        if secrets.get("secret"):
            query["timestamp"] = str(milliseconds)
            query["sign"] = signing.dingtalk(secrets["secret"], milliseconds)
        title = out.title or out.text.split("\n", 1)[0][:64]
        body: dict[str, Any] = {"msgtype": "markdown", "markdown": {"title": title, "text": out.text}}
        if out.button:
            card = {"title": title, "text": out.text}
            card |= {"singleTitle": out.button["label"], "singleURL": out.button["url"]}
            body = {"msgtype": "actionCard", "actionCard": card}
        return Wire(f"{base}/robot/send?{urlencode(query)}", _encoded(body))

    def result(self, status: int, answer: Any) -> Result:
        return by_status(status) or judged(
            _code(answer, "errcode"), good=0, later=frozenset({-1, 130101, 410100})
        )


class FeishuRobot:
    """A group's robot; time and signature stand in the body."""

    def wire(self, config: Mapping[str, Any], secrets: Mapping[str, str], out: Outgoing, now: float) -> Wire:
        base = config.get("endpoint") or "https://open.feishu.cn"
        elements: list[dict[str, Any]] = [{"tag": "markdown", "content": out.text}]
        if out.button:
            label = {"tag": "plain_text", "content": out.button["label"]}
            button = {"tag": "button", "text": label, "url": out.button["url"], "type": "primary"}
            elements.append({"tag": "action", "actions": [button]})
        card: dict[str, Any] = {"config": {"wide_screen_mode": True}, "elements": elements}
        if out.title:
            card["header"] = {"title": {"tag": "plain_text", "content": out.title}, "template": "green"}
        body: dict[str, Any] = {"msg_type": "interactive", "card": card}
        if secrets.get("secret"):
            seconds = int(now)
            body |= {"timestamp": str(seconds), "sign": signing.feishu(secrets["secret"], seconds)}
        return Wire(f"{base}/open-apis/bot/v2/hook/{quote(secrets['hook'], safe='')}", _encoded(body))

    def result(self, status: int, answer: Any) -> Result:
        code = _code(answer, "code")
        return by_status(status) or judged(code, good=0, later=frozenset({9499, 11232}))


def _code(answer: Any, name: str) -> Any:
    return answer.get(name) if isinstance(answer, dict) else None
