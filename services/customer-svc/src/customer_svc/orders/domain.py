"""Rules of sales history: what may be recorded, and when two reports are the same order."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from shared.problems import Conflict

Kind = Literal["sale", "return"]
KINDS: tuple[str, ...] = get_args(Kind)
Status = Literal["recorded", "voided"]
AHEAD = timedelta(hours=24)

_encode = json.JSONEncoder(separators=(",", ":")).encode


def too_far_ahead(ordered_at: datetime, now: datetime) -> bool:
    """Whether the time lies further in the future than clocks and time zones explain."""
    return ordered_at > now + AHEAD


def order_voided() -> Conflict:
    """What is voided cannot be voided again."""
    return Conflict("order_voided", en="The order is voided already.", zh="该订单已作废。")


def order_returned() -> Conflict:
    """A sale stays as long as something is returned of it."""
    return Conflict(
        "order_returned",
        en="A return refers to this sale. Void the return first.",
        zh="该销售已有退货记录，请先作废退货。",
    )


def fingerprint(fixed: str, texts: Sequence[Any]) -> bytes:
    """What the sender said of an order, in 32 bytes; customer and distributor are compared by themselves.

    `fixed` are the parts whose form leaves no doubt where one ends, `texts` the free ones. The form must
    never change: stored orders are compared with it.
    """
    said = fixed + _encode(texts) if any(texts) else fixed
    return hashlib.sha256(said.encode()).digest()
