"""The pages of a survey."""

from collections.abc import Mapping
from typing import Any

from fastapi.responses import HTMLResponse

from interaction_svc.answering.domain import BEFORE, Sheet
from interaction_svc.answering.words import REFUSALS, WORDS
from interaction_svc.surveys.domain import MOST_TEXT, SCALES
from interaction_svc.web_pages.domain import Language
from interaction_svc.web_pages.html import Pages

PAGES = Pages("interaction_svc.answering", WORDS, REFUSALS, before=BEFORE, most_text=MOST_TEXT, scales=SCALES)


def form(sheet: Sheet, language: Language, status: int = 200) -> HTMLResponse:
    """The sheet to be filled in."""
    return PAGES.page("form.html.j2", language, status, sheet=sheet)


def thanks(document: Mapping[str, Any] | None, language: Language) -> HTMLResponse:
    """What stands there once it is answered."""
    return PAGES.page("thanks.html.j2", language, document=document)


def stopped(language: Language) -> HTMLResponse:
    """What stands there once the customer wants no more surveys."""
    return PAGES.page("stopped.html.j2", language)
