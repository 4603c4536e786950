"""Rules of staff accounts: good passwords, and that somebody can always administer."""

import re
from collections.abc import Collection, Mapping
from typing import Any, Literal
from uuid import UUID

from shared.problems import Conflict, Forbidden, Invalid

Role = Literal["admin", "manager", "sales", "service", "analyst"]
Status = Literal["active", "disabled"]
DataScope = Literal["own", "unit", "all"]

LEAST_PASSWORD = 10
FIRST_ADMIN = "admin"

_GUESSED_FIRST = (
    "password",
    "passw0rd",
    "p@ssw0rd",
    "passwort",
    "administrator",
    "admin",
    "root",
    "tonglu",
    "changeme",
    "changeit",
    "letmein",
    "welcome",
    "qwertyuiop",
    "qwerty",
    "iloveyou",
    "default",
    "secret",
    "test",
)
_COMMON = re.compile(rf"(?:{'|'.join(map(re.escape, _GUESSED_FIRST))}|[\W\d_])+")


def check_password(password: str, username: str, *, pointer: str = "/password") -> None:
    """Raise Invalid for a password that is short, holds the user name, or is among the first guesses.

    Those are a few repeated characters, digits alone, and words like `password` or `admin`, whatever digits
    and signs stand around them.
    """
    if len(password) < LEAST_PASSWORD:
        raise Invalid.at(
            pointer,
            "password_too_short",
            en=f"The password needs at least {LEAST_PASSWORD} characters.",
            zh=f"密码至少需要 {LEAST_PASSWORD} 个字符。",
        )
    if username.lower() in password.lower() or len(set(password)) < LEAST_PASSWORD // 2:
        raise Invalid.at(
            pointer,
            "password_too_simple",
            en="The password must not contain the user name or repeat a few characters.",
            zh="密码不能包含用户名，也不能只重复少数字符。",
        )
    if _COMMON.fullmatch(password.lower()):
        raise Invalid.at(
            pointer,
            "password_too_common",
            en="The password is made of digits or of words that are guessed first.",
            zh="密码仅由数字或最常被猜到的词组成。",
        )


def administers(account: Mapping[str, Any]) -> bool:
    """Whether an account can administer all others: active, and without a narrower data scope."""
    return account["status"] == "active" and "admin" in account["roles"] and account["data_scope"] == "all"


def keep_an_admin(before: Mapping[str, Any], after: Mapping[str, Any], *, other_admins: int) -> None:
    """Raise Conflict when a change would take the last administrator away."""
    if administers(before) and not administers(after) and not other_admins:
        raise Conflict("last_admin", en="The last administrator must stay.", zh="必须保留最后一位管理员。")


def keep_below(holders: Collection[UUID] | None, account: Mapping[str, Any]) -> None:
    """Raise Forbidden when an account sees more than who gives or changes it.

    `holders` are those whose records the giver sees, None for everything. Whoever sees less than everything
    opens and changes accounts that see their own records, or units among theirs.
    """
    if holders is None or account["data_scope"] == "own":
        return
    unit = account["org_unit_id"]
    if account["data_scope"] == "all" or not (unit is None or unit in holders):
        raise Forbidden(
            "beyond_own_scope", en="This account sees more than you do.", zh="该账号的数据范围超出您的范围。"
        )


def unknown_unit() -> Invalid:
    """What an account gets that names an org unit which is not there."""
    return Invalid.at(
        "/org_unit_id", "org_unit_unknown", en="There is no such org unit.", zh="没有这个组织单元。"
    )


def ends_sessions(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether a change signs the person out everywhere: disabled, or another password."""
    disabled = before["status"] == "active" and after["status"] == "disabled"
    return bool(disabled or before["password_hash"] != after["password_hash"])
