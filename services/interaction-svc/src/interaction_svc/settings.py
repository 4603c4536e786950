"""The settings of interaction-svc."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationInfo

from interaction_svc.kinds import MEDIA_TYPES
from shared.settings import ServiceSettings

MOST_FILE_BYTES = 100 * 1024 * 1024
"""No setting lets a larger file in: both edges count with it."""


def _or_none(value: str | None) -> str | None:
    return value or None


def _there(value: SecretStr, info: ValidationInfo) -> SecretStr:
    if info.data.get("attachment_bucket_url") and not value.get_secret_value():
        raise ValueError("is needed with ATTACHMENT_BUCKET_URL")
    return value


def _known(types: str) -> str:
    if unknown := sorted(set(types.split()) - set(MEDIA_TYPES)):
        raise ValueError(f"not among the types that can be told by their content: {', '.join(unknown)}")
    return types


_Key = Annotated[SecretStr, AfterValidator(_there), Field(validate_default=True)]


class Settings(ServiceSettings):
    """Besides the common ones.

    `customer_url` is where customer-svc answers, for a customer that is not known here yet; `public_url`
    where customers reach the edge, for the links that they are sent.
    Files are kept in the folder `attachment_dir`, or, if `attachment_bucket_url` says so, in a bucket of a
    store that speaks S3 (`https://host/bucket`).
    """

    customer_url: str = "http://customer-svc:8000"
    public_url: str = "http://127.0.0.1:8080"
    attachment_dir: Path = Path("/var/lib/tonglu/attachments")
    attachment_bucket_url: Annotated[
        Annotated[str, Field(pattern=r"^https?://[^/?#]+/[^?#]+$")] | None, BeforeValidator(_or_none)
    ] = None
    attachment_bucket_region: str = "us-east-1"
    attachment_bucket_access_key: _Key = SecretStr("")
    attachment_bucket_secret_key: _Key = SecretStr("")
    attachment_most_bytes: Annotated[int, Field(gt=0, le=MOST_FILE_BYTES)] = 20 * 1024 * 1024
    attachment_types: Annotated[str, AfterValidator(_known)] = " ".join(MEDIA_TYPES)
    attachment_link_seconds: Annotated[int, Field(ge=10, le=86_400)] = 300
