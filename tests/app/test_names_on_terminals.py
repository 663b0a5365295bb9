"""Names of files come from strangers; what prints them must not obey them."""

from __future__ import annotations

import pytest

from app.cli.progress import plain_lines
from app.cli.show import one_line, plain


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a.wav", "a.wav"),
        ("a  b.wav", "a b.wav"),
        ("a\nscored c-1 (1/1)", "a scored c-1 (1/1)"),
        ("a\r\x1b[2Kb.wav", "a[2Kb.wav"),
        ("\u202egnp.wav\u2066", "gnp.wav"),
        ("grüße-通话.wav", "grüße-通话.wav"),
        ("א\u200fב.wav", "א\u200fב.wav"),
        ("\udc80.wav", "?.wav"),
    ],
)
def test_a_name_is_one_line_without_what_steers_a_terminal(name: str, shown: str) -> None:
    assert one_line(name) == shown


def test_text_of_a_call_keeps_its_lines() -> None:
    assert plain("one\n\ttwo\u202e") == "one\n\ttwo"


def test_progress_prints_one_line_for_every_file(capfd: pytest.CaptureFixture[str]) -> None:
    report = plain_lines()
    report("found", "1")
    report("rejected", "calls/a\nscored c-0001.wav")

    assert capfd.readouterr().err == "cannot use a scored c-0001.wav (1/1)\n"


@pytest.mark.parametrize("event", ["source_away", "job_failed", "retention"])
def test_progress_prints_what_a_watch_and_its_jobs_tell_as_it_is(event: str, capfd: pytest.CaptureFixture[str]) -> None:
    plain_lines()(event, "deleting c-3f0a (1/2)")
    assert capfd.readouterr().err == "deleting c-3f0a (1/2)\n"
