"""Stored transcripts whose words are made when asked for: the same as those that are read whole."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.canonical import to_json
from pipeline.errors import StoreError
from pipeline.records import Dropped, Role, Span, Transcript, Turn, Word
from pipeline.store.payload import read_payload
from pipeline.store.stored_transcript import read_transcript, with_words
from tests.factories import MADE_BY

WORDS = st.builds(
    Word,
    text=st.text(min_size=1, max_size=8),
    start_ms=st.integers(0, 9000),
    end_ms=st.integers(0, 9000),
    confidence=st.none() | st.floats(0, 1),
    heard=st.none() | st.text(max_size=5),
)
TURNS = st.builds(
    Turn,
    index=st.integers(0, 20),
    channel=st.integers(0, 1),
    role=st.sampled_from(Role),
    start_ms=st.integers(0, 9000),
    end_ms=st.integers(0, 9000),
    words=st.lists(WORDS, max_size=6).map(tuple),
    role_confidence=st.none() | st.floats(0, 1),
)
TRANSCRIPTS = st.builds(
    Transcript,
    call_id=st.just("c-1"),
    language=st.sampled_from(["en", "es"]),
    duration_ms=st.integers(0, 10_000),
    turns=st.lists(TURNS, max_size=5).map(tuple),
    made_by=st.just(MADE_BY),
    language_confidence=st.none() | st.floats(0, 1),
    dropped=st.just(()) | st.just((Dropped(channel=0, start_ms=1, end_ms=2, text="um", reason="loop"),)),
    overlaps=st.just(()) | st.just((Span(start_ms=1, end_ms=2),)),
)


@given(TRANSCRIPTS)
def test_it_says_what_one_that_is_read_whole_says(whole: Transcript) -> None:
    read = read_transcript(to_json(whole), "step t")
    assert read.confidence == whole.confidence
    assert all(
        getattr(read, field.name) == getattr(whole, field.name) for field in fields(whole) if field.name != "turns"
    )
    for turn, known in zip(read.turns, whole.turns, strict=True):
        assert (len(turn.words), tuple(turn.words), turn.words[1:3]) == (
            len(known.words),
            known.words,
            known.words[1:3],
        )
        assert (turn.text, turn.confidence) == (known.text, known.confidence)
        assert replace(turn, words=known.words) == known
    assert with_words(read) == whole
    assert to_json(with_words(read)) == to_json(whole)


@pytest.mark.parametrize("payload", ["", "[]", "{", '{"turns": "marigold"}', '{"turns": [{"words": 3}]}', "null"])
def test_what_is_no_transcript_is_refused_without_its_words(payload: str) -> None:
    with pytest.raises(StoreError, match="step t: what is stored cannot be read as Transcript") as refused:
        read_transcript(payload, "step t")
    assert "marigold" not in str(refused.value)


def test_one_of_an_older_version_is_read_with_what_came_later_left_out() -> None:
    payload = (
        '{"call_id":"c","language":"en","duration_ms":9,"made_by":{"engine":"e","version":"1"},"turns":[{"index":0,'
        '"channel":0,"role":"agent","start_ms":0,"end_ms":9,"words":[{"text":"hi","start_ms":0,"end_ms":9}]}]}'
    )
    assert with_words(read_transcript(payload, "step t")) == read_payload(Transcript, payload, "step t")
