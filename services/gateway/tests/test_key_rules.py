"""Rules of keys without a database: their text, what they may, from where they may come."""

import zlib
from datetime import UTC, datetime, timedelta

import pytest

from gateway.api_keys import domain, text
from gateway.api_keys.domain import Giver
from shared.auth.permissions import BY_ROLE, EVERY_PERMISSION, GRANTABLE
from shared.problems import Conflict, Forbidden

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_new_key_reads_back_and_tells_its_kind() -> None:
    key_id = text.new_key_id()
    key = text.new_key("live", key_id)
    read = text.read(key)
    assert read is not None
    assert (read.environment, read.key_id) == ("live", key_id)
    assert key.startswith(text.prefix("live", key_id) + "_")
    assert key == f"{read.body}_{zlib.crc32(read.body.encode()):08x}"
    secret = key.split("_")[3]
    assert 62 ** len(secret) > 2**256
    assert text.new_key("live", key_id) != key


@pytest.mark.parametrize("place", [0, 4, 8, 12, 20, 21, 40, 63, 64, 65, 72])
def test_one_wrong_character_is_noticed(place: int) -> None:
    key = text.new_key("test", text.new_key_id())
    other = "X" if key[place] != "X" else "Y"
    assert text.read(key[:place] + other + key[place + 1 :]) is None


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "tl_live_",
        "tl_live_abc_def_00000000",
        "tl_prod_abcdefghijkl_" + "a" * 43 + "_00000000",
        "tl_live_abcdefghijk\u0661_" + "a" * 43 + "_00000000",
        "tl_live_" * 2000,
    ],
)
def test_what_was_never_a_key_is_none(broken: str) -> None:
    assert text.read(broken) is None


@pytest.mark.parametrize(
    "change", [str.upper, lambda key: key + "\n", lambda key: " " + key, lambda k: k[:-1]]
)
def test_a_key_must_be_copied_exactly(change) -> None:
    assert text.read(change(text.new_key("live", text.new_key_id()))) is None


def test_a_partner_gets_nothing_of_people_keys_rules_and_operators() -> None:
    assert GRANTABLE < EVERY_PERMISSION
    beyond = EVERY_PERMISSION - GRANTABLE
    assert {
        "staff:read",
        "staff:write",
        "api_keys:read",
        "api_keys:write",
        "deadletters:read",
        "deadletters:write",
        "policies:read",
        "models:read",
        "customers:assign",
        "operations:all",
        "distributors:write",
        "channels:write",
        "scores:write",
        "reminders:read",
        "inbox:read",
    } <= beyond
    assert {role for role, may in BY_ROLE.items() if "api_keys:write" in may} == {"admin", "manager"}


def test_nobody_gives_what_they_may_not_or_what_no_key_may_have() -> None:
    domain.refuse_beyond(sorted(GRANTABLE), BY_ROLE["manager"])
    with pytest.raises(Forbidden) as refused:
        domain.refuse_beyond(
            ["orders:read", "staff:read", "orders:write"], BY_ROLE["analyst"] | {"staff:read"}
        )
    assert [error.pointer for error in refused.value.errors] == ["/scopes/1", "/scopes/2"]


def test_a_key_narrows_with_its_giver() -> None:
    scopes = ["orders:read", "orders:write"]
    assert domain.effective(scopes, Giver(frozenset({"manager"}), "all")) == frozenset(scopes)
    assert domain.effective(scopes, Giver(frozenset({"analyst"}), "all")) == {"orders:read"}
    assert domain.effective(scopes, Giver(frozenset({"manager"}), "unit")) == frozenset()
    assert domain.effective(scopes, None) == frozenset()
    assert domain.effective(["staff:write"], Giver(frozenset({"admin"}), "all")) == frozenset()


def test_only_who_sees_everything_gives_keys() -> None:
    domain.refuse_narrow(None)
    with pytest.raises(Forbidden):
        domain.refuse_narrow(frozenset())


def test_how_a_key_stands() -> None:
    later, before = NOON + timedelta(seconds=1), NOON - timedelta(seconds=1)
    assert domain.status(None, None, NOON) == "active"
    assert domain.status(None, later, NOON) == "active"
    assert domain.status(None, NOON, NOON) == "expired"
    assert domain.status(before, later, NOON) == "revoked"
    with pytest.raises(Conflict):
        domain.refuse_revoked(before)


@pytest.mark.parametrize(
    ("address", "networks", "comes"),
    [
        ("10.1.2.3", [], True),
        (None, [], True),
        (None, ["10.0.0.0/8"], False),
        ("10.1.2.3", ["10.0.0.0/8"], True),
        ("11.1.2.3", ["10.0.0.0/8"], False),
        ("11.1.2.3", ["10.0.0.0/8", "11.1.2.3"], True),
        ("::ffff:10.1.2.3", ["10.0.0.0/8"], True),
        ("2001:db8::7", ["2001:db8::/32"], True),
        ("2001:db9::7", ["2001:db8::/32"], False),
        ("2001:db8::7", ["10.0.0.0/8"], False),
        ("10.1.2.3, 1.1.1.1", ["10.0.0.0/8"], False),
        ("testclient", ["0.0.0.0/0", "::/0"], False),
    ],
)
def test_a_key_comes_from_its_networks_only(address: str | None, networks: list[str], comes: bool) -> None:
    read = [domain.read_network(network) for network in networks]
    assert domain.comes_from(address, read) is comes


@pytest.mark.parametrize("wrong", ["", "10.0.0.0/33", "10.0.0.7/8", "example.com", "10.0.0", "::1/129"])
def test_what_is_no_network_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        domain.read_network(wrong)
