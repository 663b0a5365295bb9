"""Invented text is dropped, real text is not."""

from __future__ import annotations

import pytest

from pipeline.transcribe.guards import Guards, Segment, believable, compression_ratio
from pipeline.transcribe.packing import HeardWord


def segment(text: str, *, no_speech: float = 0.1, log_probability: float = -0.3) -> Segment:
    return Segment(
        words=tuple(HeardWord(text=f" {word}", start_s=0, end_s=0) for word in text.split()),
        no_speech_probability=no_speech,
        mean_log_probability=log_probability,
    )


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (segment("thank you for calling harbour bank how can i help you"), True),
        (segment("thanks for watching", no_speech=0.9, log_probability=-1.4), False),
        (segment("yes", no_speech=0.9, log_probability=-0.4), True),  # sure of the word: probably said
        (segment("uh", no_speech=0.2, log_probability=-1.4), True),  # sure that somebody spoke
        (segment("i am going to " * 30), False),
        (segment("no no no no"), True),  # a person repeats too
    ],
)
def test_believable_drops_silence_and_loops_only(given: Segment, kept: bool) -> None:
    assert bool(believable([given], Guards())) is kept


def test_believable_keeps_the_other_segments_in_order() -> None:
    heard = believable([segment("one"), segment("bad " * 100), segment("two")], Guards())
    assert [word.text for word in heard] == [" one", " two"]


def test_compression_ratio_of_nothing_is_zero() -> None:
    assert compression_ratio("") == 0
