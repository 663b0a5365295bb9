from __future__ import annotations

import pytest

from pipeline.compliance.exact import find_exact
from pipeline.compliance.pattern import PatternError, variants


def found(phrase: str, words: str) -> set[str]:
    matches = find_exact([words.split()], [phrase])
    return {" ".join(words.split()[match.start : match.end]) for match in matches}


@pytest.mark.parametrize(
    ("phrase", "words", "hit"),
    [
        ("calls are recorded", "all our calls are recorded today", "calls are recorded"),
        ("this call (is|may be) recorded", "this call may be recorded", "this call may be recorded"),
        ("this call (is|may be) (being|) recorded", "this call is recorded", "this call is recorded"),
        ("this call (is|may be) (being|) recorded", "this call is being recorded", "this call is being recorded"),
        ("to (re|) confirm", "so to confirm it", "to confirm"),
        ("((my|your) name|i) (is|am)", "i am", "i am"),
        ("guarantee* returns", "guaranteed returns", "guaranteed returns"),
        ("collect ~2 debt", "collect a big debt", "collect a big debt"),
        ("collect ~2 debt", "collect debt", "collect debt"),
        ("my name is {word}", "hello my name is maria", "my name is maria"),
        ("{money} a month", "only 95 dollars a month", "95 dollars a month"),
        ("owe {money}", "you owe eight hundred and forty dollars", "owe eight hundred and forty dollars"),
        ("{money}", "it is 840 dollars then", "840 dollars"),
        ("{number} times", "called twenty one times", "twenty one times"),
        ("We'll call you", "we will call you", "we will call you"),
        ("e-mail us", "e mail us", "e mail us"),
        ("may i ask (why|how)?", "may i ask why", "may i ask why"),
        ("call (me|us). we help", "call us we help", "call us we help"),
        ("is it {money}?", "is it 840 dollars then", "is it 840 dollars"),
    ],
)
def test_pattern_is_found(phrase: str, words: str, hit: str) -> None:
    assert hit in found(phrase, words)


@pytest.mark.parametrize(
    ("phrase", "words"),
    [
        ("calls are recorded", "calls were recorded"),
        ("this call (is|may be) recorded", "this call recorded"),
        ("guarantee* returns", "guard returns"),
        ("collect ~2 debt", "collect a very big debt"),
        ("owe {money}", "you owe forty"),
        ("{number} times", "and times"),
        ("my name is {word}", "my name is"),
    ],
)
def test_pattern_is_not_found(phrase: str, words: str) -> None:
    assert found(phrase, words) == set()


@pytest.mark.parametrize(
    ("phrase", "code"),
    [
        ("", "pattern-empty"),
        ("{word} {number}", "pattern-empty"),
        ("(hello|)", "pattern-empty"),
        ("this (is|was", "pattern-parenthesis"),
        ("this is) it", "pattern-parenthesis"),
        ("pay {mony}", "pattern-slot"),
        ("a ~12 b", "pattern-gap"),
        ("~3 recorded", "pattern-gap"),
        ("(so|) ~3 recorded", "pattern-gap"),
        ("recorded ~2", "pattern-gap"),
        ("call?s recorded", "pattern-character"),
        ("a ~1 b ~1 c ~1 d ~1 e ~1 f", "pattern-gap"),
        ("word " * 201, "pattern-too-long"),
        ("call ... recorded", "pattern-character"),
        ("(call|ring) ? recorded", "pattern-character"),
        ("~2 ? recorded", "pattern-character"),
        ("call } recorded", "pattern-character"),
        ("g* returns", "pattern-wildcard"),
        ("* returns", "pattern-wildcard"),
        (" ".join(["(a b|c d)"] * 9), "pattern-too-wide"),
    ],
)
def test_pattern_that_cannot_be_read_is_refused(phrase: str, code: str) -> None:
    with pytest.raises(PatternError) as refused:
        variants(phrase)
    assert refused.value.code == code


def test_pattern_suggests_the_slot_that_was_meant() -> None:
    with pytest.raises(PatternError, match="did you mean 'money'"):
        variants("pay {mony}")


def test_pattern_words_in_parentheses_are_one_variant_not_many() -> None:
    wide = "(a|b|c|d|e|f|g|h|i|j) " * 4 + "end"
    assert len(variants(wide)) == 1


def test_pattern_keeps_denying_words_apart() -> None:
    assert [way.negative for way in variants("(is|at) (no|zero) risk")] == [False, True]


def test_pattern_is_matched_loosely_only_if_long_enough_and_without_gaps() -> None:
    (short,), (gap,), (long,) = (
        variants("thank you"),
        variants("calls ~3 recorded for training"),
        variants("calls are recorded for training"),
    )
    assert short.loose == gap.loose == ()
    assert long.loose == (("calls", "are", "recorded", "for", "training"),)
