"""Values that only stand in for one: 无, N/A, -, 13800000000, test@test.com."""

import re

_WORDS = frozenset(
    (
        *(
            "无",
            "無",
            "暂无",
            "暫無",
            "没有",
            "沒有",
            "不详",
            "不詳",
            "未知",
            "未填",
            "未填写",
            "待定",
            "待补充",
        ),
        *("空", "测试", "測試", "略", "同上", "某某", "匿名"),
        *(
            "n/a",
            "na",
            "n.a.",
            "none",
            "null",
            "nil",
            "undefined",
            "unknown",
            "tbd",
            "todo",
            "test",
            "testing",
        ),
        *("abc", "asdf", "qwerty", "anonymous", "dummy", "default", "not available", "not applicable"),
    )
)
_SAYS_SOMETHING = re.compile(r"[^\W_]")
_FILLER = re.compile("x+|0+")
_COUNTED = "01234567890123456789"
_HOTLINES = frozenset(("+8613800138000",))
"""The number of a hotline, which everybody knows by heart and nobody is reached under."""
_ZEROS = "0" * 7
_DIGITS_IN_A_ROW = 8
_MAILBOXES = frozenset(
    (
        *("test", "testing", "none", "null", "na", "unknown", "noemail", "nomail", "no", "xxx", "aaa", "abc"),
        *("asdf", "dummy", "fake", "111", "123", "1234", "12345", "123456", "111111", "000000"),
    )
)
_DOMAINS = frozenset(("test.com", "test.cn", "none.com", "xxx.com", "abc.com", "aaa.com", "email.com"))
# RFC 2606: names that nobody can own.
_RESERVED = re.compile(r"(^|\.)(example(\.(com|net|org))?|test|invalid|localhost)$")


def stands_in(text: str) -> bool:
    """Whether a text says nothing: a word for nothing, xxx or 000, no letter or digit at all."""
    said = " ".join(text.casefold().split())
    return said in _WORDS or _FILLER.fullmatch(said) is not None or not _SAYS_SOMETHING.search(said)


def stands_in_as_phone(number: str) -> bool:
    """Whether an E.164 number is one that people type when they have none."""
    if number in _HOTLINES or number.endswith(_ZEROS):
        return True
    tail = number[-_DIGITS_IN_A_ROW:]
    return tail in _COUNTED or tail in _COUNTED[::-1]


def stands_in_as_email(address: str) -> bool:
    """Whether an address is one that people type when they have none."""
    mailbox, _, domain = address.casefold().rpartition("@")
    return mailbox in _MAILBOXES or domain in _DOMAINS or _RESERVED.search(domain) is not None
