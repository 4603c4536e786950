"""Requests are signed as Amazon publishes it, down to its own examples."""

import hashlib
from datetime import UTC, datetime

import pytest

from interaction_svc.objects.signing import Signer, asked, canonical

AT = datetime(2013, 5, 24, tzinfo=UTC)
HOST = {"host": "examplebucket.s3.amazonaws.com"}
EMPTY = hashlib.sha256(b"").hexdigest()
PUT = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"
SIGNER = Signer("us-east-1", "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "signature"),
    [
        (
            "GET",
            "/test.txt",
            {},
            {"range": "bytes=0-9", "x-amz-content-sha256": EMPTY},
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            "PUT",
            "/test$file.text",
            {},
            {
                "date": "Fri, 24 May 2013 00:00:00 GMT",
                "x-amz-storage-class": "REDUCED_REDUNDANCY",
                "x-amz-content-sha256": PUT,
            },
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
        (
            "GET",
            "/",
            {"lifecycle": ""},
            {"x-amz-content-sha256": EMPTY},
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
        (
            "GET",
            "/",
            {"prefix": "J", "max-keys": "2"},
            {"x-amz-content-sha256": EMPTY},
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
)
def test_the_examples_of_the_published_process(
    method: str, path: str, query: dict[str, str], headers: dict[str, str], signature: str
) -> None:
    signed = SIGNER.signed(method, path, query, {**HOST, **headers}, at=AT)
    assert signed["authorization"].endswith(f"Signature={signature}")
    assert signed["x-amz-date"] == "20130524T000000Z"
    assert "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, " in signed["authorization"]


def test_what_is_signed_is_one_form_of_the_request() -> None:
    headers = {"x-amz-content-sha256": EMPTY, "host": "h", "x-a": "  two   words "}
    assert canonical("PUT", "/b/ü~.x", {"b": "/+=", "a": ""}, headers).split("\n") == [
        "PUT",
        "/b/%C3%BC~.x",
        "a=&b=%2F%2B%3D",
        "host:h",
        "x-a:two words",
        f"x-amz-content-sha256:{EMPTY}",
        "",
        "host;x-a;x-amz-content-sha256",
        EMPTY,
    ]
    assert asked({}) == ""
