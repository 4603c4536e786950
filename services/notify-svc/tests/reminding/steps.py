"""What the tests of reminders and the inbox do again and again."""

from typing import Any

from notify_svc.firing.clock import fire_until_quiet

MANY = """
    INSERT INTO reminder (id, assignee_id, subject, subject_parameters, due_at, channels, state, source,
                          snooze_count, created_by, created_at, updated_at, version)
    SELECT gen_random_uuid(), ('00000000-0000-0000-0000-' || lpad((n % 7)::text, 12, '0'))::uuid, 'Call',
           '{}', now() - make_interval(secs => n), '{inbox}', 'scheduled', 'manual', 0, $2, now(), now(), 1
    FROM generate_series(1, $1::int) n
"""


async def counts(world: Any) -> Any:
    """Reminders still scheduled, occurrences, inbox items, events; and the most of each per reminder."""
    [row] = await world.sql(
        """
        SELECT (SELECT count(*) FROM reminder WHERE state = 'scheduled') AS waiting,
               (SELECT count(*) FROM reminder_occurrence) AS occurrences,
               (SELECT count(*) FROM inbox_item) AS items,
               (SELECT count(DISTINCT about_id) FROM inbox_item) AS reminded,
               (SELECT count(*) FROM outbox WHERE type = 'reminder.due.v1') AS events,
               (SELECT count(DISTINCT aggregate_id) FROM outbox WHERE type = 'reminder.due.v1') AS told
        """
    )
    return dict(row)


def once(number: Any) -> Any:
    """What `counts` says when so many reminders fired, each exactly once."""
    return {
        "waiting": 0,
        "occurrences": number,
        "items": number,
        "reminded": number,
        "events": number,
        "told": number,
    }


async def fired(world: Any, *owners: Any, subject: Any = "Call") -> None:
    """One item for each owner, oldest first."""
    for owner in owners:
        made = await world.reminder(world.manager, assignee_id=str(owner.id), subject=subject)
        await world.make_late(made["id"], hours=0.1)
        await fire_until_quiet(world.database)


async def items(world: Any, who: Any, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await world.get(who, f"/v1/inbox{query}")).json()["data"]
    return found


async def unread(world: Any, who: Any) -> int:
    return int((await world.get(who, "/v1/inbox/unread-count")).json()["unread"])


async def due(world: Any, who: Any, **given: Any) -> dict[str, Any]:
    made = await world.reminder(who, **given)
    await world.make_late(made["id"], hours=0.1)
    await fire_until_quiet(world.database)
    found: dict[str, Any] = (await world.get(who, f"/v1/reminders/{made['id']}")).json()
    return found


async def history(world: Any, who: Any, reminder_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await world.get(who, f"/v1/reminders/{reminder_id}/history")).json()[
        "data"
    ]
    return found
