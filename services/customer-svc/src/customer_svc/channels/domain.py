"""What kinds of channel there are."""

from typing import Literal, get_args

Kind = Literal["online_shop", "store", "social", "exhibition", "distributor", "sales_team", "other"]
KINDS: tuple[str, ...] = get_args(Kind)
