"""Short messages by Aliyun and Tencent Cloud: signed requests that name an approved template."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from notify_svc.senders import signing
from notify_svc.senders.domain import Accepted, Later, Outgoing, Refused, Result, Wire, by_status

_ALIYUN_LATER = frozenset({"isv.BUSINESS_LIMIT_CONTROL", "isp.SYSTEM_ERROR", "Throttling.User", "Throttling"})
_ALIYUN_ADDRESS = frozenset(
    {"isv.MOBILE_NUMBER_ILLEGAL", "MOBILE_NOT_ON_SERVICE", "isv.BLACK_KEY_CONTROL_LIMIT"}
)
_TENCENT_LATER = (
    "LimitExceeded",
    "RequestLimitExceeded",
    "InternalError",
    "FailedOperation.InsufficientBalance",
)
_TENCENT_ADDRESS = (
    "InvalidParameterValue.IncorrectPhoneNumber",
    "FailedOperation.PhoneNumberInBlacklist",
    "UnsupportedOperation.UnSubscribedPhoneNumber",
)


def _host(config: Mapping[str, Any], own: str) -> tuple[str, str]:
    """The address, and the host that is signed."""
    base = config.get("endpoint") or f"https://{own}"
    return base, base.partition("://")[2]


class AliyunSms:
    """Dysmsapi `SendSms`, version 2017-05-25, signed ACS3-HMAC-SHA256."""

    def wire(self, config: Mapping[str, Any], secrets: Mapping[str, str], out: Outgoing, now: float) -> Wire:
        base, host = _host(config, "dysmsapi.aliyuncs.com")
        query = {
            "PhoneNumbers": _aliyun_number(out.to or ""),
            "SignName": config["sign_name"],
            "TemplateCode": out.provider_template or "",
            "TemplateParam": json.dumps(dict(out.provider_parameters), ensure_ascii=False),
            "OutId": out.message_id[:256],
        }
        moment = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        headers = {
            "host": host,
            "x-acs-action": "SendSms",
            "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
            "x-acs-date": moment,
            "x-acs-signature-nonce": uuid5(NAMESPACE_URL, f"{out.message_id}|{now}").hex,
            "x-acs-version": "2017-05-25",
        }
        authorization = signing.aliyun(
            key_id=config["access_key_id"],
            key_secret=secrets["access_key_secret"],
            query=query,
            headers=headers,
            body=b"",
        )
        sent = tuple((name, value) for name, value in headers.items() if name != "host")
        url = f"{base}/?{signing.canonical_query(query)}"
        return Wire(url, b"", (*sent, ("authorization", authorization), ("accept", "application/json")))

    def result(self, status: int, answer: Any) -> Result:
        code = answer.get("Code") if isinstance(answer, dict) else None
        if code == "OK":
            return Accepted(answer.get("BizId"))
        if code in _ALIYUN_LATER:
            return Later(f"vendor_{code}")
        if code is None:
            return by_status(status) or Later("answer_unreadable")
        return Refused(f"vendor_{code}"[:64], address=code in _ALIYUN_ADDRESS)


def _aliyun_number(number: str) -> str:
    """China's without its prefix, others without the plus."""
    return number.removeprefix("+86") if number.startswith("+86") else number.removeprefix("+")


class TencentSms:
    """`SendSms`, version 2021-01-11, signed TC3-HMAC-SHA256."""

    def wire(self, config: Mapping[str, Any], secrets: Mapping[str, str], out: Outgoing, now: float) -> Wire:
        base, host = _host(config, "sms.tencentcloudapi.com")
        body = json.dumps(
            {
                "PhoneNumberSet": [out.to],
                "SmsSdkAppId": config["sdk_app_id"],
                "SignName": config["sign_name"],
                "TemplateId": out.provider_template or "",
                "TemplateParamSet": list(out.provider_parameters.values()),
                "SessionContext": out.message_id[:512],
            },
            ensure_ascii=False,
        ).encode()
        seconds = int(now)
        authorization = signing.tencent(
            secret_id=config["secret_id"],
            secret_key=secrets["secret_key"],
            service="sms",
            host=host,
            action="SendSms",
            body=body,
            seconds=seconds,
        )
        headers = (
            ("content-type", signing.JSON_TYPE),
            ("x-tc-action", "SendSms"),
            ("x-tc-version", "2021-01-11"),
            ("x-tc-region", config.get("region") or "ap-guangzhou"),
            ("x-tc-timestamp", str(seconds)),
            ("authorization", authorization),
        )
        return Wire(f"{base}/", body, headers)

    def result(self, status: int, answer: Any) -> Result:
        told = answer.get("Response") if isinstance(answer, dict) else None
        if not isinstance(told, dict):
            return by_status(status) or Later("answer_unreadable")
        sent = (told.get("SendStatusSet") or [{}])[0]
        code = (told.get("Error") or {}).get("Code") or sent.get("Code")
        if code == "Ok":
            return Accepted(sent.get("SerialNo"))
        if code is None or code.startswith(_TENCENT_LATER):
            return Later("answer_unreadable" if code is None else f"vendor_{code}"[:64])
        return Refused(f"vendor_{code}"[:64], address=code in _TENCENT_ADDRESS)
