from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pipeline.conversation.speech import joined, overlap, spoken_words, stretches_of, total_ms
from pipeline.records import Redaction, Role, Span
from tests.factories import transcript, turn


def span(start_ms: int, end_ms: int) -> Span:
    return Span(start_ms=start_ms, end_ms=end_ms)


spans = st.lists(
    st.tuples(st.integers(0, 5000), st.integers(0, 900)).map(lambda pair: span(pair[0], pair[0] + pair[1])), max_size=30
)


def test_joined_bridges_a_pause_of_exactly_the_limit_and_no_longer_one() -> None:
    assert joined([span(0, 100), span(600, 700), span(1201, 1300)], 500) == (span(0, 700), span(1201, 1300))


def test_joined_keeps_the_longer_end_of_nested_spans() -> None:
    assert joined([span(0, 1000), span(200, 300)]) == (span(0, 1000),)


@given(spans, st.integers(0, 800))
def test_joined_covers_every_span_in_order_with_real_pauses_between(given_spans: list[Span], pause_ms: int) -> None:
    stretches = joined(given_spans, pause_ms)
    assert all(one.end_ms + pause_ms < two.start_ms for one, two in pairwise(stretches))
    assert all(any(s.start_ms <= g.start_ms and g.end_ms <= s.end_ms for s in stretches) for g in given_spans)
    assert joined(stretches, pause_ms) == stretches


@given(spans)
def test_joined_without_pause_covers_no_more_than_the_spans(given_spans: list[Span]) -> None:
    covered = {ms for g in given_spans for ms in range(g.start_ms, g.end_ms)}
    assert total_ms(joined(given_spans)) == len(covered)


def test_overlap_of_touching_spans_is_none() -> None:
    assert overlap(span(0, 5), span(5, 9)) is None
    assert overlap(span(0, 6), span(5, 9)) == span(5, 6)


def test_spoken_words_are_cut_to_the_recording_and_never_run_backwards() -> None:
    late = turn("agent", "one two three", start_ms=700)
    words = spoken_words(transcript(duration_ms=1000, turns=(late,)))
    assert [(word.start_ms, word.end_ms) for word in words] == [(700, 1000), (1000, 1000), (1000, 1000)]


def test_spoken_words_marks_only_the_masked_words_of_the_redacted_turn() -> None:
    call = transcript(
        ("customer", "it is [card_number] thanks", 0),
        ("agent", "a b c d", 0),
        redactions=(Redaction(kind="card_number", turn_index=0, start_ms=600, end_ms=900),),
    )
    assert [(word.role, word.folded) for word in spoken_words(call) if word.masked] == [
        (Role.CUSTOMER, ("card", "number"))
    ]


def test_stretches_of_ignores_the_other_party() -> None:
    call = transcript(("agent", "one two", 0), ("customer", "yes", 700), ("agent", "three", 1000))
    assert stretches_of(spoken_words(call), Role.AGENT) == (span(0, 1300),)
