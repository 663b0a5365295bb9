from __future__ import annotations

import itertools

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from pipeline.numbers.form import is_beside_number, normalise
from pipeline.numbers.numerals import CARDINALS, ORDINALS, ordinal, written_ordinal
from pipeline.numbers.written import spoken_tokens
from pipeline.text import fold

_LINKS = "a and of the to oh point half quarter past per cent percent dollars cents pence am p m o'clock double one"
NUMBER_WORDS = [*sorted(CARDINALS | set(ORDINALS)), *_LINKS.split(), "may", "march", "june", "sept", "$", "£", "pounds"]
WRITTEN = ["0", "1", "7", "07", "26", "150", "1500", "2026", "12.5", "0.5", "9:30", "9:00", "5th", "22nd"]
PLAIN = ["please", "for", "won", "no", "which", "you", "on", "in", "i", "people", "b12", "ok", "[card_number]"]
words = st.lists(st.sampled_from(NUMBER_WORDS + WRITTEN + PLAIN), max_size=12)
# Of a time of day only the digits remain, which is the form of other numbers too; a sign goes behind its number.
GONE = {"9:30", "9:00", "o'clock", "$", "£"}
lasting = st.lists(st.sampled_from([word for word in NUMBER_WORDS + WRITTEN + PLAIN if word not in GONE]), max_size=12)


def form(text: str) -> str:
    """The one form of a text, as words."""
    return " ".join(word.text for word in normalise([token.folded for token in spoken_tokens(text)]))


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        (
            "150 dollars",
            "$150|$150.00|150$|150 dollars|one hundred and fifty dollars|a hundred fifty bucks|one fifty dollars",
        ),
        ("1500", "1,500|1500|fifteen hundred|one thousand five hundred|a thousand five hundred|1 thousand 500"),
        ("1200506", "1,200,506|one million two hundred thousand five hundred and six"),
        ("1500000 dollars", "$1.5 million|$1,500,000|one and a half million dollars|one point five million dollars"),
        ("8.5 dollars", "$8.50|$8.5|8 dollars 50|eight dollars and fifty cents|eight dollars fifty"),
        ("8.05 pounds", "£8.05|eight pounds and five pence|eight quid and 5p"),
        ("50 cents", "$0.50|50¢|fifty cents|50 cents"),
        ("1 dollars", "$1|one dollar|1 dollar"),
        ("12.5 percent", "12.5%|12.5 percent|12.50%|twelve and a half percent|twelve point five per cent"),
        ("100 percent", "100%|a hundred percent|one hundred percent|hundred percent"),
        ("2.25 hours", "2.25 hours|two and a quarter hours|two point two five hours"),
        ("may 5th", "5th of May|fifth of may|the fifth of may|May 5th|may fifth|May 5|may the fifth|May the 5th"),
        ("june 22nd 2026", "June 22nd, 2026|the twenty second of june twenty twenty six|22 June 2026|Jun 22 2026"),
        ("september 1st", "1st of September|first of september|Sept 1|september one"),
        ("on may 1st", "on May 1st|on may first|on the first of May|on 1 May"),
        ("may 2026", "May 2026|may twenty twenty six|may two thousand twenty six"),
        ("9 am", "9 a.m.|9am|9a.m.|9:00 AM|nine am|nine a m|9 A.M"),
        ("930 pm", "9:30 p.m.|9:30pm|nine thirty pm|half past nine p.m."),
        ("9", "9:00|nine o'clock|9 o’clock|nine"),
        ("845", "8:45|quarter to nine|a quarter to nine|eight forty five"),
        ("1245", "12:45|quarter to one|twelve forty-five"),
        ("247", "24/7|24-7|24 7|twenty four seven|twenty-four seven"),
        ("401 k", "401k|401(k)|401 K|four oh one k|four-oh-one-k"),
        ("18005551212", "1-800-555-1212|1 (800) 555-1212|one eight hundred five five five one two one two"),
        ("41112", "41112|4-1-1-1-2|4, 1, 1, 1, 2|4 1 1 1 2|four one one one two|forty one one one two"),
        ("4412", "double four one two|4-4-1-2|forty four twelve|44 12"),
        ("2026", "2026|two thousand twenty six|two thousand and twenty six|twenty twenty six"),
        ("1905", "1905|nineteen oh five|nineteen hundred and five"),
        ("07", "07|oh seven|zero seven"),
        ("in 07", "in 07|in oh seven"),
        ("third", "3rd|third"),
        ("21st", "21st|twenty first|twenty-first"),
        ("2 to 3 days", "2-3 days|2–3 days|two to three days|2 to 3 days"),
        ("30 day", "30-day|thirty day|30 day"),
        ("200003", "200,003|two hundred thousand and three"),
    ],
)
def test_numbers_said_and_written_in_any_way_have_one_form(expected: str, said: str) -> None:
    assert {text: form(text) for text in said.split("|")} == dict.fromkeys(said.split("|"), expected)


@pytest.mark.parametrize(
    "text",
    [
        "one moment please",
        "no one",
        "which one am i",
        "one or the other",
        "oh okay",
        "oh i see",
        "one second please",
        "first of all",
        "in the first place",
        "second of all",
        "you may first want to",
        "the first may be late",
        "may one ask",
        "you may have it",
        "march the second battalion",
        "the point is",
        "a quarter of it",
        "half of the people",
        "hundreds of people",
        "a few hundred people",
        "to and for",
        "a double room",
        "b12 vitamins",
        "the cent",
    ],
)
def test_numbers_leave_words_alone_that_only_look_like_one(text: str) -> None:
    assert form(text) == text.replace("cent", "cents")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("at this point five people", "at this point 5 people"),
        ("at one point two people called", "at one point 2 people called"),
        ("between one hundred and two hundred dollars", "between 100 and 200 dollars"),
        ("from two thousand to three thousand", "from 2000 to 3000"),
        ("oh two of them", "oh 2 of them"),
        ("two three days", "2 3 days"),
        ("one or two", "one or 2"),
        ("fifty fifty", "50 50"),
        ("the twenty second hold", "the 20 second hold"),
        ("you may 5", "you may 5"),
        ("in may we had 5 people", "in may we had 5 people"),
        ("in may 5 people called", "in may 5 people called"),
        ("well may 5 then", "well may 5th then"),
        ("in june 5 percent", "in june 5 percent"),
        ("may 45", "may 45"),
        ("no one 24/7", "no one 247"),
        ("half a million dollars", "half a million dollars"),
        ("seven twenty dollar bills", "720 dollars bills"),
    ],
)
def test_numbers_do_not_run_into_their_neighbours(text: str, expected: str) -> None:
    assert form(text) == expected


@pytest.mark.parametrize(
    ("said", "breaks", "expected"),
    [
        ("in 2024 5 people", [0, 1, 0, 0], "in 2024 5 people"),
        ("in 2024 5 people", [0, 0, 0, 0], "in 20245 people"),
        ("twenty five", [1, 0], "20 5"),
        ("one hundred and five", [0, 1, 0, 0], "100 and 5"),
        ("four one one two", [1, 1, 1, 0], "4112"),
        ("one two three", [1, 1, 0], "one 2 3"),
        ("fifty dollars", [1, 0], "50 dollars"),
        ("eight dollars fifty", [0, 1, 0], "8 dollars 50"),
    ],
)
def test_numbers_end_with_their_clause(said: str, breaks: list[int], expected: str) -> None:
    normal = normalise(said.split(), [bool(ends) for ends in breaks])
    assert " ".join(word.text for word in normal) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$1,240.50.", [("$", 0, 1), ("1240.50", 1, 9)]),
        ("(12.5%)", [("12.5", 1, 5), ("percent", 5, 6)]),
        ("9:30am", [("9:30", 0, 4), ("am", 4, 6)]),
        ("9a.m.", [("9", 0, 1), ("am", 1, 5)]),
        ("p.m.", [("pm", 0, 4)]),
        ("2-3", [("2", 0, 1), ("to", 1, 2), ("3", 2, 3)]),
        ("401(k)", [("401", 0, 3), ("k", 4, 5)]),
        ("1,2", [("1", 0, 1), ("2", 2, 3)]),
        ("1.2.3", [("1", 0, 1), ("2", 2, 3), ("3", 4, 5)]),
        ("5th", [("5th", 0, 3)]),
        ("b12", [("b12", 0, 3)]),
        ("can't", [("can't", 0, 5)]),
        ("a.k.a.", [("a", 0, 1), ("k", 2, 3), ("a", 4, 5)]),
        ("$ %", []),
    ],
)
def test_spoken_tokens_keep_written_numbers_whole(text: str, expected: list[tuple[str, int, int]]) -> None:
    assert [(token.folded, token.char_start, token.char_end) for token in spoken_tokens(text)] == expected


@given(st.text(alphabet="aApm19.,:$%¢-–/ '’é½k", max_size=20))
@settings(deadline=None)
@example("5½%")
def test_spoken_tokens_stand_in_order_where_they_say(text: str) -> None:
    found = spoken_tokens(text)
    ends = [0, *(token.char_end for token in found)]
    assert all(end <= token.char_start < token.char_end for end, token in zip(ends, found, strict=False))
    assert all(token.folded and fold(token.folded) == token.folded for token in found)
    assert ends[-1] <= len(text)


@given(words)
@settings(deadline=None, max_examples=400)
def test_normalise_covers_every_word_once_and_in_order(said: list[str]) -> None:
    groups = dict.fromkeys((word.start, word.end) for word in normalise(said))
    assert [i for start, end in groups for i in range(start, end)] == list(range(len(said)))


@given(words)
@settings(deadline=None, max_examples=400)
def test_normalise_never_touches_words_that_belong_to_no_number(said: list[str]) -> None:
    normal = normalise(said)
    kept = [word.text for word in normal if not is_beside_number(said[word.start])]
    assert kept == [word for word in said if not is_beside_number(word)]


@given(lasting)
@settings(deadline=None, max_examples=1000)
@example(["one", "and", "a", "half", "thousand", "million"])
def test_normalise_twice_is_normalise_once(said: list[str]) -> None:
    once = normalise(said)
    # two numbers may be apart only because of how they were said: "two, three" and "fifty fifty"
    numbers = [word.text[0].isdigit() or word.text in {"one", "oh", *CARDINALS} for word in once]
    assume(not any(before and after for before, after in itertools.pairwise(numbers)))
    again = normalise([word.text for word in once])
    assert [word.text for word in again] == [word.text for word in once]


@given(st.integers(min_value=0, max_value=10**9 - 1))
@settings(deadline=None)
def test_normalise_reads_every_whole_number_as_it_is_said(n: int) -> None:
    said = [word.text for word in normalise(spoken(n).split())]
    assert said == [str(n) if n != 1 else "one"]


def spoken(n: int) -> str:
    """How a whole number is said in English."""
    small = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    small_words = [*small.split(), "seventeen", "eighteen", "nineteen"]
    tens = "twenty thirty forty fifty sixty seventy eighty ninety".split()  # noqa: SIM905
    for scale, name in ((10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if n >= scale:
            rest = n % scale
            link = " and " if 0 < rest < 100 else " "
            return f"{spoken(n // scale)} {name}{link if rest else ''}{spoken(rest) if rest else ''}"
    if n < 20:
        return small_words[n]
    return tens[n // 10 - 2] + (f" {small_words[n % 10]}" if n % 10 else "")


@pytest.mark.parametrize(
    ("n", "word", "written"), [(1, "first", "1st"), (12, "twelfth", "12th"), (30, "thirtieth", "30th")]
)
def test_ordinals_have_a_word_and_a_written_form(n: int, word: str, written: str) -> None:
    assert (ordinal(n), written_ordinal(n)) == (word, written)


@pytest.mark.parametrize(("n", "written"), [(21, "21st"), (22, "22nd"), (23, "23rd"), (99, "99th")])
def test_ordinals_of_several_words_are_written(n: int, written: str) -> None:
    assert ordinal(n) == written_ordinal(n) == written
