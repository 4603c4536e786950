"""Rules of the org units."""

from typing import Literal, get_args

from shared.problems import Invalid

Kind = Literal["team", "region", "product_line", "mixed"]
Status = Literal["active", "closed"]
KINDS: tuple[str, ...] = get_args(Kind)
STATUSES: tuple[str, ...] = get_args(Status)


def check_unit(status: str | None, pointer: str = "/org_unit_id") -> None:
    """Raise Invalid unless new work can be given to a unit of this status (None: there is no such unit)."""
    if status is None:
        raise Invalid.at(
            pointer, "org_unit_unknown", en="There is no such org unit.", zh="没有这个组织单元。"
        )
    if status != "active":
        raise Invalid.at(pointer, "org_unit_closed", en="The org unit is closed.", zh="该组织单元已关闭。")
