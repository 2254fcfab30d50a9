"""A line now and then from work that takes long."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from typing import TextIO, TypeVar

Item = TypeVar("Item")

PAUSE_SECONDS = 10.0


def reported(
    items: Iterable[Item],
    what: str,
    *,
    pause: float = PAUSE_SECONDS,
    stream: TextIO | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Item]:
    """Go through items and say how many are done: ``fits: 3 of 9, 12 s``.

    Nothing is said of what is done within a pause, so short work stays silent. The
    clock decides on lines alone, never on a result.

    Parameters
    ----------
    items : iterable
        What to go through, in its own order. Of one whose length is not known the line
        says how many are done: ``batches: 3, 12 s``.
    what : str
        What one of them is, in the plural.
    pause : float
        Seconds between two lines.
    stream : file, optional
        Where lines go; standard error unless given.
    clock : callable
        Seconds since any moment.

    Yields
    ------
    object
        Each item.
    """
    start = said = clock()
    of = f" of {len(items)}" if isinstance(items, Sized) else ""
    for done, item in enumerate(items, start=1):
        yield item
        now = clock()
        if now - said >= pause:
            said = now
            line = f"{what}: {done}{of}, {now - start:.0f} s"
            print(line, file=stream or sys.stderr, flush=True)
