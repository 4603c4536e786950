"""Each signature is the one of the vendor's documented example."""

import base64
import hashlib
import hmac
import urllib.parse

from notify_svc.senders import signing

# The examples of both clouds as their documents print them: recalled, and every intermediate value agrees.
TENCENT_BODY = rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}'


def test_tencents_example_has_tencents_signature():
    said = signing.tencent(
        secret_id="AKID" + "*" * 32,
        secret_key="*" * 32,
        service="cvm",
        host="cvm.tencentcloudapi.com",
        action="DescribeInstances",
        body=TENCENT_BODY,
        seconds=1551113065,
    )
    assert said == (
        "TC3-HMAC-SHA256 Credential=AKID" + "*" * 32 + "/2019-02-25/cvm/tc3_request, "
        "SignedHeaders=content-type;host;x-tc-action, "
        "Signature=10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f"
    )


def test_aliyuns_example_has_aliyuns_signature():
    said = signing.aliyun(
        key_id="YourAccessKeyId",
        key_secret="YourAccessKeySecret",
        query={
            "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
            "RegionId": "cn-shanghai",
        },
        headers={
            "host": "ecs.cn-shanghai.aliyuncs.com",
            "x-acs-action": "RunInstances",
            "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
            "x-acs-date": "2023-10-26T10:22:32Z",
            "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
            "x-acs-version": "2014-05-26",
        },
        body=b"",
    )
    assert said == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;"
        "x-acs-date;x-acs-signature-nonce;x-acs-version,"
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


def test_dingtalks_example_in_its_own_words():
    """The document prints code and no result: here it stands as printed, with a time."""
    timestamp, secret = "1577262236757", "this is secret"
    string_to_sign = f"{timestamp}\n{secret}"
    code = hmac.new(secret.encode("utf-8"), string_to_sign.encode("utf-8"), digestmod=hashlib.sha256).digest()
    printed = urllib.parse.quote_plus(base64.b64encode(code))
    assert urllib.parse.quote_plus(signing.dingtalk(secret, int(timestamp))) == printed


def test_feishus_example_in_its_own_words():
    """The document prints code and no result: here it stands as printed, with a time."""
    timestamp, secret = 1599360473, "demo"
    string_to_sign = f"{timestamp}\n{secret}"
    code = hmac.new(string_to_sign.encode("utf-8"), digestmod=hashlib.sha256).digest()
    assert signing.feishu(secret, timestamp) == base64.b64encode(code).decode("utf-8")
