"""What a patch makes of the moment of a reminder."""

from datetime import datetime
from typing import Any

import pytest

from notify_svc.reminders.domain import When, rescheduled
from shared.problems import Invalid


def at(text: Any) -> Any:
    return datetime.fromisoformat(text)


NOW = at("2026-01-01T00:00:00Z")
WALL = When(at("2026-03-02T01:00:00Z"), at("2026-03-02T09:00:00"), "Asia/Shanghai")
PLAIN = When(at("2026-03-02T01:00:00Z"), None, None)


@pytest.mark.parametrize(
    ("current", "changes", "expected"),
    [
        (WALL, {}, WALL),
        (WALL, {"due_at": None}, WALL),
        (WALL, {"local_time": WALL.local_time}, WALL),
        (PLAIN, {"due_at": PLAIN.due_at}, PLAIN),
        (WALL, {"due_at": PLAIN.due_at}, PLAIN),
        (WALL, {"due_at": PLAIN.due_at, "local_time": None, "timezone": None}, PLAIN),
        (PLAIN, {"local_time": WALL.local_time, "timezone": "Asia/Shanghai"}, WALL),
        (PLAIN, {"due_at": None, "local_time": WALL.local_time, "timezone": "Asia/Shanghai"}, WALL),
    ],
)
def test_a_patch_of_the_moment_means(current: Any, changes: Any, expected: Any) -> None:
    assert rescheduled(current, changes, now=NOW) == expected


@pytest.mark.parametrize(
    "changes",
    [{"local_time": None}, {"timezone": None}, {"due_at": NOW, "timezone": "Asia/Tokyo"}],
)
def test_a_patch_that_leaves_no_moment_is_refused(changes: Any) -> None:
    with pytest.raises(Invalid):
        rescheduled(WALL, changes, now=NOW)
