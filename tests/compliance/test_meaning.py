"""Rules that find by meaning. A word-count encoder stands in where the model is not what is tested."""

from __future__ import annotations

import subprocess
import sys
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.compliance import meaning
from pipeline.compliance.detect import detect
from pipeline.compliance.meaning import MeaningReader, meaning_reader
from pipeline.compliance.rule import Rule
from pipeline.errors import ModelError
from pipeline.records import Finding, Role, Transcript
from tests.compliance.rule_files import SETTINGS, rule, write
from tests.factories import recording, transcript


class WordEncoder:
    """Texts with the same words are the same; remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked += texts
        features = np.zeros((len(texts), 7 * 384), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in text.split():
                features.reshape(len(texts), 7, 384)[row, :, zlib.crc32(word.encode()) % 384] += 1  # in every layer
        return features


def leaving(**changes: Any) -> Rule:
    return rule(
        "leaving",
        "goodbye forever",
        **{"meaning": ("I want to leave this company.",), "speaker": "customer", "expect": "signal", **changes},
    )


def found(said: Transcript, *rules: Rule, encoder: WordEncoder | None = None) -> Finding:
    reader = MeaningReader(lambda: encoder or WordEncoder())
    return detect(said, recording(), rules, SETTINGS, reader)[0]


def test_meaning_is_probable_with_similarity_sentence_and_lower_confidence() -> None:
    said = transcript(("customer", "Okay. I want to leave this bad company."))
    finding = found(said, leaving())
    (quote,) = finding.evidence
    assert (finding.kind, finding.probable) == ("present", True)
    assert quote.quote == said.turns[0].text[quote.char_start : quote.char_end] == "I want to leave this bad company"
    assert quote.meaning_similarity == pytest.approx(6 / 42**0.5, abs=0.001)
    assert quote.confidence == pytest.approx(0.9)  # that of the words, which is lower here
    assert finding.reason == (
        "Probably said by the customer at 0:00, by meaning: 0.93 like 'I want to leave this company.'."
    )


def test_meaning_is_not_asked_where_a_phrase_was_said() -> None:
    encoder = WordEncoder()
    finding = found(
        transcript(("customer", "Goodbye forever. I want to leave this company.")), leaving(), encoder=encoder
    )
    assert (finding.probable, encoder.asked) == (False, [])
    assert [quote.quote for quote in finding.evidence] == ["Goodbye forever"]
    assert finding.evidence[0].meaning_similarity is None


@pytest.mark.parametrize(
    "said",
    [
        "I do not want to leave this company.",
        "I don't want to leave this company.",
        "I never want to leave this company.",
        "leave this other place now",
        "leave this",
    ],
)
def test_meaning_does_not_count_where_it_is_denied_or_far(said: str) -> None:
    assert found(transcript(("customer", said)), leaving()).kind == "absent"


def test_meaning_of_a_sentence_that_denies_only_meets_what_denies() -> None:
    stays_away = leaving(meaning=("I will not come back here.",))
    assert found(transcript(("customer", "I will not come back here")), stays_away).kind == "present"
    assert found(transcript(("customer", "I will come back here")), stays_away).kind == "absent"
    ignored = leaving(negatable=False)
    assert found(transcript(("customer", "I do not want to leave this company")), ignored).kind == "present"


def test_meaning_gives_way_to_a_nearer_sentence_that_is_not_meant() -> None:
    narrowed = leaving(not_meaning=("I want to leave this parking garage.",))
    assert found(transcript(("customer", "I want to leave this parking garage")), narrowed).kind == "absent"
    assert found(transcript(("customer", "I want to leave this company")), narrowed).kind == "present"


def test_meaning_gives_way_to_an_exception() -> None:
    excepted = leaving(unless=("leave this company car",))
    assert found(transcript(("customer", "I want to leave this company car")), excepted).kind == "absent"


def test_meaning_threshold_can_be_set_by_rule() -> None:
    said = transcript(("customer", "I want to leave that thing"))  # 4 of 6 words
    assert found(said, leaving(meaning_similarity=0.65)).kind == "present"
    assert found(said, leaving(meaning_similarity=0.7)).kind == "absent"
    (quote,) = found(said, leaving(meaning_similarity=0.65)).evidence
    assert quote.confidence == quote.meaning_similarity == pytest.approx(2 / 3, abs=0.001)  # lower than the words'


def test_meaning_is_found_in_a_long_stretch_without_punctuation() -> None:
    said = "well you see it was like that yes " * 2 + "i want to leave this company " + "and so on and on it goes " * 2
    finding = found(transcript(("customer", said)), leaving(meaning_similarity=0.6))
    assert "want to leave this company" in finding.evidence[0].quote
    assert len(finding.evidence[0].quote.split()) == meaning.WINDOW_WORDS


def test_meaning_is_found_over_two_turns_and_quoted_from_each() -> None:
    said = transcript(("customer", "I want to"), ("agent", "yes"), ("customer", "leave this company."))
    assert [quote.quote for quote in found(said, leaving()).evidence] == ["I want to", "leave this company"]


def test_meaning_counts_for_the_speaker_only() -> None:
    words = "I want to leave this company."
    assert found(transcript(("agent", words)), leaving()).kind == "absent"
    unknown = found(transcript(("unknown", words)), leaving())
    assert unknown.kind == "cannot_assess"
    assert "it is not known who speaks" in unknown.reason


def test_meaning_of_what_must_not_be_said_is_for_a_person() -> None:
    finding = found(transcript(("customer", "I want to leave this company.")), leaving(expect="absent"))
    assert (finding.kind, finding.violated) == ("cannot_assess", False)
    assert finding.nearest_miss is not None
    assert finding.nearest_miss.evidence.quote == "I want to leave this company"


def test_meaning_keeps_to_the_window() -> None:
    late = leaving(window={"within_last_s": 10})
    words = "I want to leave this company."
    assert found(transcript(("customer", words, 1000)), late).kind == "absent"
    assert found(transcript(("customer", words, 55_000)), late).kind == "present"


def test_meaning_reads_no_masked_data_and_each_text_once() -> None:
    encoder = WordEncoder()
    found(
        transcript(
            ("customer", "my company is [card_number] okay. my company is okay. what a day it was."),
            ("agent", "our company is big"),
        ),
        leaving(),
        encoder=encoder,
    )
    # nor what the other party says, nor what shares no word with the rule
    assert encoder.asked == ["my company is okay", "i want to leave this company"]


def test_meaning_reader_remembers_the_rules_sentences() -> None:
    encoder = WordEncoder()
    reader = MeaningReader(lambda: encoder)
    reader.prepare(leaving().sayings())
    for _ in range(2):
        detect(transcript(("customer", "something else entirely")), recording(), [leaving()], SETTINGS, reader)
    assert encoder.asked.count("i want to leave this company") == 1


@pytest.mark.parametrize(("said", "kind"), [("goodbye forever", "present"), ("hello there my friend", "cannot_assess")])
def test_meaning_without_an_encoder_cannot_be_assessed_and_phrases_can(said: str, kind: str) -> None:
    (finding,) = detect(transcript(("customer", said)), recording(), [leaving()], SETTINGS)
    assert finding.kind == kind
    assert ("the sentence encoder is missing" in finding.reason) == (kind == "cannot_assess")


def test_meaning_without_an_encoder_says_nothing_of_a_silent_speaker() -> None:
    (finding,) = detect(transcript(("agent", "hello")), recording(), [leaving()], SETTINGS)
    assert finding.kind == "absent"


def test_meaning_is_not_read_in_other_languages() -> None:
    encoder = WordEncoder()
    finding = found(transcript(("customer", "quiero irme de esta empresa"), language="es"), leaving(), encoder=encoder)
    assert (finding.kind, encoder.asked) == ("cannot_assess", [])


def test_meaning_reader_is_none_where_the_package_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(meaning_reader(), MeaningReader)

    def missing(package: str, relative: str) -> None:
        raise ModelError(f"{package} is not installed")

    monkeypatch.setattr(meaning, "package_file", missing)
    assert meaning_reader() is None


def test_meaning_loads_no_machine_learning_where_no_rule_asks_for_it(tmp_path: Any) -> None:
    pack = write(tmp_path, "  - {id: a, title: A, severity: minor, expect: signal, meaning: [I want to leave.]}\n")
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from pipeline.compliance.packs import load_pack\n"
        "from pipeline.compliance.detect import detect\n"
        "from pipeline.compliance.meaning import meaning_reader\n"
        "from pipeline.config import ComplianceSettings\n"
        "from tests.factories import recording, transcript\n"
        "from tests.compliance.rule_files import rule\n"
        f"load_pack(Path({str(pack)!r}))\n"
        "reader = meaning_reader()\n"
        "loaded = [name for name in ('torch', 'transformers', 'spacy') if name in sys.modules]\n"
        "said = transcript(('agent', 'hello there you all'))\n"
        "detect(said, recording(), [rule('a', 'good day')], ComplianceSettings(), reader)\n"
        "print(loaded, 'transformers' in sys.modules)\n"  # spaCy brings torch in by itself
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] False"


def test_meaning_real_encoder_is_the_same_whatever_is_beside_it() -> None:
    reader = MeaningReader()
    sentence = leaving(meaning_similarity=0.3)
    alone = transcript(("customer", "I really want to leave this firm."))
    among = transcript(
        *(("customer", f"The number is {n} and that is all.") for n in range(9)),
        *[("customer", "I really want to leave this firm.", 40_000)],
    )
    first, second = (detect(said, recording(), [sentence], SETTINGS, reader)[0].evidence[0] for said in (alone, among))
    assert first.meaning_similarity == second.meaning_similarity
    assert first.role is Role.CUSTOMER
