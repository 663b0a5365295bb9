from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.canonical import from_json, to_json
from pipeline.config import SentimentSettings
from pipeline.records import CallSentiment, MadeBy, PartySentiment, Role, Transcript
from pipeline.sentiment.engine import LabelProbabilities
from pipeline.sentiment.read import read_sentiment
from tests.factories import transcript

SETTINGS = SentimentSettings()
SCRIPT = {"awful": (0.9, 0.06, 0.04), "lovely": (0.05, 0.15, 0.8), "routine": (0.2, 0.7, 0.1)}


class ScriptedSentiment:
    """Reads a text by the word of `SCRIPT` in it."""

    made_by = MadeBy(engine="scripted", version="1")
    languages: tuple[str, ...] | None = ("en", "fr")

    def __init__(self) -> None:
        self.asked: list[tuple[str, Role]] = []

    def prepare(self) -> None:
        pass

    def read(self, texts: Sequence[str], roles: Sequence[Role] | None = None) -> list[LabelProbabilities]:
        self.asked += zip(texts, roles or (), strict=True)
        shares = [next(SCRIPT[word] for word in SCRIPT if word in text) for text in texts]
        return [LabelProbabilities(negative=neg, neutral=neu, positive=pos) for neg, neu, pos in shares]


def read(call: Transcript, settings: SentimentSettings = SETTINGS) -> CallSentiment:
    return read_sentiment(call, ScriptedSentiment(), settings)


def party(call: CallSentiment, role: Role) -> PartySentiment:
    found = call.of(role)
    assert found is not None
    return found


def test_reading_has_a_signed_score_by_label() -> None:
    call = read(transcript(("customer", "this is awful"), ("agent", "routine line"), ("customer", "that is lovely")))
    assert [(r.turn_index, r.role, r.label, r.score, r.probability) for r in call.readings] == [
        (0, Role.CUSTOMER, "negative", -0.9, 0.9),
        (1, Role.AGENT, "neutral", 0.0, 0.7),
        (2, Role.CUSTOMER, "positive", 0.8, 0.8),
    ]


@pytest.mark.parametrize(
    "text",
    ["awful.", "um uh uh um erm", "Uh-huh, mm, hmm.", "[card_number] [card_number].", "...... -----", "awful [card]"],
)
def test_turn_that_says_too_little_is_not_read(text: str) -> None:
    call = read(transcript(("customer", text)))
    assert call.readings == ()
    assert party(call, Role.CUSTOMER) == PartySentiment(role=Role.CUSTOMER, quarters=(None, None, None, None))


@pytest.mark.parametrize("text", ["um awful", "uh it was awful", "awful my card is [card_number]"])
def test_turn_that_says_enough_is_read(text: str) -> None:
    assert [reading.label for reading in read(transcript(("customer", text))).readings] == ["negative"]


def test_masked_personal_data_is_not_shown_to_the_engine_and_roles_are() -> None:
    engine = ScriptedSentiment()
    call = transcript(("customer", "awful my card is [card_number], yes"), ("agent", "a routine line"))
    read_sentiment(call, engine, SETTINGS)
    assert engine.asked == [("awful my card is yes", Role.CUSTOMER), ("a routine line", Role.AGENT)]


def test_announcements_are_not_read() -> None:
    call = read(transcript(("system", "your call is lovely to us"), ("customer", "awful music")))
    assert [reading.turn_index for reading in call.readings] == [1]
    assert [found.role for found in call.parties] == [Role.CUSTOMER]


def test_shorter_turns_are_read_where_the_settings_say_so() -> None:
    assert len(read(transcript(("customer", "awful")), SentimentSettings(min_characters=0)).readings) == 1


def test_reading_tells_from_when_to_when_it_reaches_and_which_turns_it_holds() -> None:
    call = read(transcript(("customer", "it was", 1000), ("customer", "really awful", 3000), ("agent", "routine line")))
    first, second = call.readings
    assert (first.turn_index, first.turn_indexes, first.start_ms, first.end_ms) == (0, (0, 1), 1000, 3600)
    assert (second.turn_index, second.turn_indexes) == (2, (2,))


def test_long_turn_has_several_readings_so_that_one_complaint_does_not_drown() -> None:
    long_turn = "routine " * 18 + "stuff. That was awful for me. " + "routine " * 18 + "stuff."
    call = read(transcript(("customer", long_turn)))
    assert [reading.label for reading in call.readings] == ["neutral", "negative", "neutral"]
    assert {reading.turn_index for reading in call.readings} == {0}
    assert party(call, Role.CUSTOMER).longest_negative_turns == 1


@pytest.mark.parametrize("start_ms", [0, 50_000])
def test_change_is_unknown_without_both_ends(start_ms: int) -> None:
    assert party(read(transcript(("customer", "awful awful", start_ms))), Role.CUSTOMER).change is None


def test_parties_are_those_heard() -> None:
    call = read(transcript(("unknown", "awful awful"), ("agent", "um")))
    assert [(found.role, found.overall) for found in call.parties] == [(Role.AGENT, None), (Role.UNKNOWN, -0.9)]
    assert read(transcript()).parties == ()


def test_made_by_tells_the_engine_and_what_was_read() -> None:
    call = transcript(("customer", "awful awful"))
    made_by = read(call).made_by
    assert (made_by.engine, made_by.version) == ("scripted", "1")
    assert made_by != read(call, SentimentSettings(min_characters=3)).made_by


lines = st.lists(
    st.tuples(
        st.sampled_from(["agent", "customer", "unknown"]),
        st.sampled_from(["awful awful", "lovely lovely", "routine stuff", "um"]),
        st.integers(0, 70_000),
    ),
    max_size=15,
)


@given(lines)
def test_party_figures_stay_within_their_bounds_and_agree_with_the_readings(spoken: list[tuple[str, str, int]]) -> None:
    call = read(transcript(*spoken, duration_ms=60_000))
    for found in call.parties:
        scores = [reading.score for reading in call.readings if reading.role is found.role]
        known = [quarter for quarter in found.quarters if quarter is not None]
        assert (found.longest_negative_turns is None) == (not scores)
        assert found.trend is None or -1 <= found.trend <= 1
        assert (found.overall is None) == (not scores) == (not known)
        if found.overall is not None:
            assert min(scores) - 1e-4 <= found.overall <= max(scores) + 1e-4
        assert all(-1 <= quarter <= 1 for quarter in known)
        assert found.change is None or -2 <= found.change <= 2


@pytest.mark.parametrize(("language", "read_as"), [("fr-CA", 1), ("und", 1), ("de", 0)])
def test_call_in_a_language_that_the_engine_does_not_know_is_not_read(language: str, read_as: int) -> None:
    engine = ScriptedSentiment()
    call = read_sentiment(transcript(("customer", "this is awful"), language=language), engine, SETTINGS)
    assert (len(call.readings), len(engine.asked)) == (read_as, read_as)
    assert (party(call, Role.CUSTOMER).overall is None) == (read_as == 0)


def test_engine_whose_languages_are_not_known_reads_every_call() -> None:
    engine = ScriptedSentiment()
    engine.languages = None
    assert len(read_sentiment(transcript(("customer", "this is awful"), language="de"), engine, SETTINGS).readings) == 1


def test_sentiment_stored_before_there_was_a_course_still_reads() -> None:
    stored = (
        '{"made_by":{"engine":"minilm","version":"1"},"parties":[{"change":-0.5,"overall":-0.2,'
        '"quarters":[0.1,null,null,-0.4],"role":"customer"}],"readings":[{"label":"negative","probability":0.9,'
        '"role":"customer","score":-0.9,"turn_index":1}]}'
    )
    call = from_json(CallSentiment, stored)
    assert (call.readings[0].turn_indexes, call.readings[0].start_ms) == ((), None)
    assert (party(call, Role.CUSTOMER).trend, party(call, Role.CUSTOMER).turning_points) == (None, None)
    assert from_json(CallSentiment, to_json(call)) == call
