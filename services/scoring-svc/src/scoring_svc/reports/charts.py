"""Charts as geometry: what lies where on a drawing of 640 by 320, for a template to draw as SVG."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, floor, log10
from typing import NamedTuple

WIDTH, HEIGHT = 640, 320
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 32, 44
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_TICKS = 5
_GAP = 0.25


class Mark(NamedTuple):
    """A label on an axis, and where it is."""

    at: float
    text: str


class Bar(NamedTuple):
    """A rectangle; `told` is what it says when pointed at."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    told: str


class Dot(NamedTuple):
    """A circle."""

    x: float
    y: float
    radius: float
    told: str


class Line(NamedTuple):
    """A polyline as the `points` of SVG."""

    points: str
    kind: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing; `kinds` say which series there are, for the legend."""

    x_marks: Sequence[Mark]
    y_marks: Sequence[Mark]
    kinds: Sequence[str]
    lines: Sequence[Line] = field(default=())
    bars: Sequence[Bar] = field(default=())
    dots: Sequence[Dot] = field(default=())
    rules: Sequence[Mark] = field(default=())


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to places on one side of the drawing."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return round(self.start + share * (self.end - self.start), 1)


def upright(low: float, high: float) -> Scale:
    """The vertical scale of the drawing."""
    return Scale(low, high, HEIGHT - BOTTOM, TOP)


def across(low: float, high: float) -> Scale:
    """The horizontal scale of the drawing."""
    return Scale(low, high, LEFT, WIDTH - RIGHT)


def ticks(low: float, high: float) -> list[float]:
    """About five round values from `low` or below it to `high` or above it."""
    if high <= low:
        high = low + 1.0
    rough = (high - low) / _TICKS
    magnitude = 10.0 ** floor(log10(rough))
    step = next(each * magnitude for each in _STEPS if each * magnitude >= rough * (1.0 - 1e-9))
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [round(place * step, 10) for place in range(first, last + 1)]


def label(value: float) -> str:
    """A value of an axis."""
    return f"{value:,.0f}" if abs(value) >= 10 or value == int(value) else f"{value:g}"  # noqa: PLR2004


def curves(xs: Sequence[float], series: Mapping[str, Sequence[float]], *, least: float = 0.0) -> Chart:
    """Lines over the same places; values from `least` up."""
    top = ticks(least, max((value for each in series.values() for value in each), default=1.0))
    side, ground = upright(top[0], top[-1]), across(xs[0], xs[-1])
    every = max(ceil(len(xs) / 13), 1)
    return Chart(
        x_marks=[Mark(ground.at(x), label(x)) for x in xs[::every]],
        y_marks=[Mark(side.at(y), label(y)) for y in top],
        kinds=list(series),
        lines=[Line(_points(ground, side, xs, each), kind) for kind, each in series.items()],
    )


def scatter(points: Sequence[tuple[float, float, float]], told: Sequence[str]) -> Chart:
    """(forecast, observed, share of the cases) within 0 to 1, beside the line on which both are equal."""
    side, ground = upright(0.0, 1.0), across(0.0, 1.0)
    marks = [place / _TICKS for place in range(_TICKS + 1)]
    return Chart(
        x_marks=[Mark(ground.at(x), label(x)) for x in marks],
        y_marks=[Mark(side.at(y), label(y)) for y in marks],
        kinds=["forecast", "perfect"],
        lines=[
            Line(_points(ground, side, [0.0, 1.0], [0.0, 1.0]), "perfect"),
            Line(_points(ground, side, [x for x, _, _ in points], [y for _, y, _ in points]), "forecast"),
        ],
        dots=[
            Dot(ground.at(x), side.at(y), round(4.0 + 14.0 * share**0.5, 1), text)
            for (x, y, share), text in zip(points, told, strict=True)
        ],
    )


def bars(
    names: Sequence[str],
    series: Mapping[str, Sequence[float | None]],
    *,
    rules: Sequence[float] = (),
    least: float = 0.0,
) -> Chart:
    """Groups of bars, one bar a series; `rules` are lines across, a value that is None has no bar."""
    known = [value for each in series.values() for value in each if value is not None]
    top = ticks(least, max([*known, *rules], default=1.0))
    side, room = upright(top[0], top[-1]), (WIDTH - LEFT - RIGHT) / max(len(names), 1)
    thick = room * (1.0 - _GAP) / max(len(series), 1)
    drawn = []
    for place, (kind, values) in enumerate(series.items()):
        for group, value in enumerate(values):
            if value is not None:
                x = LEFT + group * room + room * _GAP / 2.0 + place * thick
                y = side.at(max(value, top[0]))
                height = round(side.at(top[0]) - y, 1)
                drawn.append(Bar(round(x, 1), y, round(thick - 2.0, 1), height, kind, f"{value:.3g}"))
    return Chart(
        x_marks=[Mark(round(LEFT + (group + 0.5) * room, 1), name) for group, name in enumerate(names)],
        y_marks=[Mark(side.at(y), label(y)) for y in top],
        kinds=list(series),
        bars=drawn,
        rules=[Mark(side.at(each), label(each)) for each in rules],
    )


def _points(ground: Scale, side: Scale, xs: Sequence[float], ys: Sequence[float]) -> str:
    return " ".join(f"{ground.at(x)},{side.at(y)}" for x, y in zip(xs, ys, strict=True))
