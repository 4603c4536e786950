"""Rules of staff accounts: good passwords, and that somebody can always administer."""

from collections.abc import Collection, Mapping
from typing import Any, Literal

from shared.problems import Conflict, Invalid

Role = Literal["admin", "manager", "sales", "service", "analyst"]
Status = Literal["active", "disabled"]
DataScope = Literal["own", "unit", "all"]

LEAST_PASSWORD = 10
FIRST_ADMIN = "admin"


def check_password(password: str, username: str, *, pointer: str = "/password") -> None:
    """Raise Invalid for a password that is short, is the user name, or is one repeated character."""
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


def administers(roles: Collection[str], status: str) -> bool:
    """Whether such an account can administer accounts."""
    return status == "active" and "admin" in roles


def keep_an_admin(before: Mapping[str, Any], after: Mapping[str, Any], *, other_admins: int) -> None:
    """Raise Conflict when a change would take the last administrator away."""
    lost = administers(before["roles"], before["status"]) and not administers(after["roles"], after["status"])
    if lost and not other_admins:
        raise Conflict("last_admin", en="The last administrator must stay.", zh="必须保留最后一位管理员。")


def ends_sessions(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether a change signs the person out everywhere: disabled, or another password."""
    disabled = before["status"] == "active" and after["status"] == "disabled"
    return bool(disabled or before["password_hash"] != after["password_hash"])
