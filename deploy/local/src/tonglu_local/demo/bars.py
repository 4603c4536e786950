"""Progress bars of the first load."""

from typing import Self

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from tonglu_local.telling import console


class Bar:
    """One line: what is going on, and how far it is."""

    def __init__(self, progress: Progress, what: str, total: int | None) -> None:
        self._progress = progress
        self._task = progress.add_task(what, total=total)

    def step(self) -> None:
        """One more is done."""
        self._progress.advance(self._task)

    def at(self, done: int, total: int | None = None) -> None:
        """So many are done."""
        self._progress.update(self._task, completed=done, total=total)

    def full(self) -> None:
        """Everything is done."""
        total = next(task.total for task in self._progress.tasks if task.id == self._task)
        self._progress.update(self._task, completed=total or 1, total=total or 1)


class Bars:
    """All lines of one load; use it as a context."""

    def __init__(self) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def bar(self, what: str, total: int | None = None) -> Bar:
        """A new line below the others."""
        return Bar(self._progress, what, total)
