"""Links by which a customer says that it wants none of this any more (RFC 8058)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from notify_svc.messages.domain import LEAVABLE
from notify_svc.senders.domain import Channel
from shared.problems import Gone, NotFound, not_found
from shared.sealing import Sealer, Unsealable

_PURPOSE = "unsubscribe"
_GOOD_FOR = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Leaving:
    """What a link says: who wants none of which messages by which channel."""

    customer_id: UUID
    purpose: str
    channel: str


@dataclass(frozen=True, slots=True)
class UnsubscribeLinks:
    """Makes and reads links below the address at which customers reach us; none without such an address."""

    sealer: Sealer
    public_url: str | None

    def unsubscribe(self, customer_id: UUID, purpose: str, channel: str, *, now: datetime) -> str | None:
        """The link; it works for a year."""
        if self.public_url is None:
            return None
        said = f"{customer_id.hex}|{purpose}|{channel}|{int(now.timestamp())}"
        token = self.sealer.seal_text(_PURPOSE, said.encode())
        return f"{self.public_url.rstrip('/')}/v1/unsubscribe/{token}"

    def read(self, token: str, *, now: datetime) -> Leaving:
        """What a token says; NotFound for one that is not ours, Gone for one that is over a year old."""
        try:
            said = self.sealer.open_text(_PURPOSE, token).decode()
            customer, purpose, channel, made = said.split("|")
            leaving = Leaving(UUID(customer), purpose, channel)
            age = now.timestamp() - int(made)
        except (Unsealable, ValueError):
            raise no_link() from None
        if leaving.purpose not in LEAVABLE:
            raise no_link()
        if age > _GOOD_FOR.total_seconds():
            raise Gone("link_over", en="This link is over.", zh="该链接已失效。")
        return leaving


def no_link() -> NotFound:
    """The one answer to a link that is none."""
    return not_found("link", "链接")


SAID: dict[Channel, tuple[str, str]] = {
    "email": ("邮件", "e-mail"),
    "sms": ("短信", "SMS"),
    "wecom": ("企业微信消息", "WeCom messages"),
    "dingtalk": ("钉钉消息", "DingTalk messages"),
    "feishu": ("飞书消息", "Feishu messages"),
    "webhook": ("消息", "messages"),
}
KINDS: dict[str, tuple[str, str]] = {
    "care": ("节日与生日问候", "greetings"),
    "marketing": ("营销推广", "offers"),
    "survey": ("满意度调查", "surveys"),
}
