from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.compliance.speech import quotes, stretches
from tests.compliance.rule_files import findings, rule
from tests.factories import transcript, turn

NOTICE = rule("notice", "this call is recorded for quality and training purposes")


def test_speech_joins_turns_of_one_speaker_over_a_backchannel() -> None:
    said = transcript(
        ("agent", "this call is recorded"), ("customer", "okay"), ("agent", "for quality and training purposes")
    )
    evidence = findings(said, NOTICE)["notice"].evidence
    assert [(quote.turn_index, quote.quote) for quote in evidence] == [
        (0, "this call is recorded"),
        (2, "for quality and training purposes"),
    ]


def test_speech_is_not_joined_over_an_answer_after_a_pause() -> None:
    said = transcript(
        ("agent", "this call is recorded"),
        ("customer", "wait a moment please I need to find my glasses"),
        ("agent", "for quality and training purposes"),
    )
    assert findings(said, NOTICE)["notice"].kind == "absent"


def test_speech_of_two_channels_at_once_does_not_cut_a_sentence() -> None:
    said = transcript(
        ("agent", "this call is recorded", 0),
        ("customer", "wait a moment please I need to find my glasses", 900),
        ("agent", "for quality and training purposes", 1800),
    )
    assert findings(said, NOTICE)["notice"].kind == "present"


def test_speech_hesitations_asides_and_repeats_are_passed_over() -> None:
    said = transcript(
        ("agent", "This, um, this call is, you know, just recorded for uh for quality and training purposes.")
    )
    finding = findings(said, rule("notice", "this call is recorded for quality"))["notice"]
    assert finding.kind == "present"
    assert finding.evidence[0].quote == "this call is, you know, just recorded for uh for quality"


def test_speech_an_aside_that_the_phrase_asks_for_is_found() -> None:
    said = transcript(("agent", "which card would you like to replace"))
    assert findings(said, rule("wish", "would you like to"))["wish"].kind == "present"


def test_speech_amounts_with_a_currency_sign_are_amounts() -> None:
    quote = findings(transcript(("agent", "your balance is $1,240.50 today")), rule("b", "balance is {money}"))["b"]
    assert [evidence.quote for evidence in quote.evidence] == ["balance is $1,240.50"]


def test_speech_masks_are_no_words() -> None:
    said = transcript(("customer", "it is [card_number] thanks"))
    assert findings(said, rule("asks", "card number", speaker=None))["asks"].kind == "absent"


@given(st.lists(st.text(alphabet="aB'’,.$7-é ", min_size=1, max_size=12), min_size=1, max_size=12))
def test_speech_every_word_leads_back_to_its_place(parts: list[str]) -> None:
    text = " ".join(" ".join(parts).split())
    said = transcript(("agent", text or "x"))
    for stretch in stretches(said):
        for unit in stretch.units:
            (quote,) = quotes(said, [unit])
            spoken = said.turns[0]
            assert quote.quote == spoken.text[quote.char_start : quote.char_end] != ""
            assert quote.quote in spoken.words[unit.word].text
            assert (quote.start_ms, quote.end_ms) == (spoken.words[unit.word].start_ms, spoken.words[unit.word].end_ms)


def test_speech_confidence_of_a_quote_is_the_mean_of_its_words() -> None:
    said = transcript(("agent", "x"))
    quiet, loud = turn("agent", "this call", confidence=0.4), turn("agent", "is recorded", start_ms=700, index=1)
    evidence = findings(
        type(said)(**{f: getattr(said, f) for f in said.__slots__} | {"turns": (quiet, loud)}),
        rule("n", "this call is recorded"),
    )["n"].evidence
    assert [quote.confidence for quote in evidence] == [0.4, 0.9]
