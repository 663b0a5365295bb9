"""What of a call tells its reason."""

from __future__ import annotations

from pipeline.contact_reasons.opening import MOST_WORDS, SENTENCES, WITHIN_MS, opening_of
from tests.factories import transcript


def test_opening_is_what_the_customer_says_beyond_courtesies_and_identity() -> None:
    call = transcript(
        ("agent", "Thank you for calling. How can I help?"),
        ("customer", "Good morning, Maria. I left my debit card in a taxi last night."),
        ("agent", "Your date of birth and your zip code, please?"),
        ("customer", "[date_of_birth], and the zip code is [address]."),
        ("customer", "Can you block the card before somebody uses it?"),
    )
    found = opening_of(call, "inbound")
    assert found is not None
    assert found.sentences == (
        "I left my debit card in a taxi last night.",
        "Can you block the card before somebody uses it?",
    )


def test_opening_has_no_masks() -> None:
    found = opening_of(transcript(("customer", "I am [person_name] and my parcel number [account_number] never came.")))
    assert found is not None
    assert found.text == "I am and my parcel number never came."


def test_opening_of_an_outbound_call_is_the_agents_without_the_routine() -> None:
    call = transcript(
        ("agent", "Good afternoon, this is Maria Lopez from Ridgeway Recovery. This call is recorded for training."),
        ("customer", "Yes, speaking."),
        ("agent", "You still owe us money on a dental bill from last March."),
    )
    told, asked = opening_of(call, "outbound"), opening_of(call, "inbound")
    assert told is not None
    assert told.sentences == ("You still owe us money on a dental bill from last March.",)
    assert asked is None


def test_opening_is_bounded_in_sentences_words_and_time() -> None:
    long = transcript(("customer", " ".join(f"My broadband router number{i} stopped working." for i in range(9))))
    found = opening_of(long)
    assert found is not None
    assert len(found.sentences) == SENTENCES
    endless = opening_of(transcript(("customer", "broadband router stopped working " * 40)))
    assert endless is not None
    assert len(endless.text.split()) == MOST_WORDS
    assert opening_of(transcript(("customer", "My broadband router stopped working.", WITHIN_MS))) is None


def test_opening_is_of_unknown_speakers_where_nobody_is_known_to_be_the_customer() -> None:
    found = opening_of(transcript(("unknown", "My broadband router stopped working.")))
    assert found is not None
    assert "router" in found.text


def test_nothing_is_read_of_a_transcript_that_is_not_redacted() -> None:
    assert opening_of(transcript(("customer", "My broadband router stopped working."), redacted=False)) is None


def test_short_sentence_tells_the_reason_where_no_longer_one_does() -> None:
    short = opening_of(transcript(("customer", "Hello. I lost my card."), ("customer", "Yes. Thank you.")))
    assert short is not None
    assert short.sentences == ("I lost my card.",)


def test_call_without_words_of_substance_has_no_opening() -> None:
    assert opening_of(transcript(("customer", "Hello?"), ("customer", "Yes, okay. Thank you."))) is None
