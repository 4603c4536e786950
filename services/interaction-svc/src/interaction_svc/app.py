"""The composition root of interaction-svc: what it serves and hears."""

from typing import Any

from interaction_svc.alarms.commands import SWEEP, sweep
from interaction_svc.alarms.routes import router as alarms_router
from interaction_svc.calendars.routes import router as calendars_router
from interaction_svc.complaints.commands import count_anew
from interaction_svc.complaints.routes import router as complaints_router
from interaction_svc.handling.routes import router as handling_router
from interaction_svc.interactions.routes import router as interactions_router
from interaction_svc.loads.commands import FORGETTING, forget_old
from interaction_svc.loads.routes import router as loads_router
from interaction_svc.processes.routes import router as processes_router
from interaction_svc.promises.commands import BREAKING, break_overdue
from interaction_svc.promises.routes import router as promises_router
from interaction_svc.revisions.commands import CHANGED
from interaction_svc.service_records.routes import router as service_records_router
from interaction_svc.service_records.verbs import router as service_verbs_router
from interaction_svc.settings import Settings
from interaction_svc.sla.routes import router as sla_router
from interaction_svc.staff.consumers import STAFF_EVENTS
from interaction_svc.teams.routes import router as teams_router
from interaction_svc.tiers.consumers import TIER_EVENTS
from interaction_svc.timeline.routes import router as timeline_router
from shared.composition import Blueprint, Service
from shared.db import Database
from shared.http.client import make_client
from shared.jobs import Every, Jobs
from shared.messaging.bus import EventBus
from shared.messaging.consumers import Consumers
from shared.references import CUSTOMER_EVENTS, References


def build(settings: Settings, bus: EventBus | None = None, *, customers: Any = None) -> Service:
    """The service, not started; `customers` is an HTTP client that reaches customer-svc in this process."""
    database = Database(settings.database_url.get_secret_value(), max_size=settings.pool_size)
    references = References(database, customers or make_client(), settings.customer_url)
    blueprint = Blueprint(
        name="interaction-svc",
        package="interaction_svc",
        number=2,
        title="Tonglu interaction-svc",
        description=(
            "What passes between the company and its customers: interactions 沟通记录, promises 承诺, "
            "complaints 投诉, services 服务记录 and each customer's timeline 时间线."
        ),
        routers=[
            interactions_router,
            promises_router,
            complaints_router,
            handling_router,
            timeline_router,
            loads_router,
            calendars_router,
            sla_router,
            teams_router,
            alarms_router,
            processes_router,
            service_records_router,
            service_verbs_router,
        ],
        jobs=Jobs(
            {
                BREAKING: break_overdue,
                FORGETTING: forget_old,
                CHANGED: count_anew,
                SWEEP: sweep,
            },
            periodic=[
                Every(BREAKING, seconds=60),
                Every(SWEEP, seconds=15),
                Every(FORGETTING, seconds=3600),
            ],
        ),
        consumers=Consumers({**CUSTOMER_EVENTS, **STAFF_EVENTS, **TIER_EVENTS}),
        carried={"references": references},
    )
    return Service(blueprint, settings, database=database, bus=bus)
