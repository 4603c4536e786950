"""The composition root of notify-svc: what it serves, hears and does by the clock."""

import random
from datetime import timedelta
from functools import partial
from typing import Any

from notify_svc import joints
from notify_svc.care_rules.clock import LOOK_SECONDS as CARE_SECONDS
from notify_svc.care_rules.clock import LOOKING as CARING
from notify_svc.care_rules.clock import look_for_occasions
from notify_svc.care_rules.routes import router as care_router
from notify_svc.deliveries.commands import REPLAY
from notify_svc.deliveries.consumers import ANY_EVENT, KEY_EVENTS
from notify_svc.deliveries.jobs import FORGET, forget, replay
from notify_svc.deliveries.routes import router as deliveries_router
from notify_svc.digests.clock import LOOK_SECONDS as DIGEST_SECONDS
from notify_svc.digests.clock import tell_until_quiet
from notify_svc.digests.routes import router as digests_router
from notify_svc.dispatching.dispatcher import Dispatcher
from notify_svc.dispatching.sending import Sender
from notify_svc.errands import consumers as errands
from notify_svc.firing.clients import Around
from notify_svc.firing.clock import (
    LOOK_SECONDS,
    OVERDUE_SECONDS,
    REDERIVE,
    fire_until_quiet,
    look_after_overdue,
    rederive_moments,
)
from notify_svc.inbox.feed import Feed
from notify_svc.inbox.routes import router as inbox_router
from notify_svc.messages.desk import Desk
from notify_svc.messages.dispatcher import Dispatcher as MessageDispatcher
from notify_svc.messages.forgetting import JOB as FORGET_MESSAGES
from notify_svc.messages.forgetting import forgetting
from notify_svc.messages.leaving import UnsubscribeLinks
from notify_svc.messages.public import router as public_router
from notify_svc.messages.routes import router as messages_router
from notify_svc.partners.consumers import PARTNER_EVENTS
from notify_svc.playbook_runs.clients import Peers, RequestMessages, Services
from notify_svc.playbook_runs.clock import FORGET as FORGET_FACTS
from notify_svc.playbook_runs.clock import LOOK_SECONDS as PLAYBOOK_SECONDS
from notify_svc.playbook_runs.clock import ask_services, forget_facts, run_until_quiet
from notify_svc.playbook_runs.consumers import TRIGGER_EVENTS
from notify_svc.playbook_runs.routes import router as playbook_runs_router
from notify_svc.playbooks.routes import router as playbooks_router
from notify_svc.playbooks.shipping import JOB as PLAYBOOKS
from notify_svc.playbooks.shipping import ship_playbooks
from notify_svc.preferences import commands as preferences
from notify_svc.preferences.routes import router as preferences_router
from notify_svc.recipients.clients import Recipients
from notify_svc.reminder_rules.clock import CATCHING_UP, LOOKING, look_for_contracts, look_for_silence
from notify_svc.reminder_rules.clock import LOOK_SECONDS as SILENCE_SECONDS
from notify_svc.reminder_rules.consumers import ENDING, TELLING
from notify_svc.reminder_rules.routes import router as rules_router
from notify_svc.reminder_series.routes import router as series_router
from notify_svc.reminders.routes import router as reminders_router
from notify_svc.senders.first import JOB as FIRST_SENDER
from notify_svc.senders.first import add_first, as_sender
from notify_svc.senders.queries import webhooks as webhook_senders
from notify_svc.senders.routes import router as senders_router
from notify_svc.settings import Settings
from notify_svc.staff.consumers import STAFF_EVENTS
from notify_svc.standing.consumers import STANDING_EVENTS
from notify_svc.templates import queries as templates
from notify_svc.templates.rendering import render
from notify_svc.templates.routes import router as templates_router
from notify_svc.templates.shipping import JOB as SHIPPING
from notify_svc.templates.shipping import ship_templates
from notify_svc.test_sends.routes import router as test_sends_router
from notify_svc.test_sends.tester import Tester
from notify_svc.webhooks.routes import router as webhooks_router
from shared.auth.speaking import ServiceTokens
from shared.composition import Blueprint, Service
from shared.db import Database
from shared.events.complaint import (
    ComplaintAssigned,
    ComplaintBreached,
    ComplaintClosed,
    ComplaintEscalated,
    ComplaintReopened,
    ComplaintResolved,
    ComplaintWarned,
)
from shared.events.scoring import ChurnCleared, ChurnWarned
from shared.http.client import make_client
from shared.http.outward import Outward
from shared.jobs import Every, JobContext, JobHandler, Jobs
from shared.loops import every
from shared.messaging.bus import EventBus
from shared.messaging.consumers import Consumers
from shared.references import CUSTOMER_EVENTS, References
from shared.sealing import Sealer

_HOUR, _DAY = 3_600, 86_400


def build(
    settings: Settings,
    bus: EventBus | None = None,
    *,
    customers: Any = None,
    interactions: Any = None,
    gateway: Any = None,
    request_messages: RequestMessages = joints.say,
    peers: Peers | None = None,
) -> Service:
    """The service, not started; `customers`, `interactions` and `gateway` are clients that reach these here.

    `request_messages` and `peers` are what playbooks write and ask through, where not the usual ways.
    """
    database = Database(settings.database_url.get_secret_value(), max_size=settings.pool_size)
    around = Around(standings=joints.standings, send=joints.remind)
    feed = Feed(database, leaving=lambda: service.draining)
    customers, gateway = customers or make_client(), gateway or make_client()
    references = References(database, customers, settings.customer_url)
    tokens = _tokens(settings, gateway)
    recipients = _recipients(settings, tokens, customers, gateway)
    asked = peers or _peers(settings, tokens, customers, interactions or make_client())
    sealer = Sealer(settings.data_key.get_secret_value())
    desk = _desk(settings, database, sealer, recipients)
    blueprint = Blueprint(
        name="notify-svc",
        package="notify_svc",
        number=4,
        title="Tonglu notify-svc",
        description=(
            "What is brought before a person at a time: follow-up reminders 跟进提醒, customer care 客户关怀 "
            "and the inbox; and what is told to other systems: webhooks."
        ),
        routers=[
            reminders_router,
            series_router,
            rules_router,
            care_router,
            inbox_router,
            digests_router,
            templates_router,
            senders_router,
            test_sends_router,
            public_router,
            messages_router,
            preferences_router,
            playbooks_router,
            playbook_runs_router,
            webhooks_router,
            deliveries_router,
        ],
        consumers=_consumers(),
        jobs=_jobs(settings, sealer, recipients),
        loops={
            "firing": every(LOOK_SECONDS, lambda: fire_until_quiet(database, around)),
            "overdue": every(OVERDUE_SECONDS, lambda: look_after_overdue(database)),
            "digests": every(DIGEST_SECONDS, lambda: tell_until_quiet(database)),
            "webhooks": lambda: _dispatcher(settings, database).run(),
            "messages": lambda: MessageDispatcher(database, desk).run(),
            "ledger": every(_HOUR, lambda: preferences.forget_old(database)),
            "playbooks": every(PLAYBOOK_SECONDS, lambda: run_until_quiet(database, request_messages)),
            "playbook requests": every(PLAYBOOK_SECONDS, lambda: ask_services(database, asked)),
        },
        api_loops={"inbox feed": feed.run},
        carried={
            "feed": feed,
            "references": references,
            "recipients": recipients,
            "company_name": settings.company_name,
            "webhook_trusted": settings.webhook_trusted,
            "sender_trusted": settings.sender_trusted,
            "unsubscribe_links": UnsubscribeLinks(sealer, settings.public_url),
            "known_senders": webhook_senders,
            "tester": Tester(database, desk),
        },
    )
    service = Service(blueprint, settings, database=database, bus=bus)
    return service


def _jobs(settings: Settings, sealer: Sealer, recipients: Recipients) -> Jobs:
    daily = {
        REDERIVE: rederive_moments,
        SHIPPING: ship_templates,
        PLAYBOOKS: ship_playbooks,
        FORGET_MESSAGES: forgetting(timedelta(days=settings.message_days)),
    }
    hourly = {
        FORGET: forget,
        FORGET_FACTS: forget_facts,
        FIRST_SENDER: _first_sender(settings, sealer),
    }
    looking = {
        LOOKING: lambda job, _: look_for_silence(job, joints.silent),
        CATCHING_UP: lambda job, _: look_for_contracts(job),
        CARING: lambda job, _: look_for_occasions(job, recipients),
    }
    return Jobs(
        {**daily, **hourly, **looking, REPLAY: replay},
        [
            *(Every(kind, seconds=_DAY) for kind in daily),
            *(Every(kind, seconds=_HOUR) for kind in hourly),
            *(Every(kind, seconds=SILENCE_SECONDS) for kind in (LOOKING, CATCHING_UP)),
            Every(CARING, seconds=CARE_SECONDS),
        ],
    )


def _first_sender(settings: Settings, sealer: Sealer) -> JobHandler:
    """The mail server that the settings name, as a sender as long as there is none."""

    async def add(job: JobContext, _args: dict[str, Any]) -> None:
        server = settings.mail_server
        if server is not None:
            body = as_sender(server, from_address=settings.smtp_from, from_name=settings.company_name)
            async with job.begin() as tx:
                await add_first(tx, body, sealer=sealer, trusted=settings.sender_trusted)

    return add


def _tokens(settings: Settings, gateway: Any) -> ServiceTokens:
    secret = settings.service_secret and settings.service_secret.get_secret_value().encode()
    return ServiceTokens("notify-svc", gateway, settings.gateway_url, secret or None)


def _peers(settings: Settings, tokens: ServiceTokens, customers: Any, interactions: Any) -> Services:
    return Services(
        tokens,
        interactions=interactions,
        interaction_url=settings.interaction_url,
        customers=customers,
        customer_url=settings.customer_url,
    )


def _recipients(settings: Settings, tokens: ServiceTokens, customers: Any, gateway: Any) -> Recipients:
    return Recipients(
        tokens,
        customers=customers,
        customer_url=settings.customer_url,
        gateway=gateway,
        gateway_url=settings.gateway_url,
    )


def _desk(settings: Settings, database: Database, sealer: Sealer, recipients: Recipients) -> Desk:
    return Desk(
        find=recipients.find,
        judge=preferences.judge,
        texts=templates.published,
        render=partial(render, company=settings.company_name),
        links=UnsubscribeLinks(sealer, settings.public_url),
        sealer=sealer,
        outward=Outward(),
        trusted=settings.sender_trusted,
        now=database.now,
        chance=random.random,
    )


def _dispatcher(settings: Settings, database: Database) -> Dispatcher:
    sealer = Sealer(settings.data_key.get_secret_value())
    return Dispatcher(database, Sender(Outward(), sealer, settings.webhook_trusted, database.now))


def _consumers() -> Consumers:
    consumers = Consumers(
        {
            **CUSTOMER_EVENTS,
            **STAFF_EVENTS,
            ChurnWarned: errands.on_churn_warned,
            ChurnCleared: errands.on_churn_cleared,
            ComplaintAssigned: errands.on_complaint_assigned,
            ComplaintReopened: errands.on_complaint_assigned,
            ComplaintClosed: errands.on_complaint_closed,
            ComplaintResolved: errands.on_complaint_resolved,
            ComplaintWarned: errands.on_clock_rang,
            ComplaintBreached: errands.on_clock_rang,
            ComplaintEscalated: errands.on_complaint_escalated,
        }
    )
    return (
        consumers.also(ENDING)
        .also(TELLING)
        .also(STANDING_EVENTS)
        .also(TRIGGER_EVENTS)
        .also(PARTNER_EVENTS)
        .also(KEY_EVENTS)
        .also(ANY_EVENT)
    )
