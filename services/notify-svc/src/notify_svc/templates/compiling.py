"""From what people write to what is sent: MJML to HTML and plain text, before anything is filled in."""

import re
from html import unescape
from html.parser import HTMLParser
from importlib import resources

from mjml import mjml2html

_LAYOUT = resources.files(__package__).joinpath("shipped", "layout.mjml").read_text("utf-8")
_WHOLE = re.compile(r"\s*<mjml[\s>]")
_PLACE = re.compile(r"position (\d+):(\d+)")
_BLANKS = re.compile(r"[ \t\xa0\u200b\u200c\u034f]+")
_BREAKS = re.compile(r"\n{3,}")
_ENDS_LINE = frozenset({"p", "div", "tr", "table", "h1", "h2", "h3", "h4", "li"})
_SILENT = frozenset({"head", "style", "title", "script"})
_FOOTERS = {
    "zh": (
        "您收到此邮件，是因为您是{{ company }}的客户。",
        "退订此类邮件",
    ),
    "en": (
        "You receive this mail as a customer of {{ company }}.",
        "Unsubscribe from these mails",
    ),
}


class MjmlError(Exception):
    """It is no MJML; `line` is where, as far as that is known."""

    def __init__(self, line: int | None) -> None:
        super().__init__("mjml_invalid")
        self.line = line


def whole(mjml: str, language: str) -> str:
    """A whole MJML document: as it is, or the inside of a column set into the layout of Tonglu."""
    if _WHOLE.match(mjml):
        return mjml
    reason, unsubscribe = _FOOTERS[language]
    parts = {"LANGUAGE": language, "REASON": reason, "UNSUBSCRIBE": unsubscribe, "BODY": mjml}
    return re.sub(r"\[\[(\w+)\]\]", lambda found: parts[found[1]], _LAYOUT)


def html_of(mjml: str, language: str) -> str:
    """The HTML of an e-mail, its Jinja as it was; MjmlError for what cannot be compiled.

    Nothing is fetched when it is made or read: no include is followed, no font is linked.
    """
    try:
        made: str = mjml2html(whole(mjml, language), fonts={})
    except ValueError as error:
        found = _PLACE.search(str(error))
        line = None
        if found is not None and _WHOLE.match(mjml):
            line = mjml.count("\n", 0, int(found[1])) + 1
        raise MjmlError(line) from None
    return made


def text_of(html: str) -> str:
    """The same as plain text: a line a block, links in brackets behind their words."""
    reader = _Text()
    reader.feed(re.sub(r"<!--.*?-->", "", html, flags=re.DOTALL))
    reader.close()
    lines = (_BLANKS.sub(" ", line).strip() for line in "".join(reader.parts).split("\n"))
    return unescape(_BREAKS.sub("\n\n", "\n".join(lines)).strip()) + "\n"


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0
        self._hidden: list[str] = []
        self._links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if self._hidden or "display:none" in (given.get("style") or ""):
            if tag == "div":
                self._hidden.append(tag)
            return
        self._silent += tag in _SILENT
        if tag == "a":
            self._links.append(given.get("href") or "")
        if tag == "br":
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if self._hidden:
            if tag == "div":
                self._hidden.pop()
            return
        self._silent -= tag in _SILENT
        if tag == "a" and self._links:
            link = self._links.pop()
            self.parts.append(f" ({link})" if link else "")
        if tag in _ENDS_LINE:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent and not self._hidden:
            self.parts.append(data)
