"""The tables in code and the migrated database are the same, and the register begins with channels."""

from collections.abc import Callable

from customer_svc.app import build
from customer_svc.tables import Base
from shared.db import Database
from shared.db.migrate import differences
from shared.references.tables import CustomerReference
from tonglu_local.postgres import ServiceUrls


async def test_the_tables_in_code_are_the_migrated_ones(service_database: Callable[[str], ServiceUrls]):
    assert build.__module__ == "customer_svc.app", "its imports declare every table"
    declared = [Base.metadata, CustomerReference.metadata]
    urls = service_database("customer_fresh")
    assert await differences("customer_svc", urls.owner_url, declared) == []


async def test_a_new_database_has_a_register_of_channels(service_database: Callable[[str], ServiceUrls]):
    urls = service_database("customer_fresh")
    await differences("customer_svc", urls.owner_url, [Base.metadata])
    database = Database(urls.app_url)
    await database.open()
    async with database.read() as db:
        kinds = await db.connection.fetch("SELECT DISTINCT kind FROM channel WHERE confirmed")
    await database.close()
    assert len(kinds) == 7
