"""Which addresses may be asked on somebody else's word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.http.guard import Refused, all_public, is_public, target_of, trusted_of


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://example.com/", "not_https"),
        ("ftp://example.com/", "not_https"),
        ("file:///etc/passwd", "url_invalid"),
        ("https://", "url_invalid"),
        ("example.com/hook", "url_invalid"),
        ("https://example.com:80/", "port_not_allowed"),
        ("https://example.com:22/", "port_not_allowed"),
        ("https://example.com:99999/", "url_invalid"),
        ("https://user@example.com/", "userinfo_not_allowed"),
        ("https://user:word@example.com/", "userinfo_not_allowed"),
        ("https://public.example@127.0.0.1/", "userinfo_not_allowed"),
        ("https://@example.com/", "userinfo_not_allowed"),
        ("https://127.0.0.1/", "address_not_public"),
        ("https://169.254.169.254/latest/meta-data/", "address_not_public"),
        ("https://10.1.2.3/", "address_not_public"),
        ("https://[::1]/", "address_not_public"),
        ("https://[::ffff:127.0.0.1]/", "address_not_public"),
        ("https://[::ffff:a9fe:a9fe]/", "address_not_public"),
        ("https://[64:ff9b::7f00:1]/", "address_not_public"),
        ("https://[2002:7f00:1::]/", "address_not_public"),
        ("https://[fe80::1%25eth0]/", "address_not_public"),
        ("https://[fd00::1]/", "address_not_public"),
        ("https://2130706433/", "host_invalid"),
        ("https://0x7f000001/", "host_invalid"),
        ("https://0x7f.1/", "host_invalid"),
        ("https://0177.0.0.1/", "host_invalid"),
        ("https://127.1/", "host_invalid"),
        ("https://a.b.1/", "host_invalid"),
        ("https://example/", "host_invalid"),
        ("https://localhost/", "host_invalid"),
        ("https://it.localhost/", "address_not_public"),
        ("https://metadata.google.internal/", "address_not_public"),
        ("https://printer.local./", "address_not_public"),
        ("https://example.com\\@127.0.0.1/", "url_invalid"),
        ("https://exa mple.com/", "url_invalid"),
        ("https://example.com/\r\nHost: other", "url_invalid"),
        ("https://example.com/#part", "url_invalid"),
        ("https://example.com/%zz", "url_invalid"),
        ("https://" + "a" * 64 + ".com/", "host_invalid"),
        ("https://example.com/" + "a" * 2000, "url_invalid"),
        ("https://①②⑦.0.0.1/", "address_not_public"),
    ],
)
def test_what_is_wrong_with_an_address_is_said_without_asking_anybody(url: str, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        target_of(url)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("https://Example.COM", "https://example.com/"),
        ("https://example.com:443/a?b=c", "https://example.com/a?b=c"),
        ("https://example.com:8443/a", "https://example.com:8443/a"),
        ("https://example.com./a", "https://example.com/a"),
        (
            "https://例子.中国/通知?名=值",
            "https://xn--fsqu00a.xn--fiqs8s/%E9%80%9A%E7%9F%A5?%E5%90%8D=%E5%80%BC",
        ),
        ("https://8.8.8.8/", "https://8.8.8.8/"),
        ("https://[2606:4700::1111]:8443/", "https://[2606:4700::1111]:8443/"),
    ],
)
def test_a_good_address_is_written_in_one_way(url: str, written: str) -> None:
    found = target_of(url)
    assert found.url == written
    assert target_of(found.url) == found


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.31.255.255", "192.0.0.8"),  # noqa: S104
        *("192.168.1.1", "198.18.0.1", "203.0.113.9", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "::127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b:1::1", "100::1"),
        *("2001:db8::1", "2001::1", "2002:a00:1::1", "3fff::1", "5f00::1", "fc00::1", "fe80::1", "ff02::1"),
        *("fec0::1", "2001:0:7f00:1::", "2001:0:808:808:0:0:80ff:fffe", "2600::5efe:7f00:1", "no address"),
        *("fe80::5efe:808:808", "2001:db8::1%eth0"),
    ],
)
def test_addresses_that_are_nobodys_or_ours_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("1.1.1.1", "8.8.8.8", "223.5.5.5", "2606:4700:4700::1111", "2400:3200::1", "::ffff:8.8.8.8"),
        *("64:ff9b::808:808", "2002:808:808::1"),
    ],
)
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


def test_one_private_address_among_public_ones_spoils_a_name_and_so_does_none_at_all() -> None:
    assert all_public(["8.8.8.8", "2606:4700::1"])
    assert not all_public(["8.8.8.8", "127.0.0.1"])
    assert not all_public([])


@given(st.integers(0, 2**32 - 1))
def test_an_ipv4_address_is_as_public_as_whatever_carries_it(number: int) -> None:
    plain = ".".join(str(byte) for byte in number.to_bytes(4, "big"))
    high, low = number >> 16, number & 0xFFFF
    carriers = (f"::ffff:{plain}", f"64:ff9b::{plain}", f"2002:{high:x}:{low:x}::1")
    assert {is_public(carrier) for carrier in carriers} == {is_public(plain)}


@given(st.text(max_size=60))
def test_no_text_at_all_makes_the_guard_stumble(text: str) -> None:
    for url in (text, f"https://{text}/", f"https://example.com/{text}"):
        try:
            found = target_of(url)
        except Refused:
            continue
        assert found.url.isascii()
        assert found.scheme == "https"


def test_a_setting_lets_one_host_and_port_through_and_nothing_beside_it() -> None:
    trusted = trusted_of(["sink.corp:8080", "127.0.0.1:9000", "[::1]:9001"])
    assert target_of("http://sink.corp:8080/x", trusted).trusted
    assert target_of("http://127.0.0.1:9000/x", trusted).trusted
    assert target_of("http://[::1]:9001/x", trusted).trusted
    for url in (
        "http://sink.corp/x",
        "http://sink.corp:8081/x",
        "http://127.0.0.1:9001/",
        "http://a.sink.corp:8080/",
    ):
        with pytest.raises(Refused):
            target_of(url, trusted)
    for wrong in ("sink.corp", ":80", "sink:0", "sink:x", "sink:99999"):
        with pytest.raises(ValueError, match="host:port"):
            trusted_of([wrong])
