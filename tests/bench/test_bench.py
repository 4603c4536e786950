"""`make bench` runs from end to end, with sizes that measure nothing."""

import asyncio
import re
from collections.abc import Iterator

import pytest
import uvloop
from tools.bench.__main__ import PARTS, run
from tools.bench.figures import Goal, Line, percentile
from tools.bench.stage import SMALL, Stage, stage


@pytest.fixture(scope="module")
def here() -> Iterator[Stage]:
    """One stage for all parts, as `make bench` has it."""
    with stage(SMALL, with_broker=False, durable=False) as here:
        yield here


@pytest.mark.slow
@pytest.mark.rabbit
@pytest.mark.parametrize("part", PARTS)
def test_each_part_measures_and_prints(
    part: str, here: Stage, amqp_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        # Only these parts give their exchange a name of its own.
        own = part in ("events", "freshness")
        runner.run(run([part], here.with_broker(amqp_url) if own else here))
    printed = capsys.readouterr().out
    assert PARTS[part].title in printed
    assert re.search(r"\d(x|/s| ms| s| MB)? +\(", printed)


def test_a_line_shows_median_noise_and_whether_the_goal_is_met() -> None:
    line = str(Line("reading", [0.3, 0.1, 0.2], beside="2,000/s", goal=Goal(0.1, 0.35)))
    assert re.search(
        r"reading +0\.20x \(0\.10–0\.30\) +goal ≥ 0\.10x met, aim ≥ 0\.35x MISSED +2,000/s", line
    )


def test_a_goal_can_be_a_limit_from_above() -> None:
    assert Goal(20, 8, at_most=True).judged(12, " ms") == "goal ≤ 20.0 ms met, aim ≤ 8.00 ms MISSED"


def test_percentiles_are_values_that_occurred() -> None:
    assert percentile([5.0, 1.0, 3.0], 0.5) == 3.0
    assert percentile([1.0], 0.99) == 1.0
