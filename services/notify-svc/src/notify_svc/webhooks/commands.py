"""Every change of webhooks that somebody asks for."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, insert, null, update

from notify_svc.partners import commands as partners
from notify_svc.webhooks import domain, queries, signing
from notify_svc.webhooks.queries import ENDPOINT, LANE
from shared.auth import Principal
from shared.db import Record, Tx, prepare
from shared.http import check_version
from shared.http.guard import Refused, Trusted, target_of
from shared.problems import Conflict, Invalid, Unavailable
from shared.sealing import Sealer

_CHANGING = (
    "url",
    "description",
    "event_types",
    "permissions",
    "state",
    "disabled_reason",
    "disabled_at",
    "secret",
    "previous_secret",
    "previous_until",
    "deleted_at",
    "updated_at",
    "version",
)
_ADD = prepare(insert(ENDPOINT), *ENDPOINT.c.keys())
_ADD_LANE = prepare(insert(LANE).values(fence=0, delivered=0, failed_attempts=0, replays=0), "endpoint_id")
_SAVE = prepare(update(ENDPOINT).where(ENDPOINT.c.id == bindparam("b_id")), *_CHANGING)
_REST_NO_MORE = prepare(
    update(LANE).where(LANE.c.endpoint_id == bindparam("b_id", type_=Uuid)).values(rest_until=null())
)
_NO_LONGER_FAILING = prepare(
    update(LANE)
    .where(LANE.c.endpoint_id == bindparam("b_id", type_=Uuid))
    .values(rest_until=null(), failing_since=null())
)
_WORDS: dict[str, tuple[str, str]] = {
    "url_invalid": ("is not an address that can be asked", "不是有效的地址"),
    "not_https": ("must begin with https://", "必须以 https:// 开头"),
    "userinfo_not_allowed": ("must hold no user and no password", "不得包含用户名或密码"),
    "port_not_allowed": ("must use port 443 or 8443", "端口须为 443 或 8443"),
    "host_invalid": ("does not name a host on the internet", "主机名无效"),
    "address_not_public": ("leads to an address that is not public", "指向非公网地址"),
}


def checked_url(url: str, trusted: Trusted) -> str:
    """The address in its one spelling; Invalid for what is known not to be asked."""
    try:
        return target_of(url, trusted).url
    except Refused as refused:
        en, zh = _WORDS[refused.reason]
        raise Invalid.at("/url", refused.reason, en=en, zh=zh) from None


async def create(
    tx: Tx, given: dict[str, Any], *, caller: Principal, sealer: Sealer, trusted: Trusted
) -> tuple[UUID, str]:
    """A new webhook and the only sight of its secret; Invalid for a bad address or type.

    Conflict when its owner has the most already.
    """
    queries.refuse_narrow(caller)
    owner = None if caller.kind == "staff" else caller.id
    url = checked_url(given["url"], trusted)
    types = domain.checked_patterns(given["event_types"], caller.permissions)
    most = domain.MOST_OF_THE_COMPANY if owner is None else domain.MOST_OF_A_KEY
    if await queries.count_of(tx, owner) >= most:
        raise _too_many(most)
    secret, webhook_id = signing.new_secret(), tx.new_id()
    row = {
        **dict.fromkeys(ENDPOINT.c.keys()),
        **given,
        "id": webhook_id,
        "url": url,
        "event_types": types,
        "distributor_id": None if owner is None else await _home_of(tx, caller),
        "owner_id": owner,
        "permissions": _kept(caller),
        "state": "enabled",
        "secret": signing.sealed(sealer, webhook_id, secret),
        "created_by": caller.id,
        "created_at": tx.now,
        "updated_at": tx.now,
        "version": 1,
    }
    await tx.run(_ADD, **row)
    await tx.run(_ADD_LANE, endpoint_id=webhook_id)
    return webhook_id, signing.shown(secret)


def _kept(caller: Principal) -> list[str] | None:
    """What a key may, as far as events ask for it; the company may have everything that can be had."""
    if caller.kind == "staff":
        return None
    return sorted(frozenset(domain.PERMISSION.values()) & caller.permissions)


async def _home_of(tx: Tx, caller: Principal) -> UUID:
    """The distributor of a key; what its token says of the tree is remembered."""
    if caller.home is None:
        raise Unavailable(
            "home_unknown_yet", en="It is not known yet whose key this is.", zh="暂时无法确认密钥所属渠道商。"
        )
    await partners.vouch(tx, caller.home, caller.scope.distributors or ())
    return caller.home


def _too_many(most: int) -> Conflict:
    return Conflict(
        "too_many_webhooks",
        en=f"There are {most} webhooks already, which is the most.",
        zh=f"已达到 {most} 个 Webhook 的上限。",
        extra={"most": most},
    )


async def change(
    tx: Tx,
    webhook_id: UUID,
    changes: dict[str, Any],
    *,
    caller: Principal,
    trusted: Trusted,
    expected: int | None,
) -> None:
    """Apply a patch; a key's webhook goes by what the key may at this moment from now on."""
    before = await _changeable(tx, webhook_id, caller, expected)
    if "url" in changes:
        changes["url"] = checked_url(changes["url"], trusted)
    if "event_types" in changes:
        changes["event_types"] = domain.checked_patterns(changes["event_types"], _permissions(before, caller))
    if before["owner_id"] == caller.id:
        await _home_of(tx, caller)
        changes["permissions"] = _kept(caller)
    await _save(tx, before, **changes)


def _permissions(before: Record, caller: Principal) -> frozenset[str]:
    """By what types are chosen: staff give a partner's webhook nothing that its key may not."""
    if before["owner_id"] is None or before["owner_id"] == caller.id:
        return caller.permissions
    return frozenset(before["permissions"])


async def remove(
    tx: Tx, webhook_id: UUID, *, caller: Principal, sealer: Sealer, expected: int | None
) -> None:
    """Nothing is sent any more, and its secret is gone; what was sent is forgotten by and by."""
    before = await _changeable(tx, webhook_id, caller, expected)
    nothing = signing.sealed(sealer, webhook_id, b"")
    gone = {"deleted_at": tx.now, "secret": nothing, "previous_secret": None, "previous_until": None}
    await _save(tx, before, **gone)


async def rotate(
    tx: Tx, webhook_id: UUID, *, overlap: timedelta, caller: Principal, sealer: Sealer, expected: int | None
) -> str:
    """A new secret, shown once; everything is signed with the old one, too, until the overlap ends.

    The secret before the old one ends now.
    """
    before = await _changeable(tx, webhook_id, caller, expected)
    secret, overlaps = signing.new_secret(), overlap > timedelta()
    await _save(
        tx,
        before,
        secret=signing.sealed(sealer, webhook_id, secret),
        previous_secret=before["secret"] if overlaps else None,
        previous_until=tx.now + overlap if overlaps else None,
    )
    return signing.shown(secret)


async def retire_secret(tx: Tx, webhook_id: UUID, *, caller: Principal, expected: int | None) -> None:
    """The old secret ends now; without one nothing changes."""
    before = await _changeable(tx, webhook_id, caller, expected)
    if before["previous_secret"] is not None:
        await _save(tx, before, previous_secret=None, previous_until=None)


async def enable(tx: Tx, webhook_id: UUID, *, caller: Principal, expected: int | None) -> None:
    """Send again, what waited first; it has five days anew. Enabling twice is enabling once.

    Conflict for one whose key was revoked: there is nobody any more in whose name to send.
    """
    await touch_lane(tx, webhook_id, caller=caller, well=True)
    before = await _changeable(tx, webhook_id, caller, expected)
    if before["disabled_reason"] == "key_revoked":
        raise Conflict(
            "key_revoked", en="The key of this webhook was revoked.", zh="该 Webhook 的密钥已被吊销。"
        )
    if before["state"] == "disabled":
        await _save(tx, before, state="enabled", disabled_reason=None, disabled_at=None)


async def disable(tx: Tx, webhook_id: UUID, *, caller: Principal, expected: int | None) -> None:
    """Send nothing; what comes meanwhile can be replayed for thirty days."""
    before = await _changeable(tx, webhook_id, caller, expected)
    if before["state"] == "enabled":
        await _save(tx, before, state="disabled", disabled_reason="by_hand", disabled_at=tx.now)


async def touch_lane(tx: Tx, webhook_id: UUID, *, caller: Principal, well: bool = False) -> None:
    """Somebody wants something sent: no rest holds it up, and with `well` no failure is remembered.

    Before the webhook or a delivery is locked, as whoever sends locks them in that order. NotFound as ever.
    """
    await queries.webhook(tx, webhook_id, caller=caller)
    queries.refuse_narrow(caller)
    await tx.run(_NO_LONGER_FAILING if well else _REST_NO_MORE, b_id=webhook_id)


async def _changeable(tx: Tx, webhook_id: UUID, caller: Principal, expected: int | None) -> Record:
    before = await queries.webhook_for_update(tx, webhook_id, caller=caller)
    check_version(expected, before["version"])
    return before


async def _save(tx: Tx, before: Record, **changes: Any) -> None:
    after = {
        **{name: before[name] for name in _CHANGING},
        **changes,
        "updated_at": tx.now,
        "version": before["version"] + 1,
    }
    await tx.run(_SAVE, b_id=before["id"], **after)
