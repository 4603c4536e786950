"""A multipart form read as it arrives: the file goes straight to storage, the fields are few and small."""

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from shared.problems import FieldError, Invalid, Malformed, UnsupportedMedia

Stored = TypeVar("Stored")
Store = Callable[[AsyncIterator[bytes]], Awaitable[Stored]]
StoreNamed = Callable[["FileHead", AsyncIterator[bytes]], Awaitable[Stored]]
_MOST_FIELD = 64 * 1024
_MOST_FIELDS = 20
_FILE = "file"
_HEARD = (b"content-disposition", b"content-type")


@dataclass(frozen=True, slots=True)
class FileHead:
    """What the sender says of the file, neither checked nor cleaned; empty for what is not said."""

    name: str
    media_type: str


@dataclass(slots=True)
class Form(Generic[Stored]):
    """What was sent: the fields as text, and what became of the file."""

    fields: dict[str, str] = field(default_factory=dict)
    file: Stored | None = None


@dataclass(slots=True)
class _Part:
    """The beginning of a part."""

    name: str
    file: FileHead


class _End:
    """The end of a part."""


_Event = _Part | bytes | _End


class _Parts:
    """The parts of a request's body as events."""

    def __init__(self, request: Request, boundary: bytes) -> None:
        self._body = request.stream()
        self._events: deque[_Event] = deque()
        self._header: list[bytes] = [b"", b""]
        self._said: dict[bytes, bytes] = {}
        self._complete = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._part_begin,
                "on_header_field": lambda data, start, end: self._add(0, data[start:end]),
                "on_header_value": lambda data, start, end: self._add(1, data[start:end]),
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_finished,
                "on_part_data": lambda data, start, end: self._events.append(data[start:end]),
                "on_part_end": lambda: self._events.append(_End()),
                "on_end": self._end,
            },
        )

    def _part_begin(self) -> None:
        self._said = {}
        self._header = [b"", b""]

    def _add(self, place: int, data: bytes) -> None:
        self._header[place] += data

    def _header_end(self) -> None:
        if (name := self._header[0].lower()) in _HEARD:
            self._said[name] = self._header[1]
        self._header = [b"", b""]

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._said.get(b"content-disposition", b""))
        media_type, _ = parse_options_header(self._said.get(b"content-type", b""))
        name = options.get(b"filename", b"").decode("utf-8", "replace")
        head = FileHead(name, media_type.decode("latin-1"))
        self._events.append(_Part(options.get(b"name", b"").decode("utf-8", "replace"), head))

    def _end(self) -> None:
        self._complete = True

    def __aiter__(self) -> AsyncIterator[_Event]:
        return self

    async def __anext__(self) -> _Event:
        while not self._events:
            try:
                data = await anext(self._body)
                if data:
                    self._parser.write(data)
            except StopAsyncIteration:
                if not self._complete:
                    raise _unreadable() from None
                raise
            except MultipartParseError:
                raise _unreadable() from None
        return self._events.popleft()


async def read_form(request: Request, store: Store[Stored]) -> Form[Stored]:
    """The form, its part `file` given to `store` piece by piece; Invalid for parts that stand there twice.

    What `store` kept is the caller's to discard when this raises.
    """
    return await read_named_form(request, lambda _, content: store(content))


async def read_named_form(request: Request, store: StoreNamed[Stored]) -> Form[Stored]:
    """As `read_form`, for who cares what the file is called."""
    parts = _Parts(request, _boundary(request))
    form: Form[Stored] = Form()
    async for event in parts:
        if not isinstance(event, _Part):
            raise _unreadable()
        if event.name in form.fields or (event.name == _FILE and form.file is not None):
            raise Invalid.at("/" + event.name[:100], "repeated", en="is there twice", zh="重复出现")
        if event.name == _FILE:
            form.file = await store(event.file, _content(parts))
        else:
            form.fields[event.name] = await _text(event.name, parts)
        if len(form.fields) > _MOST_FIELDS:
            raise Malformed("too_many_fields", en="The form has too many fields.", zh="表单字段过多。")
    return form


def _boundary(request: Request) -> bytes:
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind != b"multipart/form-data":
        raise UnsupportedMedia(
            "multipart_expected", en="Send multipart/form-data.", zh="请使用 multipart/form-data。"
        )
    boundary = options.get(b"boundary", b"")
    if not 0 < len(boundary) <= 70:  # noqa: PLR2004 - RFC 2046, 5.1.1
        raise _unreadable()
    return boundary


async def _content(parts: _Parts) -> AsyncIterator[bytes]:
    async for event in parts:
        if isinstance(event, _End):
            return
        if isinstance(event, bytes):
            yield event


async def _text(name: str, parts: _Parts) -> str:
    found = bytearray()
    async for piece in _content(parts):
        found += piece
        if len(found) > _MOST_FIELD:
            raise Invalid.at("/" + name[:100], "too_long", en="is too long", zh="内容过长")
    try:
        return found.decode()
    except UnicodeDecodeError:
        raise Invalid.at("/" + name[:100], "not_unicode", en="is not UTF-8", zh="不是 UTF-8") from None


def _unreadable() -> Malformed:
    whole = FieldError("", "multipart_invalid", "is not a form with a file", "不是带文件的表单")
    return Malformed(
        "multipart_invalid", en="The form cannot be read.", zh="无法读取该表单。", errors=(whole,)
    )
