from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.records import Transcript
from pipeline.sentiment.passages import JOIN_PAUSE_MS, PASSAGE_WORDS, SENTENCE_PASSAGES, passages
from tests.factories import transcript

LONGEST_SENTENCE_WORDS = SENTENCE_PASSAGES * PASSAGE_WORDS
TEN = "one two three four five six seven eight nine ten."


def texts(call: Transcript, min_characters: int = 8) -> list[str]:
    return [passage.text for passage in passages(call, min_characters)]


def test_turns_of_one_speaker_are_read_together() -> None:
    call = transcript(("customer", "I have been waiting"), ("customer", "for three weeks."), ("agent", "I am sorry."))
    assert texts(call) == ["I have been waiting for three weeks.", "I am sorry."]
    assert [passage.turn_indexes for passage in passages(call, 8)] == [(0, 1), (2,)]


@pytest.mark.parametrize("between", ["No, you have not.", "Yes.", "Okay then"])
def test_words_of_another_speaker_part_what_is_read_together(between: str) -> None:
    call = transcript(("customer", "I have been waiting"), ("agent", between), ("customer", "for three weeks."))
    assert "I have been waiting for three weeks." not in texts(call)


@pytest.mark.parametrize("between", ["Mm-hmm.", "uh huh", "Oh."])
def test_fillers_of_another_speaker_do_not_part(between: str) -> None:
    call = transcript(("customer", "I have been waiting"), ("agent", between), ("customer", "for three weeks."))
    assert texts(call) == ["I have been waiting for three weeks."]


def test_announcement_parts_and_is_not_read() -> None:
    call = transcript(("customer", "I have been waiting"), ("system", "please hold"), ("customer", "for three weeks."))
    assert texts(call) == ["I have been waiting", "for three weeks."]


@pytest.mark.parametrize(("said", "count"), [("Good bye.", 0), ("Um, goodbye, bye.", 0), ("Thank you, goodbye.", 1)])
def test_farewell_alone_is_not_read(said: str, count: int) -> None:
    assert len(texts(transcript(("customer", said)))) == count


@pytest.mark.parametrize(("pause_ms", "count"), [(JOIN_PAUSE_MS, 1), (JOIN_PAUSE_MS + 1, 2)])
def test_long_pause_parts(pause_ms: int, count: int) -> None:
    call = transcript(("customer", "I am waiting", 0), ("customer", "for three weeks.", 900 + pause_ms))
    assert len(texts(call)) == count


def test_speakers_that_cannot_be_told_apart_are_joined_on_one_channel_only() -> None:
    call = transcript(("unknown", "I have been waiting"), ("unknown", "for three weeks."))
    assert len(texts(call)) == 1


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (f"{TEN} {TEN}", [f"{TEN} {TEN}"]),
        (f"{TEN} {TEN} {TEN}", [f"{TEN} {TEN}", TEN]),
        (f"{TEN} {TEN} Bye.", [f"{TEN} {TEN} Bye."]),  # too short to be read by itself: lost otherwise
        (f"{TEN} {TEN} Um uh uhm erm.", [f"{TEN} {TEN} Um uh uhm erm."]),
        (f"No. {TEN} {TEN}", [f"No. {TEN}", TEN]),
        (f"{TEN} Really? {TEN}", [f"{TEN} Really?", TEN]),
        (f'He said "{TEN}" {TEN}', [f'He said "{TEN}"', TEN]),
    ],
)
def test_long_speech_is_cut_at_sentence_ends(said: str, expected: list[str]) -> None:
    assert texts(transcript(("customer", said))) == expected


def test_speech_without_full_stops_is_cut_into_equal_parts() -> None:
    assert texts(transcript(("customer", "word " * LONGEST_SENTENCE_WORDS))) == ["word " * 39 + "word"]
    lengths = [len(text.split()) for text in texts(transcript(("customer", "word " * (LONGEST_SENTENCE_WORDS + 1))))]
    assert lengths == [13, 14, 14]


def test_masked_words_end_a_sentence_but_are_not_read() -> None:
    call = transcript(("customer", f"{TEN} one two three four five six seven eight my card is [card_number]. {TEN}"))
    assert texts(call)[-1] == TEN
    assert "[" not in "".join(texts(call))


def test_passage_has_the_time_of_its_words() -> None:
    first, second = passages(transcript(("customer", f"{TEN} {TEN} {TEN}", 2000)), 8)
    assert (first.start_ms, first.end_ms) == (2000, 8000)
    assert (second.start_ms, second.end_ms) == (8000, 11_000)


said = st.lists(st.sampled_from(["word", "um", "awful.", "Yes?", "[card]", "no"]), max_size=70).map(" ".join)


@given(st.lists(st.tuples(st.sampled_from(["agent", "customer", "system"]), said), max_size=8))
def test_no_word_is_read_twice_nor_an_announcement(lines: list[tuple[str, str]]) -> None:
    call = transcript(*lines)
    found = passages(call, 8)
    for role in ("agent", "customer"):
        read = [word for passage in found if passage.role == role for word in passage.text.split()]
        spoken = [word for turn in call.turns if turn.role == role for word in turn.text.split()]
        assert len(read) <= len([word for word in spoken if not word.startswith("[")])
    assert [passage.start_ms for passage in found] == sorted(passage.start_ms for passage in found)
    assert all(len(passage.text) >= 8 and passage.role != "system" for passage in found)
