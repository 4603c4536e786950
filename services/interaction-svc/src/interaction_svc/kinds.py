"""The kinds of files that can be taken in."""

from dataclasses import dataclass

_OFFICE = "application/vnd.openxmlformats-officedocument."


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file: how it is served, how its names end, and what else senders call it."""

    media_type: str
    endings: tuple[str, ...]
    also: tuple[str, ...] = ()


TEXT = Kind("text/plain", ("txt", "log", "md"), ("text/markdown", "text/x-markdown"))
CSV = Kind("text/csv", ("csv",), ("text/plain", "application/csv", "application/vnd.ms-excel"))
WORD = Kind(f"{_OFFICE}wordprocessingml.document", ("docx",), ("application/zip",))
SHEET = Kind(f"{_OFFICE}spreadsheetml.sheet", ("xlsx",), ("application/zip",))
SLIDES = Kind(f"{_OFFICE}presentationml.presentation", ("pptx",), ("application/zip",))
OLD_OFFICE = (
    Kind("application/msword", ("doc",)),
    Kind("application/vnd.ms-excel", ("xls",), ("application/msexcel", "application/x-msexcel")),
    Kind("application/vnd.ms-powerpoint", ("ppt",), ("application/mspowerpoint",)),
)
BY_BYTES = (
    Kind("application/pdf", ("pdf",), ("application/x-pdf",)),
    Kind("image/png", ("png",), ("image/x-png",)),
    Kind("image/jpeg", ("jpg", "jpeg"), ("image/jpg", "image/pjpeg")),
    Kind("image/gif", ("gif",)),
    Kind("image/webp", ("webp",)),
    Kind("image/heic", ("heic", "heif"), ("image/heif",)),
    Kind("image/bmp", ("bmp",), ("image/x-ms-bmp", "image/x-bmp")),
    Kind("image/tiff", ("tif", "tiff")),
    Kind("audio/mpeg", ("mp3",), ("audio/mp3",)),
    Kind("audio/mp4", ("m4a",), ("audio/x-m4a", "audio/m4a")),
    Kind("audio/x-wav", ("wav",), ("audio/wav", "audio/wave", "audio/vnd.wave")),
    Kind("audio/amr", ("amr",), ("audio/3gpp",)),
    Kind("audio/ogg", ("ogg", "oga", "opus"), ("audio/opus", "application/ogg")),
)
KINDS = (*BY_BYTES, WORD, SHEET, SLIDES, *OLD_OFFICE, TEXT, CSV)
MEDIA_TYPES = tuple(kind.media_type for kind in KINDS)
