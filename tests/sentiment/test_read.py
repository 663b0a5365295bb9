from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def test_quarters_are_means_by_midpoint() -> None:
    call = read(
        transcript(
            ("customer", "awful awful", 0),  # 0 to 600 ms: first quarter
            ("customer", "lovely lovely", 4700),  # midpoint 5000 of 20000: exactly the second quarter
            ("customer", "routine stuff", 5000),
            ("customer", "lovely lovely", 9699),  # midpoint 9999: still the second
            ("customer", "lovely lovely", 19_400),
            duration_ms=20_000,
        )
    )
    customer = party(call, Role.CUSTOMER)
    assert customer.quarters == (-0.9, round(1.6 / 3, 4), None, 0.8)
    assert customer.change == 1.7
    assert customer.overall == 0.3


def test_turn_that_ends_after_the_recording_falls_into_the_last_quarter() -> None:
    call = read(transcript(("customer", "awful awful", 30_000), duration_ms=20_000))
    assert party(call, Role.CUSTOMER).quarters == (None, None, None, -0.9)


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
