"""Two parties in one channel, told apart by voice."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.intake.decode import decode
from pipeline.records import Span, Word
from pipeline.transcribe import diarize
from pipeline.transcribe.cues import cues_said
from pipeline.transcribe.diarize import change_probability, clusters_by_words, likeliest_path, split_parties, sure_apart
from pipeline.transcribe.voices import NOTHING_HEARD, Voiceprints, voiceprints
from tests.factories import words

VOICES = np.linalg.qr(np.random.default_rng(5).normal(size=(256, 3)))[0].T


def prints(*said: tuple[int, int, float], seed: int = 1, noise: float = 0.03) -> Voiceprints:
    """Stretches (start, end, share of the second voice), each a little off its voice."""
    random = np.random.default_rng(seed)
    raw = np.stack([(1 - share) * VOICES[0] + share * VOICES[1] + random.normal(0, noise, 256) for *_, share in said])
    unit = (raw / np.linalg.norm(raw, axis=1, keepdims=True)).astype(np.float32)
    return Voiceprints(spans=tuple(Span(start_ms=a, end_ms=b) for a, b, _ in said), embeddings=unit)


def conversation(turns: int, *, length_ms: int = 3000) -> tuple[tuple[Word, ...], Voiceprints]:
    said: tuple[Word, ...] = ()
    heard = []
    for turn in range(turns):
        start_ms = turn * (length_ms + 500)
        said += words("a b c d e f g h i j.", start_ms=start_ms)
        heard += [(start_ms, start_ms + 1600, float(turn % 2)), (start_ms + 1400, start_ms + 3000, float(turn % 2))]
    return said, prints(*heard)


def test_two_voices_are_two_parties_who_keep_their_words() -> None:
    said, heard = conversation(6)
    parties = split_parties(said, heard)
    assert parties.count == 2
    assert parties.confidence > 0.95
    assert parties.of_word == tuple((i // 10) % 2 for i in range(60))
    assert parties.overlaps == ()


def test_one_voice_is_one_party() -> None:
    said, _ = conversation(6)
    heard = prints(*((i * 1700, i * 1700 + 1600, 0.0) for i in range(12)))
    parties = split_parties(said, heard)
    assert (parties.count, set(parties.of_word)) == (1, {0})
    assert parties.confidence > 0.9


def test_an_odd_sound_is_no_second_voice() -> None:
    said, _ = conversation(4)
    heard = prints(*((i * 1700, i * 1700 + 1600, 0.0) for i in range(7)), (12_000, 13_000, 1.0))
    assert split_parties(said, heard).count == 1


AGENT = ("How can I help you today?", "Which card would you like to replace?", "Is there anything else?")
CUSTOMER = ("Hi, I lost my debit card.", "My debit card.", "No that was going to be it.")


def alike(agent: Sequence[str], customer: Sequence[str]) -> tuple[tuple[Word, ...], Voiceprints]:
    """Two voices in turns, hardly further apart than one is from itself."""
    said: tuple[Word, ...] = ()
    heard = []
    for turn, text in enumerate(text for pair in zip(agent, customer, strict=True) for text in pair):
        start_ms = turn * 4000
        said += words(text, start_ms=start_ms)
        heard += [
            (start_ms, start_ms + 1600, 0.385 * (turn % 2)),
            (start_ms + 800, start_ms + 2400, 0.385 * (turn % 2)),
        ]
    return said, prints(*heard, noise=0.005)


def test_voices_that_are_alike_are_two_if_what_they_say_falls_apart_with_them() -> None:
    said, heard = alike(AGENT, CUSTOMER)
    assert split_parties(said, heard).count == 1
    parties = split_parties(said, heard, said=cues_said(said))
    turns = [(word.start_ms // 4000) % 2 for word in said]
    assert (parties.count, list(parties.of_word)) == (2, turns)
    assert 0.5 < parties.confidence < 0.99


@pytest.mark.parametrize(
    ("first", "second"), [(AGENT, AGENT), (CUSTOMER, CUSTOMER), (("Yes.",) * 3, ("No.",) * 3), (AGENT, ("Yes.",) * 3)]
)
def test_voices_that_are_alike_stay_one_if_what_they_say_does_not(first: Sequence[str], second: Sequence[str]) -> None:
    said, heard = alike(first, second)
    assert split_parties(said, heard, said=cues_said(said)).count == 1


@pytest.mark.parametrize("heard", [NOTHING_HEARD, prints((0, 1600, 0.0))])
def test_without_voices_to_compare_there_is_one_party_and_no_certainty(heard: Voiceprints) -> None:
    parties = split_parties(words("hello there"), heard)
    assert (parties.count, parties.of_word, parties.confidence) == (1, (0, 0), 0.5)


def test_nothing_said_has_no_party() -> None:
    assert split_parties((), NOTHING_HEARD).count == 0


def test_stretches_are_sorted_by_whose_phrases_they_sound_like() -> None:
    said, heard = alike(AGENT, CUSTOMER)
    sorted_by_words = clusters_by_words(said, heard, cues_said(said))
    assert sorted_by_words is not None
    assert sorted_by_words.tolist() == [0, 0, 1, 1] * 3
    said, heard = alike(AGENT, ("Yes.",) * 3)
    assert clusters_by_words(said, heard, cues_said(said)) is None


def test_a_start_with_phrases_counts_where_it_tells_voices_better(monkeypatch: pytest.MonkeyPatch) -> None:
    said, heard = alike(AGENT, CUSTOMER)
    turns = [(word.start_ms // 4000) % 2 for word in said]
    by_voice = diarize._Split(of_word=[0] * 20 + [1] * 13, of_stretch=np.repeat([0, 1], 6), sure_by_voice=0.1)
    by_words = diarize._Split(of_word=turns, of_stretch=np.array([0, 0, 1, 1] * 3), sure_by_voice=0.9)
    found = iter([by_voice, by_words])
    monkeypatch.setattr(diarize, "_settled", lambda *_: next(found))

    parties = split_parties(said, heard, said=cues_said(said))

    assert list(parties.of_word) == turns
    assert parties.confidence == 0.9  # the phrases it began with do not confirm it


def test_stretches_that_sound_like_both_are_marked() -> None:
    said, heard = conversation(8)
    mixed = prints((29_000, 30_600, 0.5))
    both = Voiceprints(
        spans=(*heard.spans, *mixed.spans), embeddings=np.concatenate([heard.embeddings, mixed.embeddings])
    )
    assert split_parties(said, both).overlaps == mixed.spans


def test_a_doubtful_stretch_inside_a_sentence_goes_with_it() -> None:
    sentence = words("so i went to the bank and nobody was there.")
    odds = [2.0, 2.0, 2.0, 2.0, -1.5, -1.5, 2.0, 2.0, 2.0, 2.0]
    assert likeliest_path(sentence, odds) == [1] * 10


def test_a_short_answer_after_a_question_goes_to_its_voice() -> None:
    said = (*words("is this your card?"), *words("yes", start_ms=2000), *words("thank you then.", start_ms=3300))
    assert likeliest_path(said, [-2.0] * 4 + [0.5] + [-2.0] * 3) == [0, 0, 0, 0, 1, 0, 0, 0]


def test_a_change_is_likelier_after_a_question_and_a_pause() -> None:
    def likely(end: str, pause_ms: int) -> float:
        return change_probability(words(f"x{end}")[0], words("y", start_ms=300 + pause_ms)[0])

    assert likely("", 0) < likely("", 300) < likely("", 1000) < likely(".", 1000) < likely("?", 1000)
    assert likely(",", 0) < 0.01


def test_voices_are_surer_to_be_two_the_further_apart_and_the_more_is_said() -> None:
    assert sure_apart(0.5, 5000) > 0.99
    assert sure_apart(0.95, 50_000) < 0.01
    assert sure_apart(0.75, 2000) < sure_apart(0.75, 20_000)


spoken_with_odds = st.lists(
    st.tuples(st.integers(0, 900), st.floats(-8, 8), st.sampled_from(["a", "b.", "c?"])), min_size=1, max_size=7
)


@given(spoken_with_odds)
def test_the_path_is_the_likeliest_of_all(said: list[tuple[int, float, str]]) -> None:
    spoken, at_ms = [], 0
    for pause_ms, _, text in said:
        spoken.append(Word(text=text, start_ms=at_ms + pause_ms, end_ms=at_ms + pause_ms + 100))
        at_ms = spoken[-1].end_ms
    odds = [odd for _, odd, _ in said]

    def score(path: Sequence[int]) -> float:
        changes = [change_probability(before, after) for before, after in pairwise(spoken)]
        steps = zip(changes, pairwise(path), strict=True)
        return sum(odd for odd, party in zip(odds, path, strict=True) if party) + sum(
            math.log(change if before != after else 1 - change) for change, (before, after) in steps
        )

    best = max(score(path) for path in product((0, 1), repeat=len(said)))
    assert score(likeliest_path(spoken, odds)) == pytest.approx(best)


def test_a_real_call_mixed_to_mono_gives_words_back_to_who_said_them(shared_audio: Path) -> None:
    folder = shared_audio / "hvb_callcenter"
    for name in ("00d676d7058c49bb", "ff0296d00e5e4184"):
        mix = decode(folder / f"stereo/{name}.wav", target_rate_hz=16_000).samples.mean(axis=0)
        said, truth = [], []
        for line in (folder / f"ref/{name}.rttm").read_text().splitlines():
            start_ms, length_ms = (round(float(value) * 1000) for value in line.split()[3:5])
            for at_ms in range(start_ms, start_ms + length_ms - 150, 300):
                said.append(Word(text="x", start_ms=at_ms, end_ms=at_ms + 300))
                truth.append(line.split()[7])
        parties = split_parties(said, voiceprints(mix, (Span(start_ms=0, end_ms=len(mix) // 16),)))
        right = np.mean([of == (role != truth[0]) for of, role in zip(parties.of_word, truth, strict=True)])
        assert parties.count == 2
        assert right > 0.95
