"""From what was asked for to a test that can be sent; everything that must be asked is asked before it is."""

import re
from dataclasses import replace
from uuid import UUID

from pydantic import EmailStr, TypeAdapter, ValidationError

from notify_svc.messages.desk import Desk
from notify_svc.recipients.domain import Ref
from notify_svc.senders import queries as senders
from notify_svc.senders.domain import Outgoing
from notify_svc.senders.queries import Sender
from notify_svc.templates import previewing
from notify_svc.templates import queries as templates
from notify_svc.templates.rendering import Rendered, RenderFailed
from notify_svc.test_sends import domain
from notify_svc.test_sends.domain import Draft
from notify_svc.test_sends.schemas import SenderTest, TemplateTest
from shared.auth import Principal
from shared.db import Database
from shared.problems import Invalid

_EMAIL: TypeAdapter[str] = TypeAdapter(EmailStr)
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")


async def of_sender(
    database: Database, sender_id: UUID, asked: SenderTest, company: str
) -> tuple[Draft, Sender]:
    """A test of a sender, whether it is active or not; not addressed yet."""
    async with database.read() as reader:
        sender = await senders.sender(reader, sender_id)
    if (sender["channel"] == "sms") != (asked.provider_template is not None):
        raise Invalid.at(
            "/provider_template",
            "provider_template_wrong",
            en="is for SMS senders, which need it",
            zh="仅短信渠道需要且必须填写",
        )
    out = domain.fixed(
        company, provider_template=asked.provider_template, parameters=asked.provider_parameters
    )
    draft = Draft(
        out=out, recipient=None, template=domain.SENDER_TEST, template_version=None, source_id=sender_id
    )
    return draft, sender


async def of_template(
    database: Database, template_id: UUID, asked: TemplateTest, *, name: str | None, company: str
) -> tuple[Draft, Sender]:
    """A test of a version with this customer's `name`, or an example's; not addressed yet."""
    async with database.read() as reader:
        row = await templates.template(reader, template_id)
        version = await templates.version(reader, template_id, asked.number or row["number"])
        if asked.sender_id is None:
            sender = await senders.default_of(reader, asked.channel)
        else:
            sender = await senders.named(reader, asked.sender_id, asked.channel)
    try:
        made = previewing.filled(version, asked, asked.channel, name=name, company=company)
    except RenderFailed as failed:
        raise previewing.refused(failed, "/channel") from None
    draft = Draft(
        out=domain.marked(_outgoing(made), made.language),
        recipient=None,
        template=row["name"],
        template_version=version["number"],
        source_id=template_id,
    )
    return draft, sender


async def addressed(desk: Desk, draft: Draft, sender: Sender, to: str | None, caller: Principal) -> Draft:
    """The same to an address that was named, or to whoever asks; Invalid at `/to` where that cannot be."""
    kind, person, own = sender["kind"], None, None
    if to is None and caller.kind == "staff" and not domain.without_address(kind):
        own = Ref("staff", caller.id)
        person = (await desk.find([own])).get(own)
    found = domain.place(kind, to, person)
    if to is not None:
        _check(sender["channel"], to)
    return replace(draft, out=replace(draft.out, to=found), recipient=own)


def _check(channel: str, to: str) -> None:
    fits = _NUMBER.fullmatch(to) if channel == "sms" else True
    if channel == "email":
        try:
            _EMAIL.validate_python(to)
        except ValidationError:
            fits = False
    if not fits:
        raise Invalid.at(
            "/to", "address_invalid", en="is no address of this channel", zh="不是该渠道的有效地址"
        )


def _outgoing(made: Rendered) -> Outgoing:
    return Outgoing(
        message_id="",
        to=None,
        text=made.text,
        subject=made.subject,
        html=made.html,
        title=made.title,
        button=made.button,
        provider_template=made.provider_template,
        provider_parameters=made.provider_parameters or {},
    )
