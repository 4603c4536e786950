"""What senders look like on the wire, by their kind; secrets go in and never out."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    ConfigDict,
    EmailStr,
    Field,
    JsonValue,
    SecretStr,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from notify_svc.senders.domain import Kind
from shared.http import Input, ListQuery, Output, Patch
from shared.http.types import NO_FLAG, Flag, Moment, Name, clean_text

_Host = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$")]
_Word = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,200}$")]


def _clean_secret(value: SecretStr) -> SecretStr:
    clean_text(value.get_secret_value())
    return value


_Secret = Annotated[SecretStr, Field(min_length=1, max_length=512), AfterValidator(_clean_secret)]
_Url = Annotated[str, StringConstraints(min_length=8, max_length=2000), AfterValidator(clean_text)]
_Short = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(clean_text)]


class SmtpConfig(Input):
    """A mail server; `bounce_domain` takes bounces back to `b+…@` it, and `username` needs a password."""

    host: _Host
    port: Annotated[int, Field(ge=1, le=65535), NO_FLAG] = 587
    tls: Literal["starttls", "tls", "none"] = "starttls"
    username: _Word | None = None
    from_address: EmailStr
    from_name: _Short | None = None
    reply_to: EmailStr | None = None
    bounce_domain: _Host | None = None


class _Vendor(Input):
    endpoint: _Url | None = Field(
        default=None, description="Another address than the vendor's; its host must be allowed by a setting."
    )


class RobotConfig(_Vendor):
    """Nothing but the robot's secret is needed."""


class WecomAppConfig(_Vendor):
    """A company's own app."""

    corp_id: _Word
    agent_id: Annotated[int, Field(ge=1, le=2**31), NO_FLAG]


class AliyunConfig(_Vendor):
    """An account, and the approved signature of its messages."""

    access_key_id: _Word
    sign_name: _Short


class TencentConfig(_Vendor):
    """An account, an SMS application, and the approved signature of its messages."""

    secret_id: _Word
    sdk_app_id: _Word
    sign_name: _Short
    region: _Word | None = None


class HookConfig(Input):
    """Where messages are posted to."""

    url: _Url


CONFIG: dict[Kind, type[Input]] = {
    "smtp": SmtpConfig,
    "webhook": HookConfig,
    "wecom_robot": RobotConfig,
    "wecom_app": WecomAppConfig,
    "dingtalk_robot": RobotConfig,
    "feishu_robot": RobotConfig,
    "sms_aliyun": AliyunConfig,
    "sms_tencent": TencentConfig,
}
SECRETS: dict[Kind, tuple[frozenset[str], frozenset[str]]] = {
    "smtp": (frozenset(), frozenset({"password"})),
    "webhook": (frozenset({"secret"}), frozenset()),
    "wecom_robot": (frozenset({"key"}), frozenset()),
    "wecom_app": (frozenset({"secret"}), frozenset()),
    "dingtalk_robot": (frozenset({"access_token"}), frozenset({"secret"})),
    "feishu_robot": (frozenset({"hook"}), frozenset({"secret"})),
    "sms_aliyun": (frozenset({"access_key_secret"}), frozenset()),
    "sms_tencent": (frozenset({"secret_key"}), frozenset()),
}
"""By kind the secrets that must be given, and those that may."""

_ZH: dict[str, JsonValue] = {
    "name": "华东销售群",
    "kind": "wecom_robot",
    "config": {},
    "secrets": {"key": "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"},
}
_EN: dict[str, JsonValue] = {
    "name": "Company mail",
    "kind": "smtp",
    "config": {"host": "smtp.example.com", "port": 587, "tls": "starttls", "from_address": "crm@example.com"},
    "secrets": {"password": "a long password"},
    "is_default": True,
}
_READ: dict[str, JsonValue] = {
    "id": "0197c2f0-6a00-7d11-8a2b-0c1d2e3f4a5b",
    "channel": "email",
    "has_secrets": ["password"],
    "per_minute": 600,
    "is_default": True,
    "active": True,
    "version": 1,
    "created_at": "2026-03-01T09:30:00Z",
    "updated_at": "2026-03-01T09:30:00Z",
}
_Secrets = Annotated[dict[_Short, _Secret], Field(max_length=4)]
_PerMinute = Annotated[int, Field(ge=1, le=6000), NO_FLAG]


def _wrong(code: str, en: str, zh: str) -> PydanticCustomError:
    return PydanticCustomError(code, en, {"zh": zh})


class SenderCreate(Input):
    """A sender. `config` and `secrets` are those of its kind; what is missing is named."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EN, _ZH]})

    name: Name
    kind: Kind
    config: dict[str, JsonValue]
    secrets: _Secrets = Field(default_factory=dict)
    per_minute: _PerMinute | None = Field(default=None, description="600 if not said; of robots 20 at most.")
    is_default: Flag = False
    active: Flag = True

    @model_validator(mode="after")
    def _of_its_kind(self) -> Self:
        must, may = SECRETS[self.kind]
        if not must <= self.secrets.keys() <= must | may:
            raise _wrong("secrets_wrong", "does not have the secrets of its kind", "密钥与类型不符")
        return self


class SenderPatch(Patch):
    """A merge patch; `config` and `secrets` are replaced as a whole. The kind stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"active": False}, {"name": "华南销售群"}]})

    name: Name = Field(default_factory=str)
    config: dict[str, JsonValue] = Field(default_factory=dict)
    secrets: _Secrets = Field(default_factory=dict)
    per_minute: _PerMinute = 20
    is_default: Flag = False
    active: Flag = True


class SenderRead(Output):
    """A sender; of its secrets only which there are."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {**_READ, **{name: value for name, value in each.items() if name != "secrets"}}
                for each in (_EN, {**_ZH, "channel": "wecom"})
            ]
        }
    )

    id: UUID
    name: str
    kind: Kind
    channel: str
    config: dict[str, Any]
    has_secrets: list[str]
    per_minute: int
    is_default: bool
    active: bool
    version: int
    created_at: Moment
    updated_at: Moment


class SenderQuery(ListQuery):
    """Filters of senders."""

    kind: Kind | None = None
    active: bool | None = None
