"""What kinds of senders there are, what each is told, what it may be asked, and what comes of asking."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, get_args

Kind = Literal[
    "smtp",
    "webhook",
    "wecom_robot",
    "wecom_app",
    "dingtalk_robot",
    "feishu_robot",
    "sms_aliyun",
    "sms_tencent",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
Channel = Literal["email", "sms", "wecom", "dingtalk", "feishu", "webhook"]
CHANNEL: Mapping[Kind, Channel] = {
    "smtp": "email",
    "webhook": "webhook",
    "wecom_robot": "wecom",
    "wecom_app": "wecom",
    "dingtalk_robot": "dingtalk",
    "feishu_robot": "feishu",
    "sms_aliyun": "sms",
    "sms_tencent": "sms",
}
ROBOTS: frozenset[Kind] = frozenset({"wecom_robot", "dingtalk_robot", "feishu_robot"})
"""Senders into a group: they need no recipient, take 20 messages a minute, and are digested when over."""
PER_MINUTE: Mapping[Kind, int] = {
    "smtp": 600,
    "webhook": 600,
    "wecom_robot": 20,
    "wecom_app": 600,
    "dingtalk_robot": 20,
    "feishu_robot": 20,
    "sms_aliyun": 600,
    "sms_tencent": 600,
}
"""How many messages a minute, unless a sender is told otherwise."""
MOST_PER_MINUTE: Mapping[Kind, int] = {kind: PER_MINUTE[kind] if kind in ROBOTS else 6000 for kind in KINDS}
"""And how many at most: of robots what the vendors take, of others what their owner allows."""
SECONDS = 15.0
"""What one attempt may take in all."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message as it leaves. `message_id` is the same at each attempt; `to` is an address of the channel.

    `headers` are those of an e-mail besides the usual ones.
    """

    message_id: str
    to: str | None
    text: str
    subject: str | None = None
    html: str | None = None
    title: str | None = None
    button: Mapping[str, str] | None = None
    provider_template: str | None = None
    provider_parameters: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The other side took it; `provider_id` is what it calls the message."""

    provider_id: str | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """Not now, or nobody knows whether it arrived: to be tried again with the same message id.

    `after` are the seconds that the other side asked for.
    """

    reason: str
    after: float | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Trying again would change nothing; `address` says that it is the recipient's address that is wrong."""

    reason: str
    address: bool = False


Result = Accepted | Later | Refused


@dataclass(frozen=True, slots=True)
class Wire:
    """One HTTP request to a vendor."""

    url: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = (("content-type", "application/json; charset=utf-8"),)


class Vendor(Protocol):
    """How one vendor is spoken to: pure, so that its documented examples are tests."""

    def wire(self, config: Mapping[str, Any], secrets: Mapping[str, str], out: Outgoing, now: float) -> Wire:
        """The request that sends this; `now` in seconds since 1970."""
        ...

    def result(self, status: int, answer: Any) -> Result:
        """What the answer (JSON, or None for something else) says."""
        ...


def by_status(status: int) -> Result | None:
    """What the status says before anybody looks into the answer; None where the answer decides."""
    if status in {408, 425, 429} or status >= 500:  # noqa: PLR2004 - as RFC 9110 and 6585 have them
        return Later(f"http_{status}")
    return Refused(f"http_{status}") if status >= 300 else None  # noqa: PLR2004


def judged(code: Any, *, good: Any, later: frozenset[Any], address: frozenset[Any] = frozenset()) -> Result:
    """What a vendor's error code means."""
    if code == good:
        return Accepted()
    reason = f"vendor_{code}"[:64]
    if code is None or code in later:
        return Later("answer_unreadable" if code is None else reason)
    return Refused(reason, address=code in address)
