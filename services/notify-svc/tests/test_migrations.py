"""What an older system left in the database is there after the migrations, and fires."""

from collections.abc import Callable
from uuid import UUID

import asyncpg

from notify_svc.firing.clock import fire_until_quiet
from shared.clock import new_id
from shared.db import Database
from shared.db.migrate import upgrade
from tonglu_local.postgres import ServiceUrls

SEES_ALL = {"app.distributor": "*", "app.holders": "*"}
_OLD = """
    INSERT INTO reminder (id, assignee_id, subject, subject_parameters, due_at, channels, state, source,
        snooze_count, created_by, closed_at, created_at, updated_at, version)
    VALUES ($1, $2, 'Call', '{}', now(), '{inbox}', $3, 'manual', 0, $2,
        CASE WHEN $3 IN ('done', 'cancelled') THEN now() END, now(), now(), 1)
"""


async def test_reminders_and_items_of_before_series_stay_as_they_are(
    service_database: Callable[[str], ServiceUrls],
) -> None:
    urls, person = service_database("notify_older"), new_id()
    await upgrade("notify_svc", urls.owner_url, to="0005")
    connection = await asyncpg.connect(urls.app_url, server_settings=SEES_ALL)
    ids: dict[str, UUID] = {state: new_id() for state in ("scheduled", "due", "missed", "done", "cancelled")}
    for state, reminder_id in ids.items():
        await connection.execute(_OLD, reminder_id, person, state)
    await connection.execute(
        "INSERT INTO reminder_occurrence VALUES ($1, $2, NULL, now(), 'fired', now())", new_id(), ids["due"]
    )
    await connection.execute("INSERT INTO inbox_box VALUES ($1, 1)", person)
    await connection.execute(
        "INSERT INTO inbox_item (id, recipient_id, number, kind, subject, subject_parameters, about_id,"
        " created_at) VALUES ($1, $2, 1, 'reminder.due', 'Call', '{}', $3, now())",
        new_id(),
        person,
        ids["due"],
    )
    await upgrade("notify_svc", urls.owner_url)
    found = dict(await connection.fetch("SELECT id, state FROM reminder"))
    assert found == {reminder_id: state for state, reminder_id in ids.items()}
    assert await connection.fetchval("SELECT only_if FROM reminder LIMIT 1") == "{}"
    assert await connection.fetchval("SELECT done_at FROM inbox_item") is None
    database = Database(urls.app_url)
    await database.open()
    await fire_until_quiet(database)
    await database.close()
    assert await connection.fetchval("SELECT state FROM reminder WHERE id = $1", ids["scheduled"]) == "due"
    assert await connection.fetchval("SELECT max(number) FROM inbox_item") == 2
    await connection.close()
