"""The page of a form."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from interaction_svc.complaint_forms.domain import MOST, Sheet, Unfinished
from interaction_svc.complaint_forms.words import REFUSALS, WORDS
from interaction_svc.web_pages import doors
from interaction_svc.web_pages.domain import Language
from interaction_svc.web_pages.html import Pages
from shared.problems import Problem

PAGES = Pages("interaction_svc.complaint_forms", WORDS, REFUSALS, most=MOST)


def form(
    said: Mapping[str, Any],
    sheet: Sheet,
    language: Language,
    *,
    status: int = 200,
    complaints: Sequence[Mapping[str, Any]] = (),
    sent: bool = False,
) -> HTMLResponse:
    """The sheet to be filled in; above it what was sent by the link before."""
    return PAGES.page(
        "form.html.j2", language, status, form=said, sheet=sheet, complaints=complaints, sent=sent
    )


class PageRoute(doors.PageRoute):
    """A sheet with something missing or wrong is shown again, with what was sent."""

    pages = PAGES

    def shown(self, problem: Problem, request: Request) -> Response:
        """The sheet, or the page instead of a problem."""
        if isinstance(problem, Unfinished):
            return form(problem.form, problem.sheet, problem.language, status=problem.status)
        return super().shown(problem, request)
