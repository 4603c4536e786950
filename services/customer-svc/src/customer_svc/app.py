"""The composition root of customer-svc."""

from functools import partial
from typing import Any

from customer_svc.channels.routes import router as channels
from customer_svc.contacts.routes import router as contacts
from customer_svc.contracts.jobs import JOB as CONTRACTS
from customer_svc.contracts.jobs import end_contracts
from customer_svc.contracts.routes import router as contracts
from customer_svc.custom_fields.commands import JOB as FIELDS
from customer_svc.custom_fields.jobs import refill_index
from customer_svc.custom_fields.routes import router as custom_fields
from customer_svc.customers.indexing import JOB as INDEXING
from customer_svc.customers.indexing import catch_up
from customer_svc.customers.routes import router as customers
from customer_svc.distributors.routes import router as distributors
from customer_svc.duplicates.commands import JOB as DUPLICATES
from customer_svc.duplicates.commands import Rules
from customer_svc.duplicates.jobs import search_archive
from customer_svc.duplicates.routes import registering
from customer_svc.duplicates.routes import router as duplicates
from customer_svc.exports.commands import JOB as EXPORT
from customer_svc.exports.commands import TIDYING as TIDYING_EXPORTS
from customer_svc.exports.jobs import run_export, tidy_exports
from customer_svc.exports.routes import router as exports
from customer_svc.identities.routes import router as identities
from customer_svc.interactions.clients import Interactions
from customer_svc.merges.routes import router as merges
from customer_svc.orders.routes import router as orders
from customer_svc.org_units.routes import router as org_units
from customer_svc.quality.commands import judge_touched
from customer_svc.quality.jobs import JOB as JUDGING
from customer_svc.quality.jobs import keep_judged
from customer_svc.quality.routes import router as quality
from customer_svc.recipients.routes import router as recipients
from customer_svc.retellings.commands import JOB as RETELLING
from customer_svc.retellings.jobs import tell_anew
from customer_svc.retellings.routes import router as retellings
from customer_svc.search.routes import router as search
from customer_svc.settings import Settings, shown
from customer_svc.staff.consumers import STAFF_EVENTS
from customer_svc.transfers.commands import JOB, TIDYING
from customer_svc.transfers.jobs import run_import, tidy_imports
from customer_svc.transfers.routes import router as transfers
from customer_svc.undos.commands import JOB as UNDO
from customer_svc.undos.jobs import run_undo
from customer_svc.undos.routes import router as undos
from customer_svc.views.routes import router as views
from shared.auth.delegation import Delegations
from shared.composition import Blueprint, Service
from shared.db import Database
from shared.http.client import make_client
from shared.jobs import Every, Jobs
from shared.messaging.bus import EventBus
from shared.messaging.consumers import Consumers
from shared.sealing import Sealer

NUMBER = 1


def build(
    settings: Settings, bus: EventBus | None = None, *, gateway: Any = None, interactions: Any = None
) -> Service:
    """The service from its settings; without a bus it uses the broker that they name.

    `gateway` and `interactions` are HTTP clients that reach these services in this process; without them
    they are made from the settings.
    """
    sealer = Sealer(settings.data_key.get_secret_value())
    delegations = Delegations(gateway or make_client(), settings.gateway_url)
    elsewhere = Interactions(interactions or make_client(settings.interaction_url), delegations, sealer)
    blueprint = Blueprint(
        name="customer-svc",
        package="customer_svc",
        number=NUMBER,
        title="Tonglu customers 客户档案",
        description="Customers, contacts, channels, identities, distributors, org units, orders, imports.",
        routers=[
            identities,
            search,
            customers,
            registering,
            orders,
            contacts,
            contracts,
            distributors,
            org_units,
            channels,
            custom_fields,
            transfers,
            undos,
            views,
            exports,
            duplicates,
            merges,
            quality,
            retellings,
            recipients,
        ],
        consumers=Consumers(STAFF_EVENTS),
        carried={
            "duplicate_rules": Rules(shown(settings.duplicate_fields), settings.duplicate_disclosures),
            "interactions": elsewhere,
        },
        jobs=Jobs(
            {
                JOB: partial(run_import, interactions=elsewhere),
                TIDYING: tidy_imports,
                UNDO: partial(run_undo, interactions=elsewhere),
                EXPORT: partial(run_export, interactions=elsewhere),
                TIDYING_EXPORTS: tidy_exports,
                INDEXING: catch_up,
                FIELDS: refill_index,
                JUDGING: keep_judged,
                DUPLICATES: search_archive,
                RETELLING: tell_anew,
                CONTRACTS: end_contracts,
            },
            periodic=[
                Every(kind, seconds=3600) for kind in (TIDYING, TIDYING_EXPORTS, INDEXING, JUDGING, CONTRACTS)
            ],
        ),
    )
    database = Database(
        settings.database_url.get_secret_value(),
        max_size=settings.pool_size,
        sealer=sealer,
        finish=judge_touched,
    )
    return Service(blueprint, settings, database=database, bus=bus)
