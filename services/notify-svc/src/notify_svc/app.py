"""The composition root of notify-svc: what it serves, hears and does by the clock."""

from typing import Any

from notify_svc.digests.clock import LOOK_SECONDS as DIGEST_SECONDS
from notify_svc.digests.clock import tell_until_quiet
from notify_svc.digests.routes import router as digests_router
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
from notify_svc.reminder_rules.clients import nobody_silent
from notify_svc.reminder_rules.clock import LOOK_SECONDS as SILENCE_SECONDS
from notify_svc.reminder_rules.clock import LOOKING, look_for_silence
from notify_svc.reminder_rules.consumers import ENDING, TELLING
from notify_svc.reminder_rules.routes import router as rules_router
from notify_svc.reminder_series.routes import router as series_router
from notify_svc.reminders.routes import router as reminders_router
from notify_svc.settings import Settings
from notify_svc.staff.consumers import STAFF_EVENTS
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
from shared.jobs import Every, Jobs
from shared.loops import every
from shared.messaging.bus import EventBus
from shared.messaging.consumers import Consumers
from shared.references import CUSTOMER_EVENTS, References

_DAY = 86_400


def build(settings: Settings, bus: EventBus | None = None, *, customers: Any = None) -> Service:
    """The service, not started; `customers` is an HTTP client that reaches customer-svc in this process."""
    database = Database(settings.database_url.get_secret_value(), max_size=settings.pool_size)
    around = Around()
    feed = Feed(database, leaving=lambda: service.draining)
    references = References(database, customers or make_client(), settings.customer_url)
    blueprint = Blueprint(
        name="notify-svc",
        package="notify_svc",
        number=4,
        title="Tonglu notify-svc",
        description="What is brought before a person at a time: follow-up reminders 跟进提醒 and the inbox.",
        routers=[reminders_router, series_router, rules_router, inbox_router, digests_router],
        consumers=_consumers(),
        jobs=Jobs(
            {REDERIVE: rederive_moments, LOOKING: lambda job, _: look_for_silence(job, nobody_silent)},
            [Every(REDERIVE, seconds=_DAY), Every(LOOKING, seconds=SILENCE_SECONDS)],
        ),
        loops={
            "firing": every(LOOK_SECONDS, lambda: fire_until_quiet(database, around)),
            "overdue": every(OVERDUE_SECONDS, lambda: look_after_overdue(database)),
            "digests": every(DIGEST_SECONDS, lambda: tell_until_quiet(database)),
        },
        api_loops={"inbox feed": feed.run},
        carried={"feed": feed, "references": references},
    )
    service = Service(blueprint, settings, database=database, bus=bus)
    return service


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
    return consumers.also(ENDING).also(TELLING)
