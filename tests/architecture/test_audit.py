"""Every service audits, in the same way, and nobody who serves can change what was written."""

import asyncpg
import pytest

from shared.audit.readings import IMPERSONAL, PERSONAL
from shared.auth.permissions import EVERY_PERMISSION, FOR_SERVICES
from shared.migrations.audit_v1 import TABLES

from .conftest import MODULES


def test_every_resource_is_known_to_tell_of_people_or_not() -> None:
    resources = {permission.partition(":")[0] for permission in EVERY_PERMISSION | FOR_SERVICES}
    assert resources == PERSONAL | IMPERSONAL
    assert not PERSONAL & IMPERSONAL


@pytest.mark.parametrize("service", MODULES)
async def test_the_role_that_serves_can_only_add_to_the_audit(
    service: str, service_database, owner_urls: dict[str, str]
) -> None:
    connection = await asyncpg.connect(service_database(service).app_url)
    try:
        for table in TABLES:
            for kind in ("SELECT", "INSERT"):
                assert await connection.fetchval("SELECT has_table_privilege($1, $2)", table, kind)
            for kind in ("UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"):
                assert not await connection.fetchval("SELECT has_table_privilege($1, $2)", table, kind)
            for statement in (f"DELETE FROM {table}", f"TRUNCATE {table}"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(statement)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("UPDATE audit_entry SET status = 200")
    finally:
        await connection.close()


@pytest.mark.parametrize("service", MODULES)
async def test_not_even_the_owner_changes_the_audit_by_mistake(
    service: str, owner_urls: dict[str, str]
) -> None:
    connection = await asyncpg.connect(owner_urls[service])
    try:
        for table in TABLES:
            for statement in (f"DELETE FROM {table}", f"TRUNCATE {table}"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError, match="stay as they are"):
                    await connection.execute(statement)
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="stay as they are"):
            await connection.execute("SET tonglu.audit_retires = 'on'; UPDATE audit_entry SET status = 200")
    finally:
        await connection.close()
