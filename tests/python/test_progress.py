"""Long work says how far it is; short work says nothing."""

from __future__ import annotations

import io

from precision_marketing.progress import reported


def go(seconds_each: float, count: int, pause: float = 10) -> tuple[list, list[str]]:
    now = [100.0]
    stream = io.StringIO()
    done = []
    for item in reported(
        list(range(count)), "fits", pause=pause, stream=stream, clock=lambda: now[0]
    ):
        done.append(item)
        now[0] += seconds_each
    return done, stream.getvalue().splitlines()


def test_every_item_comes_in_its_order():
    assert go(seconds_each=1, count=5)[0] == [0, 1, 2, 3, 4]


def test_short_work_is_silent():
    assert go(seconds_each=1, count=9)[1] == []
    assert go(seconds_each=1, count=0) == ([], [])


def test_a_line_after_each_pause():
    assert go(seconds_each=4, count=9)[1] == [
        "fits: 3 of 9, 12 s",
        "fits: 6 of 9, 24 s",
        "fits: 9 of 9, 36 s",
    ]


def test_what_comes_one_by_one_is_counted_without_a_total(capsys):
    assert list(reported(iter("ab"), "letters", pause=0)) == ["a", "b"]
    assert capsys.readouterr().err.splitlines()[-1].startswith("letters: 2, ")


def test_standard_error_by_default(capsys):
    assert list(reported("ab", "letters", pause=0)) == ["a", "b"]
    captured = capsys.readouterr()
    assert captured.err.splitlines()[-1].startswith("letters: 2 of 2, ")
    assert captured.out == ""
