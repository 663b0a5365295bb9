from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.conversation.loudness import loudness_of, raised_voice_ms, raised_voices
from pipeline.conversation.parties import party_of
from pipeline.conversation.speech import spoken_words
from pipeline.records import RaisedVoice, Role, Transcript
from tests.factories import transcript, turn

# agent 0-18 s and 30-36 s, customer 20-28 s
CALL = transcript(("agent", "w " * 60, 0), ("customer", "w " * 26, 20_000), ("agent", "w " * 20, 30_000))


def levels(voice: float = -25.0, floor: float = -65.0) -> NDArray[np.float64]:
    """A minute per 100 ms in which the agent speaks at one level, up and down by 4 dB as speech does."""
    made = np.full(600, floor)
    for start, end in ((0, 180), (300, 360)):
        made[start:end] = voice + 4 * np.sin(np.arange(end - start) * 1.7)
    return made


def raised(agent: NDArray[np.float64], call: Transcript = CALL, db: float = 6.0) -> list[tuple[int, int]] | None:
    words = spoken_words(call)
    found = raised_voices(party_of(words, Role.AGENT), words, [agent, np.full(600, -65.0)], db)
    return None if found is None else [(voice.start_ms, voice.end_ms) for voice in found]


def louder(db: float, start: int, end: int, floor: float = -65.0) -> NDArray[np.float64]:
    made = levels(floor=floor)
    made[start:end] += db
    return made


def test_raised_voice_is_found_where_it_is_with_how_loud_it_is() -> None:
    words = spoken_words(CALL)
    found = raised_voices(party_of(words, Role.AGENT), words, [louder(10, 310, 350), np.full(600, -65.0)], 6)
    assert found is not None
    (voice,) = found
    assert voice.role is Role.AGENT
    assert (voice.start_ms, voice.end_ms) == pytest.approx((31_000, 35_000), abs=1000)
    assert voice.above_usual_db == pytest.approx(10, abs=2)


@pytest.mark.parametrize(
    "agent",
    [
        pytest.param(levels(), id="even voice"),
        pytest.param(louder(3, 300, 360), id="a little louder"),
        pytest.param(louder(15, 310, 318), id="one shouted word"),
        pytest.param(louder(30, 310, 312), id="click"),
        pytest.param(louder(20, 200, 280), id="leak while the other speaks"),
        pytest.param(louder(10, 0, 360), id="loud throughout"),
        pytest.param(louder(-15, 0, 60), id="soft at first"),
    ],
)
def test_voice_is_not_raised_by(agent: NDArray[np.float64]) -> None:
    assert raised(agent) == []


def test_noise_that_drowns_a_voice_does_not_raise_it() -> None:
    passing = levels()
    passing[285:375] = -15.0  # a lorry: as loud in the pauses around the words as in them
    assert raised(passing) == []
    assert raised(louder(10, 300, 360))


def test_stretches_far_apart_are_two() -> None:
    both = louder(10, 30, 60)
    both[310:350] += 10
    found = raised(both)
    assert found is not None
    assert len(found) == 2


def test_threshold_is_the_one_that_is_set() -> None:
    assert raised(louder(9, 310, 350), db=12) == []
    assert raised(louder(9, 310, 350), db=6)


def test_usual_level_needs_fifteen_seconds_of_that_voice() -> None:
    assert raised(levels(), transcript(("agent", "w " * 49, 0))) is None
    assert raised(levels(), transcript(("agent", "w " * 50, 0))) == []
    assert raised(levels(), transcript(("customer", "w " * 90, 0))) is None


def test_shared_channel_counts_only_what_one_party_says() -> None:
    mono = transcript(
        turns=(
            turn("agent", "w " * 60, channel=0),
            turn("customer", "w " * 60, index=1, channel=0, start_ms=18_000),
        )
    )
    sound = np.full(600, -30.0)
    sound[180:360] = -15.0  # the customer is simply the louder of the two
    words = spoken_words(mono)
    assert [raised_voices(party_of(words, role), words, [sound], 6) for role in (Role.AGENT, Role.CUSTOMER)] == [(), ()]


def test_without_sound_nothing_is_known_of_a_voice() -> None:
    words = spoken_words(CALL)
    assert raised_voices(party_of(words, Role.AGENT), words, (), 6) is None
    assert raised_voice_ms(None) is None


def test_summed_length_counts_every_stretch() -> None:
    stretches = [RaisedVoice(role=Role.AGENT, start_ms=at, end_ms=at + 2500, above_usual_db=8) for at in (0, 9000)]
    assert (raised_voice_ms(stretches), raised_voice_ms([])) == (5000, 0)


@pytest.mark.parametrize(
    ("dbfs", "shown"), [(0.0, 100), (-30.0, 70), (-99.6, 0), (-120.0, 0), (3.0, 100), (-30.4, 70), (-30.6, 69)]
)
def test_loudness_is_db_above_minus_hundred(dbfs: float, shown: int) -> None:
    (channel,) = loudness_of([np.full(10, dbfs)], ())
    assert channel.per_second == (shown,)


def test_loudness_of_a_second_is_that_of_its_power_and_the_last_may_be_cut_short() -> None:
    sound = np.array([-20.0] * 5 + [-120.0] * 5 + [-40.0] * 3)
    (channel,) = loudness_of([sound], ())
    assert channel.per_second == (77, 60)  # half the power is 3 dB less


def test_loudness_names_who_speaks_on_a_channel() -> None:
    words = spoken_words(transcript(("agent", "hello", 0), ("customer", "hello", 400)))
    mixed = spoken_words(transcript(turns=(turn("agent", "a"), turn("customer", "b", index=1, channel=0))))
    assert [channel.role for channel in loudness_of([np.zeros(10)] * 3, words)] == ["agent", "customer", "unknown"]
    assert [channel.role for channel in loudness_of([np.zeros(10)], mixed)] == ["unknown"]
