"""Field types of this service: numbers and addresses that are made normal while they are read."""

import re
import unicodedata
from typing import Annotated, Any
from urllib.parse import urlsplit

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from shared.http.types import Phone, clean_text

_HOME_REGION = "CN"


def _home_mobiles() -> str:
    metadata: Any = phonenumbers.PhoneMetadata.metadata_for_region(_HOME_REGION)
    return str(metadata.mobile.national_number_pattern)


# No letters: phonenumbers reads them as keypad digits or as an extension, which E.164 cannot hold.
_DIALLED = re.compile(r"\+?[\d\s()./-]+")
# What most numbers are, by the pattern of the library, which itself takes twenty times as long.
_MOBILE = re.compile(rf"(?:\+86)?({_home_mobiles()})", re.ASCII)
_HOST = re.compile(r"^[^\s.@]+(\.[^\s.@]+)+$")


def phone_e164(raw: str) -> str | None:
    """The number as E.164, read as a Chinese one unless it says otherwise; None if it is none."""
    plain = unicodedata.normalize("NFKC", raw)
    if mobile := _MOBILE.fullmatch(plain):
        return f"+86{mobile[1]}"
    if not _DIALLED.fullmatch(plain):
        return None
    try:
        number = phonenumbers.parse(plain, _HOME_REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def email_normal(raw: str) -> str | None:
    """The address with a normal domain part; None if it is none. Nothing is asked of the network."""
    try:
        return validate_email(raw, check_deliverability=False).normalized
    except EmailNotValidError:
        return None


def _phone(raw: str) -> str:
    number = phone_e164(raw)
    if number is None:
        raise PydanticCustomError("phone_invalid", "is not a phone number", {"zh": "不是有效的电话号码"})
    return number


def _email(raw: str) -> str:
    address = email_normal(raw)
    if address is None:
        raise PydanticCustomError("email_invalid", "is not an e-mail address", {"zh": "不是有效的邮箱地址"})
    return address


def _website(raw: str) -> str:
    try:
        parts = urlsplit(raw if "://" in raw else f"https://{raw}")
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not _HOST.match(parts.hostname or ""):
        raise PydanticCustomError("website_invalid", "is not a web address", {"zh": "不是有效的网址"})
    return raw


_CLEAN = AfterValidator(clean_text)
PhoneNumber = Annotated[Phone, AfterValidator(_phone), Field(examples=["+8613800138000"])]
EmailAddress = Annotated[
    str,
    StringConstraints(max_length=254, min_length=3, strip_whitespace=True),
    _CLEAN,
    AfterValidator(_email),
    Field(examples=["li.lei@example.com"]),
]
Website = Annotated[
    str,
    StringConstraints(max_length=300, min_length=4, strip_whitespace=True),
    _CLEAN,
    AfterValidator(_website),
    Field(examples=["https://example.com"]),
]
Short = Annotated[str, StringConstraints(max_length=100, min_length=1, strip_whitespace=True), _CLEAN]
Tag = Annotated[str, StringConstraints(max_length=50, min_length=1, strip_whitespace=True), _CLEAN]
ExternalId = Annotated[
    str,
    StringConstraints(max_length=128, pattern=r"^[^\s/?#%]+$"),
    _CLEAN,
    Field(examples=["oX9f-7Qw2"]),
]


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


def kept(stand_in: Any) -> Any:
    """A field of a patch that may not be null: left out, it stays; the stand-in is never used or shown."""
    return Field(default=stand_in, json_schema_extra=_without_default)
