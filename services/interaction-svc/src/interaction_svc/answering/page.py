"""The page as HTML: one request, no script, nothing from elsewhere."""

import base64
import hashlib
from collections.abc import Mapping
from importlib import resources
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from interaction_svc.answering.domain import BEFORE, TRAP, Sheet
from interaction_svc.answering.words import NAMES, REFUSALS, TAGS, WORDS
from interaction_svc.surveys.domain import LANGUAGES, MOST_TEXT, SCALES, Language, said
from shared.problems import Problem

_STYLE = resources.files(__package__).joinpath("templates", "page.css").read_text("utf-8").strip()
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; img-src data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
}
_ALWAYS: Mapping[str, Any] = {
    "style": _STYLE,
    "before": BEFORE,
    "trap": TRAP,
    "most_text": MOST_TEXT,
    "scales": SCALES,
    "languages": LANGUAGES,
    "names": NAMES,
    "tags": TAGS,
}
_templates = Environment(
    loader=PackageLoader("interaction_svc.answering"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_templates.filters["said"] = said


def form(sheet: Sheet, language: Language, status: int = 200) -> HTMLResponse:
    """The sheet to be filled in."""
    return _page("form.html.j2", language, status, sheet=sheet)


def thanks(document: Mapping[str, Any] | None, language: Language) -> HTMLResponse:
    """What stands there once it is answered."""
    return _page("thanks.html.j2", language, 200, document=document)


def stopped(language: Language) -> HTMLResponse:
    """What stands there once the customer wants no more surveys."""
    return _page("stopped.html.j2", language, 200)


def refused(problem: Problem, language: Language) -> HTMLResponse:
    """Why there is nothing to fill in, in both languages, theirs first."""
    told = REFUSALS.get(problem.code, REFUSALS[""])
    ordered = sorted(told.items(), key=lambda each: each[0] != language)
    answer = _page("refused.html.j2", language, problem.status, told=ordered)
    answer.headers.update(problem.headers)
    if problem.retry_after is not None:
        answer.headers["Retry-After"] = str(problem.retry_after)
    return answer


def _page(template: str, language: Language, status: int, **given: Any) -> HTMLResponse:
    html = _templates.get_template(template).render(
        **_ALWAYS, **given, language=language, words=WORDS[language]
    )
    return HTMLResponse(html, status, {**HEADERS, "Content-Language": TAGS[language]})
