"""The composition root of scoring-svc: what it serves, hears and does by the clock."""

from scoring_svc.actions.routes import router as actions_router
from scoring_svc.behaviour.routes import router as behaviour_router
from scoring_svc.books.jobs import BOOK_JOBS
from scoring_svc.channels.routes import router as channels_router
from scoring_svc.cohorts.routes import router as cohorts_router
from scoring_svc.drift.jobs import drift_jobs
from scoring_svc.drift.routes import router as drift_router
from scoring_svc.expectations.routes import router as expectations_router
from scoring_svc.facts import due
from scoring_svc.lifecycle.routes import router as lifecycle_router
from scoring_svc.models.queries import Shelf
from scoring_svc.models.routes import router as models_router
from scoring_svc.overrides.routes import router as overrides_router
from scoring_svc.oversight.jobs import oversight_jobs
from scoring_svc.oversight.objection_routes import router as objections_router
from scoring_svc.oversight.routes import router as decisions_router
from scoring_svc.policies.routes import router as policies_router
from scoring_svc.publications.jobs import policy_jobs
from scoring_svc.publications.routes import router as publications_router
from scoring_svc.recommendations.jobs import RECOMMENDATION_JOBS
from scoring_svc.recommendations.routes import router as recommendations_router
from scoring_svc.releases.routes import router as releases_router
from scoring_svc.reports.routes import router as reports_router
from scoring_svc.rfm.routes import router as rfm_router
from scoring_svc.runs.commands import rescore_due
from scoring_svc.runs.consumers import SCORING_EVENTS
from scoring_svc.runs.jobs import scoring_jobs
from scoring_svc.runs.routes import router as runs_router
from scoring_svc.scores.routes import router as scores_router
from scoring_svc.settings import NUMBER, Settings
from scoring_svc.simulations.routes import router as simulations_router
from scoring_svc.standing.routes import router as standing_router
from scoring_svc.states.commands import take_in
from scoring_svc.warnings.count_routes import router as warning_counts_router
from scoring_svc.warnings.jobs import WARNING_JOBS
from scoring_svc.warnings.routes import router as warnings_router
from scoring_svc.workload.routes import router as workload_router
from shared.composition import Blueprint, Service
from shared.db import Database
from shared.jobs import Jobs
from shared.loops import every
from shared.messaging.bus import EventBus
from shared.messaging.consumers import Consumers

_LOOK_SECONDS = 1.0
_GATHERING_SECONDS = 0.01
"""How long a busy worker waits for more customers: a score among others costs a fraction of one alone."""


def build(settings: Settings, bus: EventBus | None = None) -> Service:
    """The service, not started."""
    database = Database(settings.database_url.get_secret_value(), max_size=settings.pool_size, finish=take_in)
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
            lifecycle_router,
            warning_counts_router,
            warnings_router,
            workload_router,
            actions_router,
            policies_router,
            simulations_router,
            publications_router,
            overrides_router,
            models_router,
            releases_router,
            reports_router,
            drift_router,
            decisions_router,
            objections_router,
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
        jobs=_jobs(settings, shelf),
        loops={
            "rescoring": every(
                _LOOK_SECONDS,
                lambda: rescore_due(database, shelf),
                bell=database.signal(due.BELL),
                gathering=_GATHERING_SECONDS,
            )
        },
        carried={"shelf": Shelf()},
    )
    return Service(blueprint, settings, database=database, bus=bus)


def _jobs(settings: Settings, shelf: Shelf) -> Jobs:
    parts = (
        scoring_jobs(shelf, by_itself=settings.model_approval == "gate"),
        policy_jobs(shelf),
        drift_jobs(shelf),
        oversight_jobs(settings.decision_days),
        BOOK_JOBS,
        WARNING_JOBS,
        RECOMMENDATION_JOBS,
    )
    handlers = {kind: handler for part in parts for kind, handler in part.handlers.items()}
    return Jobs(handlers, [plan for part in parts for plan in part.periodic])
