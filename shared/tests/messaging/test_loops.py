"""Loops survive failures, end after the step in progress, and are seen when they are dead."""

import asyncio

import pytest

from shared.loops import Loops, Pauses, every


async def test_a_failing_step_is_tried_again() -> None:
    loops, tries, done = Loops(), [0], asyncio.Event()

    async def step() -> None:
        tries[0] += 1
        if tries[0] == 1:
            raise LookupError
        if tries[0] == 2:
            raise asyncio.CancelledError  # what a library lets escape when its connection breaks
        done.set()

    loops.repeat("flaky", step, every=0.01)
    async with asyncio.timeout(10):
        await done.wait()
    assert loops.alive() == {"flaky": True}
    await loops.stop()


async def test_a_bell_wakes_a_loop() -> None:
    loops, bell, heard = Loops(), asyncio.Event(), asyncio.Queue[int]()

    async def step() -> None:
        heard.put_nowait(1)

    loops.repeat("sleepy", step, every=3600, bell=bell)
    async with asyncio.timeout(10):
        await heard.get()
        bell.set()
        await heard.get()
    await loops.stop()


async def test_who_was_called_during_a_step_waits_for_more_before_the_next() -> None:
    loops, bell, twice, moments = Loops(), asyncio.Event(), asyncio.Event(), []

    async def step() -> None:
        moments.append(asyncio.get_running_loop().time())
        if len(moments) == 1:
            bell.set()
        else:
            twice.set()

    loops.start("busy", every(3600, step, bell=bell, gathering=0.3))
    async with asyncio.timeout(10):
        await twice.wait()
    await loops.stop()
    assert moments[1] - moments[0] > 0.29


async def test_who_is_called_in_quiet_does_not_wait_for_more() -> None:
    loops, bell, steps = Loops(), asyncio.Event(), asyncio.Queue[int]()

    async def step() -> None:
        steps.put_nowait(1)

    loops.start("calm", every(3600, step, bell=bell, gathering=3600))
    async with asyncio.timeout(10):
        await steps.get()
        await asyncio.sleep(0.05)
        bell.set()
        await steps.get()
    await loops.stop()


async def test_stopping_lets_the_step_in_progress_end() -> None:
    loops, begun, ended = Loops(), asyncio.Event(), []

    async def step() -> None:
        begun.set()
        await asyncio.sleep(0.1)
        ended.append(True)

    loops.start("slow", every(3600, step))
    await begun.wait()
    await loops.stop()
    assert ended == [True]
    assert loops.alive() == {}


async def test_a_step_that_does_not_end_is_broken_off() -> None:
    loops, begun = Loops(), asyncio.Event()

    async def step() -> None:
        begun.set()
        await asyncio.Event().wait()

    loops.repeat("stuck", step, every=1)
    await begun.wait()
    await loops.stop(drain=0.05)
    assert loops.alive() == {}


@pytest.mark.parametrize("raises", [True, False])
async def test_a_dead_loop_is_seen(raises: bool) -> None:
    loops = Loops()

    async def run() -> None:
        if raises:
            raise LookupError

    loops.start("mortal", run)
    async with asyncio.timeout(10):
        await loops.died()
    assert loops.alive() == {"mortal": False}
    await loops.stop()


async def test_pauses_grow_to_a_limit_and_start_anew() -> None:
    pauses = Pauses(0.001, 0.003)
    seen = []
    for _ in range(3):
        seen.append(pauses._next)
        await pauses.wait()
    pauses.reset()
    assert [*seen, pauses._next] == [0.001, 0.002, 0.003, 0.001]
