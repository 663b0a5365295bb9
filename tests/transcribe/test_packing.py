"""Packing speech into windows and finding the way back."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.records import Span
from pipeline.sound import SAMPLES_PER_MS
from pipeline.transcribe.packing import WINDOW_MS, HeardWord, Window, encoded_ms, pack, unpack


@st.composite
def speech(draw: st.DrawFn) -> tuple[Span, ...]:
    steps = draw(st.lists(st.tuples(st.integers(1, 40_000), st.integers(1, 70_000)), min_size=1, max_size=12))
    spans, at_ms = [], 0
    for silence_ms, speech_ms in steps:
        spans.append(Span(start_ms=at_ms + silence_ms, end_ms=at_ms + silence_ms + speech_ms))
        at_ms = spans[-1].end_ms
    return tuple(spans)


@st.composite
def heard_in(draw: st.DrawFn, window: Window) -> list[HeardWord]:
    """Words one after the other, as a recogniser gives them, some a little beyond the end."""
    cuts = sorted(draw(st.lists(st.integers(0, window.length_ms + 300), max_size=20)))
    return [HeardWord(text=f"w{i}", start_s=a / 1000, end_s=b / 1000) for i, (a, b) in enumerate(pairwise(cuts))]


@given(speech())
def test_pack_keeps_every_moment_of_speech_once_in_order(spans: tuple[Span, ...]) -> None:
    windows = pack(spans, channel=1)
    pieces = [piece for window in windows for piece in window.pieces]
    covered = [ms for piece in pieces for ms in (piece.source.start_ms, piece.source.end_ms)]
    assert covered == sorted(covered)
    assert sum(piece.source.length_ms for piece in pieces) == sum(span.length_ms for span in spans)
    assert all(any(s.start_ms <= p.source.start_ms and p.source.end_ms <= s.end_ms for s in spans) for p in pieces)
    for window in windows:
        assert window.length_ms <= WINDOW_MS
        assert window.channel == 1
        assert [piece.at_ms for piece in window.pieces] == [0, *(piece.until_ms for piece in window.pieces[:-1])]


@given(speech())
def test_pack_cuts_inside_speech_only_where_it_is_longer_than_a_window(spans: tuple[Span, ...]) -> None:
    starts = {piece.source.start_ms for window in pack(spans, channel=0) for piece in window.pieces}
    inside = [s for s in starts if not any(s == span.start_ms for span in spans)]
    assert all(any(span.start_ms < s < span.end_ms and span.length_ms > WINDOW_MS for span in spans) for s in inside)


def spans_of(*lengths_s: float) -> list[Span]:
    starts = [int(sum(lengths_s[:i]) * 1000) + 1000 * i for i in range(len(lengths_s))]
    return [Span(start_ms=s, end_ms=s + int(length * 1000)) for s, length in zip(starts, lengths_s, strict=True)]


@pytest.mark.parametrize(
    ("lengths_s", "windows_s"),
    [
        ((20, 5), [25]),
        ((20, 10, 1), [20, 11]),  # not 30 and a rest of one second
        ((5, 5, 5, 5, 5, 5, 5, 5), [20, 20]),
        ((28, 28, 2), [28, 28, 2]),  # nothing can be moved
        ((2, 28), [2, 28]),
    ],
)
def test_pack_takes_few_windows_about_equally_full(lengths_s: tuple[float, ...], windows_s: list[float]) -> None:
    windows = pack(spans_of(*lengths_s), channel=0, window_ms=28_000)
    assert [window.length_ms / 1000 for window in windows] == windows_s


@given(speech())
def test_pack_never_takes_more_windows_than_filling_each_would(spans: tuple[Span, ...]) -> None:
    filled, at_ms = 0, 30_000
    for piece in (piece for window in pack(spans, channel=0, window_ms=30_000) for piece in window.pieces):
        if at_ms + piece.source.length_ms > 30_000:
            filled, at_ms = filled + 1, 0
        at_ms += piece.source.length_ms
    assert len(pack(spans, channel=0, window_ms=30_000)) == filled


@pytest.mark.parametrize(
    ("length_ms", "expected"), [(1, 10_000), (8_000, 10_000), (8_001, 12_500), (20_000, 22_500), (28_000, 30_000)]
)
def test_encoded_length_leaves_silence_and_takes_few_values(length_ms: int, expected: int) -> None:
    assert encoded_ms(length_ms) == expected


def test_pack_nothing_gives_no_window() -> None:
    assert pack((), channel=0) == ()


def test_window_audio_is_its_pieces_in_a_row() -> None:
    samples = np.repeat(np.arange(100, dtype=np.float32), SAMPLES_PER_MS)  # each ms holds its own number
    (window,) = pack([Span(start_ms=10, end_ms=20), Span(start_ms=50, end_ms=55)], channel=0)
    assert list(window.audio(samples)[::SAMPLES_PER_MS]) == [*range(10, 20), *range(50, 55)]


@given(st.data())
def test_unpack_puts_words_in_order_and_never_into_removed_silence(data: st.DataObject) -> None:
    window = data.draw(st.sampled_from(pack(data.draw(speech()), channel=0)))
    heard = data.draw(heard_in(window))
    words = unpack(heard, window)
    assert [word.text for word in words] == [word.text for word in heard]
    assert [word.start_ms for word in words] == sorted(word.start_ms for word in words)
    sources = [piece.source for piece in window.pieces]
    for word in words:
        assert word.start_ms < word.end_ms
        assert any(source.start_ms <= word.start_ms and word.end_ms <= source.end_ms for source in sources)


@given(st.data())
def test_unpack_returns_the_exact_time_of_a_word_well_inside_its_piece(data: st.DataObject) -> None:
    window = data.draw(st.sampled_from(pack(data.draw(speech()), channel=0)))
    piece = data.draw(st.sampled_from(window.pieces))
    length_ms = min(piece.source.length_ms, 400)
    latest = max(0, piece.source.length_ms - max(length_ms, 201))
    offset_ms = data.draw(st.integers(0, latest))
    if piece.source.length_ms - offset_ms <= 200:  # the end of a piece is nobody's: see Window.piece_of
        return
    start_ms = piece.at_ms + offset_ms
    heard = HeardWord(text="w", start_s=start_ms / 1000, end_s=(start_ms + length_ms) / 1000)
    (word,) = unpack([heard], window)
    assert (word.start_ms, word.end_ms) == (
        piece.source.start_ms + offset_ms,
        piece.source.start_ms + offset_ms + length_ms,
    )


@pytest.mark.parametrize(
    ("start_s", "end_s", "expected"),
    [
        (0.5, 0.9, (10_500, 10_900)),
        (0.9, 1.2, (50_000, 50_200)),  # begins in the padding before the seam: it is the next phrase's first word
        (0.5, 1.3, (10_500, 11_000)),  # has its middle before the seam: cut where its piece ends
        (1.5, 9.0, (50_500, 51_000)),
        (0.3, 0.3, (10_300, 10_301)),  # aligners give words of no length
    ],
)
def test_unpack_places_words_at_a_seam(start_s: float, end_s: float, expected: tuple[int, int]) -> None:
    (window,) = pack([Span(start_ms=10_000, end_ms=11_000), Span(start_ms=50_000, end_ms=51_000)], channel=0)
    (word,) = unpack([HeardWord(text="which", start_s=start_s, end_s=end_s)], window)
    assert (word.start_ms, word.end_ms) == expected
