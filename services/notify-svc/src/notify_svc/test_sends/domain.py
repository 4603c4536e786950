"""What a test says, and where it may go."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal
from uuid import UUID

from notify_svc.messages.domain import address_of
from notify_svc.recipients.domain import Person, Ref
from notify_svc.senders.domain import CHANNEL, ROBOTS, Kind, Outgoing
from shared.problems import Conflict, Invalid, TooMany

Outcome = Literal["sent", "later", "refused", "blocked"]
SECONDS = 6.0
"""What sending may take: less than a request may, so that its outcome can be answered."""
WAIT_SECONDS = 1.5
"""For how long a test waits until workers let the sender go for a moment."""
LEASE = timedelta(seconds=15)
"""Behind it a test that was broken off is one whose outcome nobody knows."""
SENDER_TEST = "sender.test"
"""Where the log names a template, a test of a sender has this."""
UNKNOWN = "interrupted"
_MARK: Mapping[str, str] = {"zh": "【测试】", "en": "[Test] "}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A test as it will be sent and noted; the message id comes with the note.

    `recipient` is the member of staff who asked, unless it goes to an address that they named or to a group.
    """

    out: Outgoing
    recipient: Ref | None
    template: str
    template_version: int | None
    source_id: UUID


def without_address(kind: Kind) -> bool:
    """Whether a sender leads to one place alone: a group, or another system."""
    return kind in ROBOTS or CHANNEL[kind] == "webhook"


def place(kind: Kind, to: str | None, person: Person | None) -> str | None:
    """Where a test goes: to the address that was named, else to whoever asks; Invalid where that fails."""
    if without_address(kind):
        if to is not None:
            raise Invalid.at(
                "/to", "not_addressed", en="is not for this kind of sender", zh="该类型无需收件地址"
            )
        return None
    found = to or (person and address_of(person, CHANNEL[kind]))
    if not found:
        raise Invalid.at(
            "/to",
            "no_address",
            en="is needed: you have no address of this channel",
            zh="您没有该渠道的地址，请填写",
        )
    return found


def fixed(company: str, *, provider_template: str | None, parameters: Mapping[str, str]) -> Outgoing:
    """What a test of a sender says."""
    return Outgoing(
        message_id="",
        to=None,
        text=f"这是来自{company}的测试消息，表明该渠道可用。\nThis is a test by {company}: it works.",
        subject="测试消息 · Test message",
        title="测试消息 · Test message",
        provider_template=provider_template,
        provider_parameters=parameters,
    )


def marked(out: Outgoing, language: str) -> Outgoing:
    """The same, such that nobody takes it for one in earnest."""
    mark = _MARK[language]
    return replace(
        out,
        subject=None if out.subject is None else mark + out.subject,
        title=None if out.title is None else mark + out.title,
    )


def busy() -> Conflict:
    """Workers send by it without a pause."""
    return Conflict(
        "sender_busy", en="The sender is busy: try again.", zh="发送渠道繁忙，请稍后重试。", retry_after=2
    )


def used_up(seconds: float) -> TooMany:
    """The sender has sent as many messages as it may in a minute."""
    return TooMany(
        "sender_rate",
        en="The sender has used up its minute.",
        zh="该发送渠道已达每分钟上限。",
        retry_after=max(1, round(seconds)),
    )


def twin() -> Conflict:
    """The same key is at work already."""
    return Conflict(
        "request_in_progress",
        en="A request with this Idempotency-Key is still running.",
        zh="使用该 Idempotency-Key 的请求仍在处理中。",
        retry_after=1,
    )
