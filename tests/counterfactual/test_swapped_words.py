"""Swapped words: right forms, one word for one word, at the same times."""

from __future__ import annotations

import pytest

from pipeline.counterfactual.names import NAME_GROUPS
from pipeline.counterfactual.swapped_words import put_names, rename, swap_gender
from pipeline.counterfactual.variants import agents_name
from pipeline.privacy.name_model import tag_reader
from pipeline.privacy.name_words import FIRST_NAMES
from pipeline.records import Transcript
from tests.factories import transcript


def swapped(text: str) -> str:
    return swap_gender(transcript(("agent", text)), tag_reader()).transcript.turns[0].text


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("I told her that her card is here.", "I told him that his card is here."),
        ("I told him that his card is here.", "I told her that her card is here."),
        ("Is it his? No, it's hers.", "Is it hers? No, it's his."),
        ("He said his old address, himself.", "She said her old address, herself."),
        ("She's calling, she'll wait, SHE did.", "He's calling, he'll wait, HE did."),
        ("Let her know, please.", "Let him know, please."),
        ("Thank you, Mr. [person_name], sir.", "Thank you, Mrs. [person_name], ma'am."),
        ("Yes, Ma'am. Madam?", "Yes, Sir. Sir?"),
        ("Miss [person_name] will miss the gentleman.", "Mr [person_name] will miss the lady."),
        ("There is the theory of her", "There is the theory of him"),
    ],
)
def test_pronouns_and_forms_of_address_change_to_the_right_form(said: str, expected: str) -> None:
    assert swapped(said) == expected


@pytest.mark.parametrize(
    "said", ["Hello, this is the bank.", "I miss the sheriff's history.", "[card_number] here?", "…"]
)
def test_other_words_stay_as_they_are(said: str) -> None:
    before = transcript(("customer", said))
    after = swap_gender(before, tag_reader())
    assert (after.words, after.transcript) == (0, before)


def test_swapped_words_keep_their_times_and_confidence() -> None:
    before = transcript(("agent", "I told her, Mr. [person_name]."), ("customer", "He is not here."))
    for after in (swap_gender(before, tag_reader()), put_names(before, "Emily")):
        pairs = [
            (old, new)
            for a, b in zip(before.turns, after.transcript.turns, strict=True)
            for old, new in zip(a.words, b.words, strict=True)
        ]
        assert [(w.start_ms, w.end_ms, w.confidence) for w, _ in pairs] == [
            (w.start_ms, w.end_ms, w.confidence) for _, w in pairs
        ]
        assert sum(old.text != new.text for old, new in pairs) == after.words > 0


def test_names_stand_where_names_were_masked() -> None:
    after = put_names(transcript(("agent", "Is that [person_name]? [person_name], [card_number].")), "Emily")
    assert (after.transcript.turns[0].text, after.words) == ("Is that Emily? Emily, [card_number].", 2)


def call(*lines: tuple[str, str]) -> Transcript:
    return transcript(("agent", "Harbour Bank, my name is Maria Lopez."), *lines)


def test_agent_is_renamed_wherever_somebody_says_the_name() -> None:
    heard = call(("customer", "Hello Maria, I have Maria's letter."), ("agent", "This is Harbour Bank."))
    renamed = rename(heard, *agents_name(heard), ("Todd", "Kelly"))
    assert [turn.text for turn in renamed.transcript.turns] == [
        "Harbour Bank, my name is Todd Kelly.",
        "Hello Todd, I have Todd's letter.",
        "This is Harbour Bank.",
    ]
    assert renamed.words == 4


def test_company_after_this_is_is_no_agents_name() -> None:
    assert agents_name(transcript(("agent", "Good morning, this is Harbour Bank."))) == (frozenset(), frozenset())


def test_names_of_a_call_are_drawn_again_alike_and_differ_between_calls() -> None:
    for group in NAME_GROUPS:
        assert group.pick("c-1", 0) == group.pick("c-1", 0)
        assert len({group.pick(f"c-{k}", 0) for k in range(40)}) > 2
        assert len({group.pick("c-1", seed) for seed in range(40)}) > 2


def test_lists_of_names_do_not_overlap() -> None:
    names = [name for group in NAME_GROUPS for name in group.first_names]
    assert len(names) == len(set(names))
    assert {"emily", "todd"} <= FIRST_NAMES
