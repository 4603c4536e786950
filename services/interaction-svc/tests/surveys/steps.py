"""Questionnaires, invitations, and a browser without scripts: it reads pages and presses their buttons."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from shared.auth import Principal
from shared.testing import staff

MANAGER = staff("manager")
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def both(text: str) -> dict[str, str]:
    return {"zh": f"{text}（中）", "en": f"{text} (en)"}


def question(code: str, kind: str = "rating", *options: str, **more: Any) -> dict[str, Any]:
    chosen = {"options": [{"code": each, "text": both(each)} for each in options]} if options else {}
    return {"code": code, "type": kind, "text": both(code), **chosen, **more}


def section(*questions: dict[str, Any], title: str = "part") -> dict[str, Any]:
    return {"title": both(title), "questions": list(questions)}


def document(*sections: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"title": both("How was it"), "sections": list(sections), **more}


def after(code: str, op: str, value: Any) -> dict[str, Any]:
    return {"show_if": {"question": code, "op": op, "value": value}}


SHORT = document(
    section(
        question("attitude", required=True, indicator="service_attitude"),
        question("recommend", "nps"),
        question("words", "text"),
    )
)
LONG = document(
    section(
        question("attitude", required=True, indicator="service_attitude"),
        question("why", "text", required=True, **after("attitude", "lte", 2)),
        title="first",
    ),
    section(question("parts", "multi_choice", "price", "speed"), title="second"),
    section(
        question("slow", "choice", "days", "weeks", required=True, **after("parts", "includes", "speed")),
        title="third",
    ),
    section(question("recommend", "nps", required=True), title="last"),
)
"""With branches: `why` after a bad rating, on a leaf of its own; the third section after `speed` alone."""


async def made(world: Any, path: str, body: Any, who: Principal | None = None) -> dict[str, Any]:
    answer = await world.post(path, body, who or MANAGER)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def survey(world: Any, asked: dict[str, Any] | None = SHORT, **given: Any) -> str:
    """A questionnaire of which this is asked; None: nothing yet."""
    found = str((await made(world, "/v1/surveys", {"name": "回访 Follow-up", **given}))["id"])
    if asked is not None:
        await published(world, found, asked)
    return found


async def published(world: Any, survey_id: str, asked: dict[str, Any]) -> int:
    versions = f"/v1/surveys/{survey_id}/versions"
    number = (await made(world, versions, {"document": asked}))["number"]
    answer = await world.post(f"{versions}/{number}/publish", who=MANAGER)
    assert answer.status_code == 200, answer.text
    return int(number)


async def invite(world: Any, survey_id: str, customer: str, **given: Any) -> httpx.Response:
    answer: httpx.Response = await world.post(
        f"/v1/surveys/{survey_id}/invitations", {"customer_id": customer, **given}
    )
    return answer


async def invited(world: Any, survey_id: str, customer: str | None = None, **given: Any) -> dict[str, Any]:
    answer = await invite(world, survey_id, customer or await world.customer(), **given)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


@dataclass
class Form:
    """A form of a page as a browser would send it: what is filled in, checked and hidden."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    """Forms, what has which attributes, and the text that is seen."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._area: str | None = None
        self._hidden = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        self._hidden = self._hidden or tag in {"style", "script"}
        if tag == "form":
            self.forms.append(Form(given.get("action") or ""))
        elif tag == "textarea":
            self._area = given["name"] or ""
            self.forms[-1].names.append(self._area)
            self.forms[-1].fields.append((self._area, ""))
        elif tag == "input":
            self._input(given)
        elif tag == "button":
            self.forms[-1].buttons.append((given.get("name") or "", given.get("value") or ""))

    def _input(self, given: dict[str, str | None]) -> None:
        name, kind = given.get("name") or "", given.get("type")
        self.forms[-1].names.append(name)
        if kind not in {"radio", "checkbox"} or "checked" in given:
            self.forms[-1].fields.append((name, given.get("value") or ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = None
        if tag in {"style", "script"}:
            self._hidden = False

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            name, before = self.forms[-1].fields.pop()
            self.forms[-1].fields.append((name, before + data))
        elif not self._hidden:
            self.text += data


@dataclass
class Browser:
    """Somebody with a link; follows redirects by asking again, as browsers do."""

    world: Any
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    answer: httpx.Response = field(init=False)
    seen: _Reader = field(init=False)

    async def open(self, query: str = "") -> "Browser":
        path = urlsplit(self.url).path
        async with self._client() as client:
            self._show(await client.get(path + query))
        return self

    async def press(self, do: str = "next", **filled: str | list[str]) -> "Browser":
        """Fill in fields and press a button of the page; a field that the page does not have is an error."""
        form = next(each for each in self.seen.forms if ("do", do) in each.buttons)
        assert set(filled) <= set(form.names), (filled, form.names)
        pairs = [(name, value) for name, value in form.fields if name not in filled]
        for name, value in filled.items():
            pairs += [(name, each) for each in ([value] if isinstance(value, str) else value)]
        await self.send([*pairs, ("do", do)], form.action)
        return self

    async def send(self, pairs: list[tuple[str, str]], action: str = "") -> httpx.Response:
        """Send these fields; the page that follows is shown."""
        data: dict[str, list[str]] = {}
        for name, value in pairs:
            data.setdefault(name, []).append(value)
        async with self._client() as client:
            answer = await client.post(urljoin(str(self.answer.url), action), data=data)
            self.sent = answer
            if answer.status_code == 303:
                answer = await client.get(urljoin(str(answer.url), answer.headers["location"]))
        self._show(answer)
        return self.sent

    def _show(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.seen = _Reader()
        self.seen.feed(answer.text)

    def _client(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=self.world.service.asgi)
        headers = {**BROWSER, **self.headers}
        return httpx.AsyncClient(transport=transport, base_url="http://service", headers=headers)

    @property
    def asked(self) -> list[str]:
        """The questions of the page, by the names of their fields."""
        names = [name for form in self.seen.forms for name in form.names if name.startswith("q_")]
        return list(dict.fromkeys(names))

    @property
    def filled(self) -> dict[str, str]:
        return {name: value for form in self.seen.forms for name, value in form.fields}

    def tags(self, name: str) -> Iterator[dict[str, str | None]]:
        return (given for tag, given in self.seen.tags if tag == name)


async def browser(world: Any, invitation: dict[str, Any], query: str = "", **headers: str) -> Browser:
    """The page of an invitation, opened."""
    return await Browser(world, invitation["url"], headers).open(query)


async def answered(
    world: Any, survey_id: str, customer: str | None = None, /, **given: Any
) -> dict[str, Any]:
    """The response of a customer who answered SHORT; what does not begin with `q_` is of the invitation."""
    more = {name: value for name, value in given.items() if not name.startswith("q_")}
    filled = {"q_attitude": "5"} | {name: value for name, value in given.items() if name.startswith("q_")}
    invitation = await invited(world, survey_id, customer, force=True, **more)
    page = await browser(world, invitation)
    await page.press(**filled)
    assert page.answer.status_code == 200, page.answer.text
    listed = await world.get("/v1/survey-responses")
    found: dict[str, Any] = next(
        each for each in listed.json()["data"] if each["invitation_id"] == invitation["id"]
    )
    return found
