"""Pages as HTML: one request, no script, nothing from elsewhere."""

import base64
import hashlib
from collections.abc import Mapping
from importlib import resources
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from interaction_svc.web_pages.domain import LANGUAGES, TRAP, Language, said
from interaction_svc.web_pages.words import FAILED, NAMES, TAGS, Told
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
    "trap": TRAP,
    "languages": LANGUAGES,
    "names": NAMES,
    "tags": TAGS,
}


class Pages:
    """The pages of one feature: its templates before those that all share, and its words.

    `refusals` are title and text by the code of a problem; `always` is what its templates may name besides.
    """

    def __init__(
        self,
        package: str,
        words: Mapping[Language, Mapping[str, str]],
        refusals: Mapping[str, Told],
        **always: Any,
    ) -> None:
        self._words, self._refusals, self._always = words, refusals, {**_ALWAYS, **always}
        self._templates = Environment(
            loader=ChoiceLoader([PackageLoader(package), PackageLoader("interaction_svc.web_pages")]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._templates.filters["said"] = said

    def page(self, template: str, language: Language, status: int = 200, **given: Any) -> HTMLResponse:
        """One page in a language."""
        html = self._templates.get_template(template).render(
            **self._always, **given, language=language, words=self._words[language]
        )
        return HTMLResponse(html, status, {**HEADERS, "Content-Language": TAGS[language]})

    def refused(self, problem: Problem, language: Language) -> HTMLResponse:
        """Why there is nothing to fill in, in both languages, theirs first."""
        told = self._refusals.get(problem.code, FAILED)
        ordered = sorted(told.items(), key=lambda each: each[0] != language)
        answer = self.page("refused.html.j2", language, problem.status, told=ordered)
        answer.headers.update(problem.headers)
        if problem.retry_after is not None:
            answer.headers["Retry-After"] = str(problem.retry_after)
        return answer
