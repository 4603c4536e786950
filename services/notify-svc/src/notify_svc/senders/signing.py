"""Signatures as the vendors document them; each is tested with the vendor's own example."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote


def dingtalk(secret: str, milliseconds: int) -> str:
    """Of a DingTalk robot: HMAC-SHA256 under the secret, of time and secret, in base64.

    https://open.dingtalk.com/document/robots/customize-robot-security-settings
    """
    said = f"{milliseconds}\n{secret}".encode()
    return base64.b64encode(hmac.digest(secret.encode(), said, hashlib.sha256)).decode()


def feishu(secret: str, seconds: int) -> str:
    """Of a Feishu robot: HMAC-SHA256 of nothing, under time and secret, in base64.

    https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
    """
    key = f"{seconds}\n{secret}".encode()
    return base64.b64encode(hmac.digest(key, b"", hashlib.sha256)).decode()


def tencent(
    *, secret_id: str, secret_key: str, service: str, host: str, action: str, body: bytes, seconds: int
) -> str:
    """The `Authorization` of a request to Tencent Cloud, TC3-HMAC-SHA256, over host, type, action and body.

    https://cloud.tencent.com/document/api/213/30654
    """
    day = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")
    named = "content-type;host;x-tc-action"
    headers = f"content-type:{JSON_TYPE}\nhost:{host}\nx-tc-action:{action.lower()}\n"
    asked = "\n".join(("POST", "/", "", headers, named, _hash(body)))
    scope = f"{day}/{service}/tc3_request"
    said = "\n".join(("TC3-HMAC-SHA256", str(seconds), scope, _hash(asked.encode())))
    key = f"TC3{secret_key}".encode()
    for part in (day, service, "tc3_request"):
        key = hmac.digest(key, part.encode(), hashlib.sha256)
    signature = hmac.digest(key, said.encode(), hashlib.sha256).hex()
    return f"TC3-HMAC-SHA256 Credential={secret_id}/{scope}, SignedHeaders={named}, Signature={signature}"


def aliyun(
    *, key_id: str, key_secret: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
) -> str:
    """The `Authorization` of a POST to Aliyun, ACS3-HMAC-SHA256; `headers` are those that are signed.

    https://help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature
    """
    named = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers))
    asked = "\n".join(("POST", "/", canonical_query(query), lines, named, _hash(body)))
    said = f"ACS3-HMAC-SHA256\n{_hash(asked.encode())}"
    signature = hmac.digest(key_secret.encode(), said.encode(), hashlib.sha256).hex()
    return f"ACS3-HMAC-SHA256 Credential={key_id},SignedHeaders={named},Signature={signature}"


def canonical_query(query: Mapping[str, str]) -> str:
    """Sorted and percent-encoded as RFC 3986 has it."""
    return "&".join(f"{quote(name, safe='~')}={quote(query[name], safe='~')}" for name in sorted(query))


JSON_TYPE = "application/json; charset=utf-8"


def _hash(value: bytes) -> str:
    return hashlib.sha256(value).hexdigest()
