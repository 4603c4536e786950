"""What is to be done with each message that is due: leave now, wait, or end, each with its reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from notify_svc.messages import addresses
from notify_svc.messages.desk import Desk
from notify_svc.messages.domain import LEAVABLE, address_of, following
from notify_svc.messages.settling import Fate
from notify_svc.preferences.domain import Sending, Verdict
from notify_svc.recipients.domain import Person, Ref
from notify_svc.senders.domain import ROBOTS, Outgoing
from notify_svc.senders.queries import Sender
from notify_svc.templates.rendering import Published, Rendered, RenderFailed
from shared.db import Record

Row = Record | dict[str, Any]
"""What is known of a message."""
_UNKNOWN = "template_unknown"
_NO_LINK = ""


@dataclass(frozen=True, slots=True)
class Ready:
    """A message that may leave now."""

    row: Row
    out: Outgoing
    version: int
    address_hash: bytes | None

    @property
    def title(self) -> str:
        """Its title in a digest."""
        return self.out.title or self.out.text.split("\n", 1)[0][:100]


Planned = Ready | Fate


def ref_of(row: Row) -> Ref | None:
    """Who shall get it; None for a group."""
    return None if row["recipient_id"] is None else Ref(row["recipient_kind"], row["recipient_id"])


def address(row: Row, sender: Sender, people: Mapping[Ref, Person]) -> str | Fate | None:
    """Where it goes (None: into the sender's group), or what becomes of it instead."""
    if sender["kind"] in ROBOTS or sender["channel"] == "webhook":
        return None
    ref = ref_of(row)
    person = people.get(ref) if ref is not None else None
    if person is None or not person.active:
        return ended(row, "recipient_gone")
    found = address_of(person, row["channel"])
    if found:
        return found
    other = following(row["channels"], row["channel"])
    if other is None:
        return ended(row, "no_address")
    return Fate(id=row["id"], state="pending", channel=other)


def ended(row: Row, reason: str, *, state: str = "failed") -> Fate:
    """It ends here."""
    return Fate(id=row["id"], state=state, channel=row["channel"], reason=reason)


def sending(row: Row, people: Mapping[Ref, Person]) -> Sending | None:
    """What preferences are asked about; None for staff and groups, of whom nothing is asked."""
    ref = ref_of(row)
    if ref is None or ref.kind == "staff" or row["customer_id"] is None:
        return None
    person = people.get(ref)
    timezone = None if person is None else person.timezone
    return Sending(row["id"], row["customer_id"], row["purpose"], row["channel"], timezone)


def verdict_of(row: Row, verdict: Verdict, wait: float) -> Fate | None:
    """What a verdict makes of it; None if it may leave."""
    if verdict.allowed:
        return None
    if verdict.not_before is None:
        return ended(row, verdict.rule or "not_allowed", state="blocked")
    return Fate(id=row["id"], state="pending", channel=row["channel"], reason=verdict.rule, wait=wait)


def filled(
    desk: Desk, row: Row, to: str | None, people: Mapping[Ref, Person], texts: Mapping[str, Published]
) -> Planned:
    """The message as it leaves, or why it cannot."""
    published = texts.get(row["template"])
    if published is None:
        return ended(row, _UNKNOWN)
    ref = ref_of(row)
    person = people.get(ref) if ref is not None else None
    link = _link(desk, row)
    try:
        made = desk.render(
            published,
            channel=row["channel"],
            language=(person.language if person else None) or "zh",
            variables=row["variables"],
            person={"name": person.name if person else ""},
            links={"unsubscribe": link},
        )
    except RenderFailed as failed:
        return ended(row, failed.code)
    hashed = None if to is None else addresses.hash_of(desk.sealer, row["channel"], to)
    return Ready(row, _outgoing(row, to, made, link), published.version, hashed)


def _link(desk: Desk, row: Row) -> str:
    if row["purpose"] not in LEAVABLE or row["customer_id"] is None:
        return _NO_LINK
    return (
        desk.links.unsubscribe(row["customer_id"], row["purpose"], row["channel"], now=desk.now()) or _NO_LINK
    )


def _outgoing(row: Row, to: str | None, made: Rendered, link: str) -> Outgoing:
    headers = {}
    if link and row["channel"] == "email":
        headers = {
            "List-Unsubscribe": f"<{link}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
    return Outgoing(
        message_id=f"msg-{row['id']}",
        to=to,
        text=made.text,
        subject=made.subject,
        html=made.html,
        title=made.title,
        button=made.button,
        provider_template=made.provider_template,
        provider_parameters=made.provider_parameters or {},
        headers=headers,
    )


def digest_of(ready: Sequence[Ready]) -> Ready:
    """One message in place of many: it carries their titles, and is the oldest of them."""
    first = ready[0]
    titles = "\n".join(f"{number}. {each.title}" for number, each in enumerate(ready, 1))
    count = len(ready)
    out = replace(first.out, title=f"{count} 条消息 · {count} messages", text=titles, button=None, html=None)
    return replace(first, out=out)


def people_asked(rows: Sequence[Record], sender: Sender) -> list[Ref]:
    """Whom to ask about; nobody for a group."""
    if sender["kind"] in ROBOTS:
        return []
    return [ref for row in rows if (ref := ref_of(row)) is not None]
