"""The composition root of interaction-svc: what it serves and hears."""

from typing import Any

from interaction_svc.alarms.commands import SWEEP, sweep
from interaction_svc.alarms.routes import router as alarms_router
from interaction_svc.answering.routes import pages as survey_pages
from interaction_svc.answering.routes import router as responses_router
from interaction_svc.assignment.routes import router as assignment_router
from interaction_svc.attachments.commands import TIDYING, Rules
from interaction_svc.attachments.jobs import tidying
from interaction_svc.attachments.keeping import Keeping
from interaction_svc.attachments.routes import router as attachments_router
from interaction_svc.attachments.routes import sending
from interaction_svc.calendars.routes import router as calendars_router
from interaction_svc.complaint_causes.routes import router as complaint_causes_router
from interaction_svc.complaint_forms.routes import pages as complaint_pages
from interaction_svc.complaint_forms.routes import router as complaint_forms_router
from interaction_svc.complaints import queries as complaints
from interaction_svc.complaints.recounting import count_anew
from interaction_svc.complaints.routes import router as complaints_router
from interaction_svc.handling.routes import router as handling_router
from interaction_svc.intake.routes import router as intake_router
from interaction_svc.interactions import queries as interactions
from interaction_svc.interactions.routes import router as interactions_router
from interaction_svc.invitations.consumers import COMPLAINT_EVENTS
from interaction_svc.invitations.routes import router as invitations_router
from interaction_svc.invitations.segments import INVITING, invite_segment
from interaction_svc.loads.commands import FORGETTING, forget_old
from interaction_svc.loads.routes import router as loads_router
from interaction_svc.macros.routes import router as macros_router
from interaction_svc.notes.routes import router as notes_router
from interaction_svc.objects import ObjectStore
from interaction_svc.objects.folder import Folder
from interaction_svc.objects.s3 import S3, Bucket
from interaction_svc.objects.signing import Signer
from interaction_svc.processes.routes import router as processes_router
from interaction_svc.promises.commands import BREAKING, break_overdue
from interaction_svc.promises.routes import router as promises_router
from interaction_svc.revisions.commands import CHANGED
from interaction_svc.satisfaction.routes import router as satisfaction_router
from interaction_svc.service_records.routes import router as service_records_router
from interaction_svc.service_records.verbs import router as service_verbs_router
from interaction_svc.settings import Settings
from interaction_svc.sla.routes import router as sla_router
from interaction_svc.staff.consumers import STAFF_EVENTS
from interaction_svc.surveys.routes import router as surveys_router
from interaction_svc.teams.routes import router as teams_router
from interaction_svc.tiers.consumers import TIER_EVENTS
from interaction_svc.timeline.routes import router as timeline_router
from interaction_svc.visit_feeds.calendar import Press
from interaction_svc.visit_feeds.routes import router as visit_feeds_router
from interaction_svc.visit_rules.routes import router as visit_rules_router
from interaction_svc.visit_series.commands import MAKING, make_ahead
from interaction_svc.visit_series.routes import router as visit_series_router
from interaction_svc.visit_summaries.routes import router as visit_summaries_router
from interaction_svc.visits.commands import MISSING, miss_overdue
from interaction_svc.visits.routes import router as visits_router
from shared.clock import utc_now
from shared.composition import Blueprint, Service
from shared.db import Database
from shared.http.client import make_client
from shared.jobs import Every, Jobs
from shared.messaging.bus import EventBus
from shared.messaging.consumers import Consumers
from shared.references import CUSTOMER_EVENTS, References
from shared.sealing import Sealer


def build(settings: Settings, bus: EventBus | None = None, *, customers: Any = None) -> Service:
    """The service, not started; `customers` is an HTTP client that reaches customer-svc in this process."""
    database = Database(
        settings.database_url.get_secret_value(),
        max_size=settings.pool_size,
        sealer=Sealer(settings.data_key.get_secret_value()),
    )
    store = store_of(settings)
    references = References(database, customers or make_client(), settings.customer_url)
    blueprint = Blueprint(
        name="interaction-svc",
        package="interaction_svc",
        number=2,
        title="Tonglu interaction-svc",
        description=(
            "What passes between the company and its customers: interactions 沟通记录, promises 承诺, "
            "visits 拜访, services 服务记录, complaints 投诉, surveys 满意度问卷 and each customer's "
            "timeline 时间线."
        ),
        routers=[
            interactions_router,
            attachments_router,
            sending,
            promises_router,
            complaint_causes_router,
            complaints_router,
            macros_router,
            intake_router,
            handling_router,
            notes_router,
            timeline_router,
            loads_router,
            calendars_router,
            sla_router,
            teams_router,
            assignment_router,
            alarms_router,
            visit_feeds_router,
            visit_summaries_router,
            visits_router,
            visit_series_router,
            visit_rules_router,
            surveys_router,
            invitations_router,
            responses_router,
            survey_pages,
            complaint_forms_router,
            complaint_pages,
            satisfaction_router,
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
                INVITING: invite_segment,
                MISSING: miss_overdue,
                MAKING: make_ahead,
                TIDYING: tidying(store),
                "interactions.search": interactions.TEXTS.fill,
                "complaints.search": complaints.TEXTS.fill,
            },
            periodic=[
                Every(BREAKING, seconds=15),
                Every(SWEEP, seconds=15),
                Every(MISSING, seconds=300),
                Every(MAKING, seconds=86_400),
                Every(FORGETTING, seconds=3600),
                Every(TIDYING, seconds=600),
                Every("interactions.search", seconds=3600),
                Every("complaints.search", seconds=3600),
            ],
        ),
        consumers=Consumers({**CUSTOMER_EVENTS, **STAFF_EVENTS, **TIER_EVENTS, **COMPLAINT_EVENTS}),
        carried={
            "references": references,
            "keeping": _keeping(settings, store),
            "press": Press(),
            "public_url": settings.public_url,
        },
    )
    return Service(blueprint, settings, database=database, bus=bus)


def store_of(settings: Settings) -> ObjectStore:
    """Where files are kept; nothing is asked or made before the first of them."""
    if settings.attachment_bucket_url is None:
        return Folder(settings.attachment_dir)
    signer = Signer(
        settings.attachment_bucket_region,
        settings.attachment_bucket_access_key.get_secret_value(),
        settings.attachment_bucket_secret_key.get_secret_value(),
    )
    return S3(Bucket(settings.attachment_bucket_url, signer, make_client(), utc_now))


def _keeping(settings: Settings, store: ObjectStore) -> Keeping:
    rules = Rules(settings.attachment_most_bytes, frozenset(settings.attachment_types.split()))
    return Keeping(store, rules, settings.attachment_link_seconds)
