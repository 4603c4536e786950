"""The composition root of scoring-svc: what it serves, hears and does by the clock."""

from scoring_svc.behaviour.routes import router as behaviour_router
from scoring_svc.channels.routes import router as channels_router
from scoring_svc.cohorts.routes import router as cohorts_router
from scoring_svc.expectations.routes import router as expectations_router
from scoring_svc.facts import due
from scoring_svc.models.queries import Shelf
from scoring_svc.models.routes import router as models_router
from scoring_svc.policies.routes import router as policies_router
from scoring_svc.recommendations.routes import router as recommendations_router
from scoring_svc.rfm.routes import router as rfm_router
from scoring_svc.runs.commands import rescore_due
from scoring_svc.runs.consumers import SCORING_EVENTS
from scoring_svc.runs.jobs import scoring_jobs
from scoring_svc.runs.routes import NUMBER
from scoring_svc.runs.routes import router as runs_router
from scoring_svc.scores.routes import router as scores_router
from scoring_svc.settings import Settings
from scoring_svc.standing.routes import router as standing_router
from scoring_svc.warnings.routes import router as warnings_router
from shared.composition import Blueprint, Service
from shared.db import Database
from shared.loops import every
from shared.messaging.bus import EventBus
from shared.messaging.consumers import Consumers

_LOOK_SECONDS = 1.0


def build(settings: Settings, bus: EventBus | None = None) -> Service:
    """The service, not started."""
    database = Database(settings.database_url.get_secret_value(), max_size=settings.pool_size)
    shelf = Shelf()
    blueprint = Blueprint(
        name="scoring-svc",
        package="scoring_svc",
        number=NUMBER,
        title="Tonglu scoring-svc",
        description="What a customer is worth and whether it may be lost: tier 客户等级, value 客户价值, "
        "churn risk 流失风险 with its reasons, lifecycle stage 生命周期.",
        routers=[
            scores_router,
            warnings_router,
            policies_router,
            models_router,
            runs_router,
            rfm_router,
            cohorts_router,
            behaviour_router,
            channels_router,
            standing_router,
            expectations_router,
            recommendations_router,
        ],
        consumers=Consumers(SCORING_EVENTS),
        jobs=scoring_jobs(shelf),
        loops={
            "rescoring": every(
                _LOOK_SECONDS, lambda: rescore_due(database, shelf), bell=database.signal(due.BELL)
            )
        },
    )
    return Service(blueprint, settings, database=database, bus=bus)
