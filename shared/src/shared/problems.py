"""What can go wrong, in domain words; one place (`shared.http.errors`) maps them to a status."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong place in the input: an RFC 6901 pointer (`/lines/0/sku`, `?limit`), never its value."""

    pointer: str
    code: str
    en: str
    zh: str


@dataclass(eq=False)
class Problem(Exception):
    """Something the caller can be told: a stable code, and words in English and Chinese.

    `extra` holds further members of the problem document (RFC 9457); it must hold no personal data that
    the caller may not see. `retry_after` is in seconds. `headers` go onto the answer.
    """

    code: str
    en: str = field(kw_only=True)
    zh: str = field(kw_only=True)
    errors: tuple[FieldError, ...] = field(default=(), kw_only=True)
    extra: Mapping[str, Any] = field(default_factory=dict, kw_only=True)
    retry_after: int | None = field(default=None, kw_only=True)
    headers: Mapping[str, str] = field(default_factory=dict, kw_only=True)

    status: ClassVar[int] = 500
    title_en: ClassVar[str] = "Internal error"
    title_zh: ClassVar[str] = "服务器内部错误"
    default_retry_after: ClassVar[int | None] = None

    def __post_init__(self) -> None:
        if self.retry_after is None:
            self.retry_after = self.default_retry_after

    def __str__(self) -> str:
        return f"{self.code}: {self.en}"


@dataclass(eq=False)
class Moved(Problem):
    """The record was merged into another one; the same request about that one is the way to go (308).

    `former` is the id that was asked for. The answer's `Location` is the address asked for with the other id.
    """

    former: UUID = field(kw_only=True)
    current: UUID = field(kw_only=True)

    status, title_en, title_zh = 308, "Merged into another record", "已并入其他记录"


class Malformed(Problem):
    """The request cannot be read (400)."""

    status, title_en, title_zh = 400, "Bad request", "请求有误"


class Unauthenticated(Problem):
    """Nobody is known (401)."""

    status, title_en, title_zh = 401, "Not signed in", "未登录"


class Forbidden(Problem):
    """Somebody is known, but may not (403)."""

    status, title_en, title_zh = 403, "Not allowed", "无权操作"


class NotFound(Problem):
    """There is no such thing, or it is another distributor's (404)."""

    status, title_en, title_zh = 404, "Not found", "未找到"


class Conflict(Problem):
    """The state of things forbids it (409)."""

    status, title_en, title_zh = 409, "Conflict", "冲突"


class Gone(Problem):
    """It was there, and its time is over (410)."""

    status, title_en, title_zh = 410, "Gone", "已失效"


class Stale(Problem):
    """Somebody else changed it since it was read (412)."""

    status, title_en, title_zh = 412, "Changed meanwhile", "数据已被更新"


class TooLarge(Problem):
    """The body is larger than allowed (413)."""

    status, title_en, title_zh = 413, "Too large", "内容过大"


class AddressTooLong(Problem):
    """The address is longer than any of ours (414)."""

    status, title_en, title_zh = 414, "Address too long", "地址过长"


class UnsupportedMedia(Problem):
    """The body is of a kind that is not read here (415)."""

    status, title_en, title_zh = 415, "Unsupported media type", "不支持的内容类型"


class Invalid(Problem):
    """The input is understood and wrong (422)."""

    status, title_en, title_zh = 422, "Invalid input", "输入无效"

    @classmethod
    def at(cls, pointer: str, code: str, *, en: str, zh: str) -> "Invalid":
        """One wrong field."""
        return cls(code, en=en, zh=zh, errors=(FieldError(pointer, code, en, zh),))


class PreconditionRequired(Problem):
    """`If-Match` must be sent (428)."""

    status, title_en, title_zh = 428, "Precondition required", "需要 If-Match"


class TooMany(Problem):
    """More requests than allowed (429)."""

    status, title_en, title_zh = 429, "Too many requests", "请求过多"


class Unavailable(Problem):
    """Not now; trying again can help (503)."""

    status, title_en, title_zh = 503, "Temporarily unavailable", "暂时不可用"

    default_retry_after = 2


def customer_merged(former: UUID, current: UUID) -> Moved:
    """The one answer to the id of a customer that was merged into one in sight."""
    return Moved(
        "customer_merged",
        en="This customer was merged into another one.",
        zh="该客户已并入另一个客户。",
        former=former,
        current=current,
        extra={"merged_into": str(current)},
    )


def not_found(thing: str, zh: str) -> NotFound:
    """The one 404 for a foreign and for an absent record alike."""
    return NotFound("not_found", en=f"There is no such {thing}.", zh=f"没有这个{zh}。")
