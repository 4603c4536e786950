"""The door of a survey's page."""

from fastapi import Request, Response

from interaction_svc.answering import page
from interaction_svc.answering.domain import Unfinished
from interaction_svc.web_pages import doors
from shared.problems import Problem


class PageRoute(doors.PageRoute):
    """A sheet with something missing or wrong is shown again, with what was sent."""

    pages = page.PAGES

    def shown(self, problem: Problem, request: Request) -> Response:
        """The sheet, or the page instead of a problem."""
        if isinstance(problem, Unfinished):
            return page.form(problem.sheet, problem.language, problem.status)
        return super().shown(problem, request)
