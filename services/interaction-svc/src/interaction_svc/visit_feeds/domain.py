"""What a calendar's address is made of, whose it may be, and which visits stand in it."""

import hashlib
from collections.abc import Iterable
from datetime import timedelta

from shared.auth.permissions import permissions_of
from shared.problems import Forbidden, NotFound

BACK = timedelta(days=90)
AHEAD = timedelta(days=366)
MOST = 2000
PATH = "/v1/visits.ics"
READING = "interactions:read"


def hashed(token: str) -> bytes:
    """What is kept of a token. It is 256 bits of chance, so a plain hash tells nothing of it."""
    return hashlib.sha256(token.encode()).digest()


def may_read(roles: Iterable[str]) -> bool:
    """Whether somebody with these roles may see visits at all."""
    return READING in permissions_of(roles)


def staff_only() -> Forbidden:
    """The refusal of a calendar to what is no person."""
    return Forbidden(
        "feed_of_staff_only",
        en="A calendar is a person's own; a key has none.",
        zh="日历订阅仅供员工个人使用，密钥不可用。",
    )


def no_such_feed() -> NotFound:
    """The one answer to a wrong token, an ended one, and that of somebody who may not see visits any more."""
    return NotFound("not_found", en="There is no such calendar.", zh="没有这个日历。")
