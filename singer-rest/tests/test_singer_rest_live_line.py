"""How far a read is, on a terminal."""

from __future__ import annotations

import fcntl
import io
import logging
import os
import re
import struct
import sys
import termios
import threading
from typing import TYPE_CHECKING, Protocol, TextIO

import pytest
from singer_rest import Progress
from singer_rest.live_line import LiveLine, terminal_of_a_person

from tests.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import FakeTime

QUICK = 0.002  # seconds


@pytest.fixture
def screen() -> Iterator[Screen]:
    with Screen() as screen:
        yield screen


@pytest.fixture
def terminal(screen: Screen) -> Iterator[TextIO]:
    with os.fdopen(os.dup(screen.end), "w", encoding="utf-8") as terminal:
        yield terminal


@pytest.fixture
def logger(terminal: TextIO) -> Iterator[logging.Logger]:
    logger = logging.getLogger("tap-office")
    handler = logging.StreamHandler(terminal)
    logger.addHandler(handler)
    yield logger
    logger.removeHandler(handler)


def silent(*_: object, **__: object) -> None:
    pytest.fail("on a terminal, the log has no progress")


def after_it(terminal: TextIO, screen: Screen) -> list[str]:
    """What stands on the screen when everything has arrived."""
    terminal.write("the end")
    terminal.flush()
    assert screen.shows("the end")
    return screen.rows


def test_a_person_sees_parts_records_and_time_go_up_on_one_line_which_vanishes(
    terminal: TextIO, screen: Screen, time: FakeTime
) -> None:
    with Progress("actions", silent, terminal=terminal, clock=time.clock) as progress:
        progress.begin("boards", total=40)
        assert screen.shows("^actions  0 of 40 boards  0 records  0s$")
        progress.advance(12)
        progress.count(34_000)
        time.now += 80
        assert screen.shows("^actions  12 of 40 boards  34,000 records  1m20s$")

    assert after_it(terminal, screen) == ["the end"]


def test_the_time_goes_on_while_nothing_else_does(
    terminal: TextIO, screen: Screen, time: FakeTime
) -> None:
    with Progress("actions", silent, terminal=terminal, clock=time.clock):
        assert screen.shows("^actions  0 records  0s$")
        time.now += 7500
        assert screen.shows("^actions  0 records  2h05m$")


def test_log_lines_stand_above_it_and_whole(
    terminal: TextIO, screen: Screen, logger: logging.Logger
) -> None:
    def log() -> None:
        for number in range(100):
            logger.warning("short %d", number)

    line = LiveLine(terminal, lambda: "actions  a text that is longer than theirs", every=QUICK)
    line.open()
    threads = [threading.Thread(target=log) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert screen.shows("^actions  a text")
    line.close()
    logger.warning("after it")

    *rows, last, end = after_it(terminal, screen)
    assert sorted(rows) == sorted(f"short {number}" for number in range(100) for _ in range(3))
    assert (last, end) == ("after it", "the end")


def test_the_line_of_another_program_takes_its_place(terminal: TextIO, screen: Screen) -> None:
    line = LiveLine(terminal, lambda: "actions  1 record", every=QUICK)
    line.open()
    assert screen.shows("^actions")
    os.write(screen.end, b"target: a line that is not shorter\n")
    assert screen.shows("^target")
    line.close()

    assert after_it(terminal, screen) == ["target: a line that is not shorter", "the end"]


@pytest.mark.parametrize(("columns", "fit"), [(30, 29), (0, 79)], ids=["narrow", "unknown"])
def test_a_text_that_is_too_long_is_cut_rather_than_wrapped(
    terminal: TextIO, screen: Screen, columns: int, fit: int
) -> None:
    fcntl.ioctl(screen.end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    line = LiveLine(terminal, lambda: "x" * 200, every=QUICK)
    line.open()
    assert screen.shows(f"^x{{{fit}}}$")
    line.close()

    assert not [row for row in screen.seen if len(row) > fit]


def test_a_text_that_gets_shorter_leaves_nothing_of_the_longer_one(
    terminal: TextIO, screen: Screen
) -> None:
    texts = ["a longer text", "short"]
    line = LiveLine(terminal, lambda: texts[0], every=QUICK)
    line.open()
    assert screen.shows("^a longer text$")
    texts.pop(0)
    assert screen.shows("^short$")
    line.close()


def test_a_short_read_shows_nothing_at_all(terminal: TextIO, screen: Screen) -> None:
    with Progress("actions", silent, terminal=terminal) as progress:
        progress.count()

    after_it(terminal, screen)
    assert not re.search("actions", "".join(screen.seen))


class HungUp(io.StringIO):
    """A terminal that goes away."""

    def __init__(self) -> None:
        super().__init__()
        self.refused = threading.Event()

    def write(self, text: str) -> int:
        self.refused.set()
        raise OSError(5, f"Input/output error: {len(text)} characters")


def test_a_terminal_that_goes_away_ends_it_and_not_the_run() -> None:
    gone = HungUp()
    line = LiveLine(gone, lambda: "actions", every=QUICK)
    line.open()
    assert gone.refused.wait(20)
    line.close()


def test_a_terminal_that_is_closed_meanwhile_does_no_harm(terminal: TextIO) -> None:
    line = LiveLine(terminal, lambda: "actions", every=QUICK)
    line.open()
    terminal.close()
    line.close()


def test_no_thread_stays_and_handlers_have_their_stream_back(
    terminal: TextIO, logger: logging.Logger
) -> None:
    (handler,) = logger.handlers
    assert isinstance(handler, logging.StreamHandler)
    line = LiveLine(terminal, lambda: "actions")
    line.open()
    assert handler.stream is not terminal
    line.close()

    assert handler.stream is terminal
    assert "live line" not in {thread.name for thread in threading.enumerate()}


class Seat(Protocol):
    def __call__(
        self, stderr: TextIO | None, stdout: TextIO | None = None, term: str = "xterm"
    ) -> None: ...


@pytest.fixture
def sit_at(monkeypatch: pytest.MonkeyPatch) -> Seat:
    """Make these the streams of the process; in the test, since pytest sets its own before."""

    def sit(stderr: TextIO | None, stdout: TextIO | None = None, term: str = "xterm") -> None:
        monkeypatch.setenv("TERM", term)
        monkeypatch.setattr(sys, "stderr", stderr)
        monkeypatch.setattr(sys, "stdout", stdout or io.StringIO())

    return sit


def test_a_terminal_at_standard_error_is_a_persons(terminal: TextIO, sit_at: Seat) -> None:
    sit_at(terminal)
    assert terminal_of_a_person() is terminal


@pytest.mark.parametrize("term", ["dumb", ""])
def test_one_that_cannot_write_a_line_anew_is_not(
    terminal: TextIO, sit_at: Seat, term: str
) -> None:
    sit_at(terminal, term=term)
    assert terminal_of_a_person() is None


def test_one_that_shows_the_messages_is_not(terminal: TextIO, sit_at: Seat) -> None:
    sit_at(terminal, stdout=terminal)
    assert terminal_of_a_person() is None


def closed() -> io.StringIO:
    stream = io.StringIO()
    stream.close()
    return stream


@pytest.mark.parametrize("stderr", [None, closed(), io.StringIO()])
def test_without_a_terminal_there_is_none(sit_at: Seat, stderr: TextIO | None) -> None:
    sit_at(stderr)
    assert terminal_of_a_person() is None
