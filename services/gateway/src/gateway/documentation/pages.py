"""The pages that show the documentation, made of files of our own only."""

import gzip
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

_STATIC = files("gateway.documentation").joinpath("static")
_TYPES = {".js": "text/javascript", ".css": "text/css", ".png": "image/png", ".txt": "text/plain"}
_LEAST_GZIP = 1024

# Swagger UI and Redoc write <style> elements while they run; scripts come from our files alone.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; worker-src blob:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Asset:
    """A body ready to send, plain and compressed."""

    body: bytes
    packed: bytes | None
    media_type: str
    etag: str


def asset(body: bytes, media_type: str) -> Asset:
    """Prepare a body; compressing the largest takes about a tenth of a second, so do it in a thread."""
    packed = gzip.compress(body, 6, mtime=0) if len(body) >= _LEAST_GZIP else None
    return Asset(body, packed, media_type, f'"{hashlib.sha256(body).hexdigest()[:32]}"')


def known_files() -> dict[str, Traversable]:
    """Every file that may be served, by its path below `static/`."""
    found = {entry.name: entry for entry in _STATIC.iterdir() if entry.is_file()}
    for folder in ("swagger-ui", "redoc"):
        for entry in _STATIC.joinpath(folder).iterdir():
            found[f"{folder}/{entry.name}"] = entry
    return {name: entry for name, entry in found.items() if not name.endswith(".md")}


def media_type(name: str) -> str:
    """The content type of a file of ours."""
    return _TYPES.get(name[name.rfind(".") :], "text/plain") + "; charset=utf-8"


def swagger(services: Sequence[str]) -> bytes:
    """The page for trying the API out."""
    links = "".join(f'<a href="/docs?service={name}">{name}</a>' for name in services)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tonglu 通路 · API</title>
<link rel="icon" type="image/png" href="/docs/static/swagger-ui/favicon-32x32.png">
<link rel="stylesheet" href="/docs/static/swagger-ui/swagger-ui.css">
<link rel="stylesheet" href="/docs/static/page.css">
</head>
<body data-services="{" ".join(services)}">
<nav class="services"><a href="/docs">all</a>{links}
<a href="/redoc">Redoc</a><a href="/events-docs">events</a></nav>
<div id="page"></div>
<script src="/docs/static/swagger-ui/swagger-ui-bundle.js"></script>
<script src="/docs/static/swagger.js"></script>
</body>
</html>
""".encode()


def redoc() -> bytes:
    """The page for reading."""
    return """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tonglu 通路 · API</title>
<link rel="icon" type="image/png" href="/docs/static/swagger-ui/favicon-32x32.png">
<link rel="stylesheet" href="/docs/static/page.css">
</head>
<body>
<nav class="services"><a href="/docs">Swagger UI</a><a href="/events-docs">events</a></nav>
<div id="page"></div>
<script src="/docs/static/redoc/redoc.standalone.js"></script>
<script src="/docs/static/redoc.js"></script>
</body>
</html>
""".encode()
