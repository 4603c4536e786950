"""The page of a backtest: in both languages, with a table beside each chart, and nothing that could act."""

import re
from html.parser import HTMLParser
from uuid import uuid4
from xml.etree import ElementTree as ET

import httpx
import pytest

from scoring_svc.reports import charts, figures
from scoring_svc.reports.words import WORDS
from shared.composition import Service

from .proofs import kept, model
from .test_drift import _report

_CHINESE = re.compile("[\u4e00-\u9fff]")


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in {"meta", "link"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def _read(page: str) -> list[tuple[str, dict[str, str | None]]]:
    tags = _Tags()
    tags.feed(page)
    assert tags.open == []
    return tags.seen


def test_both_languages_say_the_same_things() -> None:
    assert WORDS["zh"].keys() == WORDS["en"].keys()
    assert not any(_CHINESE.search(text) for text in WORDS["en"].values())
    holes = {
        language: [re.findall(r"{\w+}", text) for text in WORDS[language].values()] for language in WORDS
    }
    assert [sorted(each) for each in holes["zh"]] == [sorted(each) for each in holes["en"]]


@pytest.mark.parametrize(("language", "word"), [("en", "Tracking curve"), ("zh", "跟踪曲线")])
async def test_the_page_is_whole_and_shows_every_chart_with_its_table(
    scoring: Service, manager: httpx.AsyncClient, language: str, word: str
) -> None:
    shown = await kept(scoring)
    await _report(scoring, shown)
    path = f"/v1/models/{shown}/backtest/report"
    page = await manager.get(path, params={"lang": language}, headers={"Accept-Language": "fr"})
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert word in page.text
    assert bool(_CHINESE.search(page.text.replace("中文", "").partition("<main>")[2])) is (language == "zh")
    tags = _read(page.text)
    names = [tag for tag, _ in tags]
    charted = [attrs for tag, attrs in tags if tag == "svg" and attrs.get("role") == "img"]
    assert len(charted) == 5
    assert all(attrs["aria-labelledby"] for attrs in charted)
    assert names.count("desc") == 5
    assert names.count("table") >= 5
    assert "script" not in names
    assert not any("style" in attrs or name.startswith("on") for _, attrs in tags for name in attrs)
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "nan" not in page.text.lower()


async def test_the_language_is_the_browsers_unless_the_address_says_otherwise(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    path = f"/v1/models/{await kept(scoring)}/backtest/report"
    chinese = await manager.get(path, headers={"Accept-Language": "zh-CN,zh;q=0.9"})
    assert chinese.headers["content-language"] == "zh-CN"
    assert (await manager.get(path)).headers["content-language"] == "en"
    wrong = await manager.get(f"{path}?lang=de")
    assert wrong.json()["errors"][0]["pointer"] == "?lang"
    assert (await manager.get(f"/v1/models/{uuid4()}/backtest/report")).status_code == 404


async def test_a_model_without_a_backtest_says_so(scoring: Service, manager: httpx.AsyncClient) -> None:
    shown = await kept(scoring, card={"note": "too little data"})
    page = await manager.get(f"/v1/models/{shown}/backtest/report")
    assert "There was no backtest" in page.text
    told = (await manager.get(f"/v1/models/{shown}/backtest")).json()
    assert (told["calibration"]["bins"], told["warnings"]) == ([], [])


async def test_the_figures_of_the_page_are_those_of_the_backtest(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    shown = await kept(scoring)
    told = (await manager.get(f"/v1/models/{shown}/backtest")).json()
    fold = told["card"]["folds"][0]
    assert told["gate"]["checks"][0]["figure"] == pytest.approx(
        sum(each["auc"] for each in told["card"]["folds"]) / 3
    )
    assert {"all", "early", "repeat"} <= set(fold["groups"])
    page = (await manager.get(f"/v1/models/{shown}/backtest/report")).text
    assert f"{fold['tracking'][-1]['expected_so_far']:,.1f}" in page
    rows = figures.comparison(told["card"]["folds"])
    assert f"{rows[0]['methods']['model']['auc']:.3g}" in page


async def test_the_page_tells_what_windows_of_the_next_order_did_before_and_after_they_were_taught(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    names = ("inside_80", "inside_50", "fair_80", "fair_50", "before_expected", "fair_before")
    before, after = ({"bought": 1926, **dict.fromkeys(names, share)} for share in (0.713, 0.792))
    told = {"origin": "2026-01-05T00:00:00", "levels": [], "before": before, "after": after, "used": True}
    shown = await kept(scoring, card={**model().card, "windows": told})
    page = (await manager.get(f"/v1/models/{shown}/backtest/report", params={"lang": "en"})).text
    assert "Of 1,926 customers of 2026-01-05" in page
    assert page.count("<td>71.3%</td><td>79.2%</td>") == 5


def test_what_is_drawn_lies_inside_the_drawing() -> None:
    folds = model().card["folds"]
    found = [
        figures.tracking_chart(figures.tracking(folds)),
        figures.reliability_chart(figures.pooled_reliability(folds)),
        figures.lift_chart(figures.lift(folds)),
        figures.comparison_chart(figures.comparison(folds), "auc", ("model", "recency")),
    ]
    for chart in found:
        assert chart is not None
        for bar in chart.bars:
            assert charts.TOP <= bar.y <= bar.y + bar.height <= charts.HEIGHT - charts.BOTTOM + 0.1
            assert charts.LEFT <= bar.x < bar.x + bar.width <= charts.WIDTH - charts.RIGHT + 0.1
        for line in chart.lines:
            for point in line.points.split():
                x, y = map(float, point.split(","))
                assert charts.LEFT <= x <= charts.WIDTH - charts.RIGHT
                assert charts.TOP <= y <= charts.HEIGHT - charts.BOTTOM
    assert charts.ticks(0.0, 0.97) == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert charts.ticks(0.0, 0.0) == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]


async def test_the_drawings_are_well_formed(scoring: Service, manager: httpx.AsyncClient) -> None:
    page = (await manager.get(f"/v1/models/{await kept(scoring)}/backtest/report")).text
    for drawing in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        assert ET.fromstring(drawing).tag == "svg"  # noqa: S314 - our own page
