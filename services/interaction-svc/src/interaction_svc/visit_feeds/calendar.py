"""Visits as an iCalendar document (RFC 5545); the library escapes and folds every text."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from icalendar import Calendar, Event

_STATUS = {"planned": "CONFIRMED", "done": "CONFIRMED", "missed": "CONFIRMED", "cancelled": "CANCELLED"}
_REFRESH = timedelta(minutes=15)
_MOST_LETTERS = 1000
"""Of what is to be done; who wants more of it reads the visit."""


class Press:
    """Writes one calendar at a time, in a thread: thousands of visits take longer than a loop may wait."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(1)

    async def written(self, visits: Iterable[Mapping[str, Any]]) -> bytes:
        """As `written`, beside whatever else there is to do."""
        async with self._free:
            return await asyncio.to_thread(written, visits)


def written(visits: Iterable[Mapping[str, Any]]) -> bytes:
    """The document, times in UTC. UIDs stay the same for a visit, SEQUENCE is its version from 0 on."""
    calendar = Calendar()
    calendar.add("prodid", "-//Tonglu//Visits//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", "拜访 Visits")
    calendar.add("refresh-interval", _REFRESH, parameters={"value": "DURATION"})
    for visit in visits:
        calendar.add_component(_event(visit))
    found: bytes = calendar.to_ical()
    return found


def _event(visit: Mapping[str, Any]) -> Event:
    event = Event()
    event.add("uid", f"{visit['id']}@visits.tonglu")
    event.add("sequence", visit["version"])
    event.add("status", _STATUS[visit["status"]])
    event.add("dtstamp", visit["updated_at"])
    event.add("created", visit["created_at"])
    event.add("last-modified", visit["updated_at"])
    event.add("dtstart", visit["starts_at"])
    event.add("dtend", visit["ends_at"])
    event.add("summary", visit["purpose"])
    if description := _description(visit):
        event.add("description", description)
    _add_place(event, visit["place"])
    return event


def _description(visit: Mapping[str, Any]) -> str:
    """What is to be done, and below it who comes along."""
    content = visit["content"] or ""
    if len(content) > _MOST_LETTERS:
        content = f"{content[: _MOST_LETTERS - 1]}…"
    names = [one["name"] for one in visit["participants"] if one["name"]]
    return "\n\n".join(filter(None, (content, "、".join(names))))


def _add_place(event: Event, place: Mapping[str, Any] | None) -> None:
    if place is None:
        return
    event.add("location", place["text"])
    if place["latitude"] is not None:
        event.add("geo", (place["latitude"], place["longitude"]))
