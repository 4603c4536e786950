"""How much an identity proves, and whose it is."""

from collections.abc import Container, Iterable
from typing import Literal, NamedTuple, get_args
from uuid import UUID

from shared.problems import Conflict

Kind = Literal["external", "phone", "email", "tax_number", "unionid", "nickname"]
Strength = Literal["strong", "weak"]
KINDS: tuple[str, ...] = get_args(Kind)
STRENGTHS: tuple[str, ...] = get_args(Strength)

_ALWAYS: dict[str, Strength] = {"tax_number": "strong", "unionid": "strong", "nickname": "weak"}
_IF_VERIFIED = ("phone", "email")


def strength_of(kind: str, *, verified: bool, said: Strength | None = None) -> Strength:
    """How much an identity proves: by its kind, of a phone or an e-mail if it is verified.

    Of an external id only its channel can tell: as it was said, else weak.
    """
    if kind in _IF_VERIFIED:
        return "strong" if verified else "weak"
    return _ALWAYS.get(kind) or said or "weak"


class Owner(NamedTuple):
    """A customer that a channel knows by some id, and the distributor behind which it stands.

    `origin_id` is the customer that the channel means, when that one was merged into this.
    """

    customer_id: UUID
    distributor_id: UUID | None
    origin_id: UUID | None = None


def only(owners: Iterable[Owner], among: Container[UUID | None] | None = None) -> Owner | None:
    """The one of these owners, of those of the distributors `among` if they are said.

    Conflict if there are several: two distributors may know different customers by the same id.
    """
    found = [owner for owner in owners if among is None or owner.distributor_id in among]
    if len(found) > 1:
        raise customer_ambiguous()
    return found[0] if found else None


def customer_ambiguous() -> Conflict:
    return Conflict(
        "customer_ambiguous",
        en="Several distributors know a customer by this identity. Say which with distributor_id.",
        zh="多个经销商的客户使用此身份标识，请用 distributor_id 指明。",
    )
