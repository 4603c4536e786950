"""Who may call: the ways to sign in, the scopes in words, the limits."""

from collections.abc import Iterable
from typing import Any

from shared.auth.permissions import EVERY_PERMISSION, GRANTABLE
from shared.contract.words import of_permission

RATE = "Counted against the plan of the credential, and of the address · 按凭证与来源地址的配额计"
RATE_PUBLIC = "Counted against the plan of the address · 按来源地址的配额计"

_ADVICE = "RFC8725 (JWT best practices) applies: fixed algorithm, audience and issuer checked, short life."


def schemes(permissions: Iterable[str] = EVERY_PERMISSION) -> dict[str, Any]:
    """`securitySchemes`: staff by token or password, partners by key."""
    scopes = {permission: of_permission(permission) for permission in sorted(permissions)}
    return {
        "signIn": {
            "type": "oauth2",
            "description": f"Sign in with user name and password. · 用户名与密码登录\n\n{_ADVICE}",
            "flows": {
                "password": {"tokenUrl": "/v1/auth/token", "refreshUrl": "/v1/auth/refresh", "scopes": scopes}
            },
        },
        "staff": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": f"The access token of a member of staff. · 员工的访问令牌\n\n{_ADVICE}",
        },
        "partner": {
            "type": "apiKey",
            "in": "header",
            "name": "X-API-Key",
            "description": "A partner's key `tl_live_…` or `tl_test_…`; it may do what its scopes say, for "
            "one distributor and those below it. · 合作伙伴密钥，仅限其权限范围及其渠道商子树",
        },
    }


def requirements(scopes: Iterable[str]) -> list[dict[str, list[str]]]:
    """`security` of a guarded operation: any one of the ways; `x-scopes` holds for all of them.

    A key is not among them where no key can be given the scopes. Only OAuth2 names them here, too.
    """
    wanted = list(scopes)
    partner: list[dict[str, list[str]]] = [{"partner": []}] if GRANTABLE.issuperset(wanted) else []
    return [{"signIn": wanted}, {"staff": []}, *partner]
