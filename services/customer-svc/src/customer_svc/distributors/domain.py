"""Rules of the distributor archive."""

from typing import Literal, get_args
from uuid import UUID

from shared.problems import Invalid

Status = Literal["prospect", "onboarding", "active", "suspended", "ended"]
STATUSES: tuple[str, ...] = get_args(Status)


def unknown_distributor(pointer: str = "/distributor_id") -> Invalid:
    """The one answer to a distributor that is absent or out of sight."""
    return Invalid.at(
        pointer, "distributor_unknown", en="There is no such distributor.", zh="没有这个经销商。"
    )


def home(mine: frozenset[UUID] | None, wanted: UUID | None) -> UUID | None:
    """Whose a new record is: as wanted or, for a partner who does not say, its own.

    `mine` are the distributors in sight (None: all). Raises Invalid when the wanted one is not among them,
    or when a partner with several distributors does not say which.
    """
    if mine is None or wanted in mine:
        return wanted
    if wanted is not None:
        raise unknown_distributor()
    if len(mine) == 1:
        return next(iter(mine))
    raise Invalid.at(
        "/distributor_id",
        "distributor_required",
        en="Say which of your distributors this is for.",
        zh="请指明所属的经销商。",
    )
