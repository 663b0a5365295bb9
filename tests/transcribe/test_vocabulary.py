"""The vocabulary file: which terms hold for a call, what is refused, what the recogniser is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config import PACKAGE_ROOT, TranscribeSettings
from pipeline.errors import AuthoredFileError
from pipeline.transcribe.common_words import is_common
from pipeline.transcribe.transcribe import turn_settings_fingerprint
from pipeline.transcribe.vocabulary import (
    MAX_PROMPT_CHARACTERS,
    Term,
    TermList,
    Terms,
    Vocabulary,
    load_vocabulary,
)
from tests.factories import recording

FILE = """
vocabulary: 1
lists:
  - terms: [Everywhere]
  - queues: [Bank_Support, loans]
    terms:
      - text: Harbour Bank
        sounds_like: [harbor bank, harper bank]
      - NetSaver
  - sites: [leeds]
    terms: [Aire Street]
  - queues: [loans]
    sites: [leeds]
    terms: [QuickLoan, netsaver]
"""


def load(folder: Path, text: str) -> Vocabulary:
    path = folder / "vocabulary.yaml"
    path.write_text(text, encoding="utf-8")
    return load_vocabulary(path)


@pytest.mark.parametrize(
    ("queue", "site", "expected"),
    [
        (None, None, ["Everywhere"]),
        ("sales", "york", ["Everywhere"]),
        ("bank_support", None, ["Harbour Bank", "NetSaver", "Everywhere"]),
        (" BANK_SUPPORT", "york", ["Harbour Bank", "NetSaver", "Everywhere"]),
        ("sales", "Leeds", ["Aire Street", "Everywhere"]),
        ("loans", "leeds", ["QuickLoan", "netsaver", "Harbour Bank", "Aire Street", "Everywhere"]),
    ],
)
def test_vocabulary_holds_for_queues_and_sites_its_own_first(
    tmp_path: Path, queue: str | None, site: str | None, expected: list[str]
) -> None:
    call = recording(queue=queue, metadata={} if site is None else {"site": site})
    assert [term.text for term in load(tmp_path, FILE).for_recording(call).terms] == expected


def test_vocabulary_keeps_what_a_term_sounds_like(tmp_path: Path) -> None:
    (term, *_) = load(tmp_path, FILE).for_recording(recording(queue="loans")).terms
    assert term == Term(text="Harbour Bank", sounds_like=("harbor bank", "harper bank"))


def test_no_vocabulary_is_an_empty_one() -> None:
    terms = load_vocabulary(None).for_recording(recording())
    assert terms == Terms()
    assert terms.prompt() is None


def test_prompt_names_as_many_terms_as_the_recogniser_reads() -> None:
    assert Terms(terms=(Term(text="Harbour Bank"), Term(text="NetSaver"))).prompt() == "Harbour Bank, NetSaver."
    many = Terms(terms=tuple(Term(text=f"Product Number {i}") for i in range(100)))
    prompt = many.prompt()
    assert prompt is not None
    assert MAX_PROMPT_CHARACTERS - 20 < len(prompt) <= MAX_PROMPT_CHARACTERS
    assert prompt.startswith("Product Number 0, Product Number 1, ")
    assert all(part.rstrip(".") in {term.text for term in many.terms} for part in prompt.split(", "))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("vocabulary: 2\nlists: [{terms: [A]}]", ":1: [literal-error] vocabulary: "),
        ("vocabulary: 1\nlists: []", ":2: [list-empty] lists: "),
        ("vocabulary: 1\nlists:\n  - terms: []", ":3: [list-empty] lists.0.terms: "),
        ("vocabulary: 1\nlists:\n  - queues: [a]", ":3: [missing] lists.0.terms: the key 'terms' is missing"),
        ("vocabulary: 1\nlists:\n  - queue: [a]\n    terms: [A]", ":3: [extra-forbidden] lists.0.queue: unknown key"),
        (
            "vocabulary: 1\nlists:\n  - terms: [Abc,\n    {text: Bcd, sound_like: [x y]}]",
            "(did you mean 'sounds_like'?)",
        ),
        ("vocabulary: 1\nlists:\n  - terms: ['12']", "a term holds at least one letter"),
        ("vocabulary: 1\nlists:\n  - terms: [12]", ":3: "),
        ("vocabulary: 1\nlists:\n  - terms: [one two three four five six seven]", "a term has at most 6 words"),
        ("vocabulary: 1\nlists:\n  - terms:\n    - NetSaver\n    - netsaver", ":5: [duplicate-term] lists.0.terms.1: "),
        (
            "vocabulary: 1\nlists:\n  - terms:\n    - Abcd\n    - {text: Bcde,\n       sounds_like: [abcd]}",
            ":6: [duplicate-term] lists.0.terms.1.sounds_like.0: 'abcd' stands for 'Abcd' already",
        ),
        (
            "vocabulary: 1\nlists:\n  - terms:\n    - {text: Carde, sounds_like: [cards]}",
            ":4: [ordinary-word] lists.0.terms.0.sounds_like.0: 'cards' is an ordinary word",
        ),
    ],
)
def test_vocabulary_file_is_checked_with_line_and_place(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(AuthoredFileError) as raised:
        load(tmp_path, text)
    assert complaint in str(raised.value)


def test_vocabulary_file_tells_all_problems_at_once(tmp_path: Path) -> None:
    with pytest.raises(AuthoredFileError) as raised:
        load(
            tmp_path,
            "vocabulary: 1\nlists:\n  - terms: [Abc, Abc]\n  - terms: [Bcd, {text: Xyz, sounds_like: [sales]}]",
        )
    assert [problem.code for problem in raised.value.problems] == ["duplicate-term", "ordinary-word"]


def test_fingerprint_follows_what_may_change_words_and_nothing_else(tmp_path: Path) -> None:
    base = load(tmp_path, FILE).fingerprint
    assert (
        load(tmp_path, "# a remark\n" + FILE.replace("Bank_Support, loans", "loans, bank_support")).fingerprint == base
    )
    for old, new in (
        ("harper bank", "happy bank"),
        ("NetSaver", "Netsaver"),
        ("[leeds]\n    terms: [A", "[york]\n    terms: [A"),
        ("Bank_Support, ", ""),
        ("- terms: [Everywhere]", "- terms: [Everywhere, Elsewhere]"),
    ):
        assert old in FILE
        assert load(tmp_path, FILE.replace(old, new)).fingerprint != base, new


def test_fingerprint_of_a_calls_terms_is_untouched_by_lists_of_others() -> None:
    one, other = (TermList(queues=("a",), terms=(Term(text=text),)) for text in ("Abc", "Bcd"))
    mine = TermList(queues=("b",), terms=(Term(text="Cde"),))
    call = recording(queue="b")
    prints = {Vocabulary(lists=(each, mine)).for_recording(call).fingerprint for each in (one, other)}
    assert len(prints) == 1
    assert Vocabulary(lists=(one,)).for_recording(recording(queue="a")).fingerprint not in prints


def test_sample_vocabulary_names_the_company_of_each_queue() -> None:
    vocabulary = load_vocabulary(PACKAGE_ROOT / "samples" / "vocabulary.yaml")
    queues = ("bank_support", "collections", "sales", "tech_support")
    named = [vocabulary.for_recording(recording(queue=queue)).terms[0].text for queue in queues]
    assert named == ["Harbour Bank", "Ridgeway Recovery", "Brightline Mobile", "Cobalt Internet"]


@pytest.mark.parametrize("word", ["card", "Cards", "saved", "refinancing", "overlapping", "stories", "happily", "I"])
def test_ordinary_words_are_known_in_their_regular_forms(word: str) -> None:
    assert is_common(word)


@pytest.mark.parametrize("word", ["Zelle", "Carde", "harborbank", "brightline", "ridgeway", "xyz", "b", ""])
def test_names_and_fragments_are_no_ordinary_words(word: str) -> None:
    assert not is_common(word)


def test_turn_settings_follow_the_terms_of_a_call_and_stay_where_there_are_none() -> None:
    settings = TranscribeSettings()
    without = turn_settings_fingerprint(settings)
    prints = {turn_settings_fingerprint(settings, Terms(terms=(Term(text=text),))) for text in ("Abc", "Bcd")}
    assert turn_settings_fingerprint(settings, Terms()) == without
    assert len(prints | {without}) == 3
