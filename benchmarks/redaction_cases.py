"""Made calls in which secrets are said: every word of a secret is known, so that what is left of it can be counted."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.records import MadeBy, Role, Transcript, Turn, Word

MS_PER_WORD = 320
UNITS = "zero one two three four five six seven eight nine".split()  # noqa: SIM905
TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()  # noqa: SIM905
TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()  # noqa: SIM905
MISHEARD = {"two": "to", "four": "for", "eight": "ate", "one": "won", "three": "tree", "zero": "oh", "six": "sicks"}
FILLERS = ("um", "uh", "let me see", "and then", "okay", "dash")
BACKCHANNELS = ("okay", "mhm", "yes", "go ahead", "uh-huh", "got it")
SCHEMES = (
    ("4", 16), ("4", 13), ("51", 16), ("55", 16), ("2221", 16), ("2720", 16), ("34", 15), ("37", 15),
    ("6011", 16), ("65", 16), ("62", 16), ("3528", 16), ("36", 14), ("5018", 16), ("6759", 16), ("4", 19),
)  # fmt: skip
ASKS = {
    "card_number": ("Can I have your card number?", "What is the number on the card?", "And the long card number?"),
    "security_code": ("And the security code?", "What is the CVV?", "And the three digits on the back?"),
    "social_security_number": (
        "What is your social security number?", "Can you give me your social, please?", "And your SSN?",
    ),
}  # fmt: skip
LEADS = ("It's", "Yes, it is", "Sure.", "Okay, so", "")


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """A word, and whether it is part of the secret."""

    text: str
    secret: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """A made call, the secret in it, and where each word of it is: (turn, word) of the transcript before masking."""

    kind: str
    secret: str
    transcript: Transcript
    secret_words: tuple[tuple[int, int], ...]


def check_digit(digits: str) -> str:
    """Return the digit that makes a card number right (ISO/IEC 7812-1, Annex B)."""
    total = 0
    for i, char in enumerate(reversed(digits)):
        value = int(char) * (1 if i % 2 else 2)
        total += value // 10 + value % 10
    return str(-total % 10)


def number_cases(count: int, seed: int) -> list[Case]:
    """Return made calls with card numbers, security codes and social security numbers, half of them cards."""
    rng = random.Random(seed)  # noqa: S311 - repeatable cases, no secrets
    kinds = ("card_number", "card_number", "security_code", "social_security_number")
    return [_number_case(kinds[i % len(kinds)], rng, i) for i in range(count)]


def _number_case(kind: str, rng: random.Random, i: int) -> Case:
    if kind == "card_number":
        prefix, length = SCHEMES[i % len(SCHEMES)]
        digits = prefix + "".join(rng.choice("0123456789") for _ in range(length - len(prefix) - 1))
        secret = digits + check_digit(digits)
        sizes = (4, 6, 5) if length == 15 else (4,) * (length // 4) + ((length % 4,) if length % 4 else ())
    elif kind == "security_code":
        secret = "".join(rng.choice("0123456789") for _ in range(rng.choice((3, 3, 4))))
        sizes = (len(secret),)
    else:
        secret = f"{rng.randint(100, 665)}{rng.randint(10, 99)}{rng.randint(1000, 9999)}"
        sizes = (3, 2, 4)
    groups, at = [], 0
    for size in sizes:
        groups.append(secret[at : at + size])
        at += size
    misheard = rng.random() < 0.3
    uncued = kind == "card_number" and not misheard and rng.random() < 0.25
    ask = "How would you like to pay?" if uncued else rng.choice(ASKS[kind])
    spoken = [_say(group, rng, whole=kind != "security_code") for group in groups]
    if misheard:
        spoken = [_mishear(group, rng) for group in spoken]
    if rng.random() < 0.4 and kind != "security_code":
        spoken = [[*group, *(Said(text=word) for word in rng.choice(FILLERS).split())] for group in spoken]
    lead = [Said(text=word) for word in rng.choice(LEADS).split()]
    lines: list[tuple[Role, list[Said]]] = [(Role.AGENT, _plain(ask))]
    if rng.random() < 0.5 and len(spoken) > 1:  # group by group, the agent says "okay" or repeats the group
        for k, group in enumerate(spoken):
            lines.append((Role.CUSTOMER, [*lead, *group] if k == 0 else group))
            repeats = rng.random() < 0.3
            lines.append((Role.AGENT, list(group) if repeats else _plain(rng.choice(BACKCHANNELS))))
    else:
        lines.append((Role.CUSTOMER, [*lead, *(word for group in spoken for word in group)]))
        lines.append((Role.AGENT, _plain("Thank you, one moment please.")))
    lines.append((Role.CUSTOMER, _plain("Thanks, that is all I wanted.")))
    return make(kind, secret, lines)


def _say(group: str, rng: random.Random, *, whole: bool) -> list[Said]:
    """Return digits as somebody says them or a recogniser writes them."""
    way = rng.choice(("digits", "words", "words", "pairs", "spaced", "double", "hyphens", "commas"))
    if way == "pairs" and len(group) % 2 == 0 and whole:
        texts = [word for k in range(0, len(group), 2) for word in _pair(group[k : k + 2])]
    elif way == "double":
        texts = _doubled(group)
    elif way == "digits":
        texts = [group]
    elif way == "spaced":
        texts = list(group)
    elif way == "hyphens":
        texts = ["-".join(group)]
    elif way == "commas":
        texts = [f"{UNITS[int(char)]}," for char in group]
    else:
        texts = [rng.choice(("oh", "zero")) if char == "0" else UNITS[int(char)] for char in group]
    return [Said(text=text, secret=True) for text in texts]


def _pair(two: str) -> list[str]:
    tens, unit = int(two[0]), int(two[1])
    if tens == 0:
        return ["oh", UNITS[unit]]
    if tens == 1:
        return [TEENS[unit]]
    return [TENS[tens]] if unit == 0 else [TENS[tens], UNITS[unit]]


def _doubled(group: str) -> list[str]:
    texts, k = [], 0
    while k < len(group):
        if group[k : k + 2] == group[k] * 2:
            texts += ["double", UNITS[int(group[k])]]
            k += 2
        else:
            texts.append(UNITS[int(group[k])])
            k += 1
    return texts


def _mishear(group: list[Said], rng: random.Random) -> list[Said]:
    """Return a group in which one word is misheard, left out or heard twice."""
    k = rng.randrange(len(group))
    word = group[k].text.strip(",")
    slip = rng.choice(("sound", "drop", "double"))
    if slip == "sound" and word in MISHEARD:
        return [*group[:k], Said(text=MISHEARD[word], secret=True), *group[k + 1 :]]
    if slip == "drop" and len(group) > 2:
        return [*group[:k], *group[k + 1 :]]
    if slip == "double" and word in UNITS:
        return [*group[: k + 1], *group[k:]]
    return group


def _plain(text: str) -> list[Said]:
    return [Said(text=word) for word in text.split()]


def make(kind: str, secret: str, lines: Sequence[tuple[Role, Sequence[Said]]]) -> Case:
    """Return a case of lines, spoken one after the other at an even pace."""
    turns, places, at = [], [], 0
    for position, (role, said) in enumerate(lines):
        words = tuple(
            Word(text=w.text, start_ms=at + k * MS_PER_WORD, end_ms=at + (k + 1) * MS_PER_WORD, confidence=0.9)
            for k, w in enumerate(said)
        )
        places += [(position, k) for k, word in enumerate(said) if word.secret]
        channel = 0 if role is Role.AGENT else 1
        end_ms = words[-1].end_ms
        turns.append(Turn(index=position, channel=channel, role=role, start_ms=at, end_ms=end_ms, words=words))
        at = end_ms + 400
    transcript = Transcript(
        call_id="c-made",
        language="en",
        duration_ms=at,
        turns=tuple(turns),
        made_by=MadeBy(engine="made", version="1"),
    )
    return Case(kind=kind, secret=secret, transcript=transcript, secret_words=tuple(places))


FIRST = (
    "Angela", "Frank", "Denise", "Walter", "Priyanka", "Oluwaseun", "Siobhan", "Mateo", "Ingrid", "Yuki", "Harriet",
    "Dmitri", "Leila", "Bertram", "Xiomara", "Tobias", "Nadine", "Casimir", "Rosalind", "Quentin",
)  # fmt: skip
LAST = (
    "Reed", "Donnelly", "Walker", "Campbell", "Oyelaran", "Billibong", "Gillis", "Pulaski", "Rezden", "Swann", "Knox",
    "Hargreaves", "Nakamura", "Ortega", "Vandersloot", "Okafor", "Lindqvist", "Macready", "Petrov", "Sykes",
)  # fmt: skip
STREETS = ("Oak", "Maple", "Washington", "Old Mill", "Harbour View", "Cedar Hill", "Fourth", "Lincoln", "Rosewood")
STREET_KINDS = ("Street", "Avenue", "Road", "Lane", "Drive", "Boulevard", "Court")
HOSTS = (("gmail", "com"), ("yahoo", "com"), ("acme", "org"), ("hotmail", "co uk"), ("outlook", "com"))
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
ORDINALS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
    "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth",
    "twentieth",
)  # fmt: skip


def sentence_cases(count: int, seed: int) -> list[Case]:
    """Return ``count`` made calls for each of the other kinds; a part of the secret stands between ``{`` and ``}``."""
    rng = random.Random(seed)  # noqa: S311 - repeatable cases, no secrets
    makers: dict[str, Callable[[random.Random], list[tuple[Role, str]]]] = {
        "person_name": _name_lines,
        "email_address": _email_lines,
        "date_of_birth": _birth_lines,
        "address": _address_lines,
        "phone_number": _phone_lines,
        "account_number": _account_lines,
    }
    return [_marked(kind, lines(rng), rng) for kind, lines in makers.items() for _ in range(count)]


def _marked(kind: str, lines: Sequence[tuple[Role, str]], rng: random.Random) -> Case:
    small = rng.random() < 0.25  # a recogniser without capitals and punctuation
    said = []
    for role, text in lines:
        words, inside = [], False
        for word in text.split():
            inside = inside or word.startswith("{")
            bare = word.replace("{", "").replace("}", "")
            words.append(Said(text=bare.lower().rstrip(".,?!") if small else bare, secret=inside))
            inside = inside and "}" not in word
        said.append((role, words))
    secret = " ".join(word.text for _, words in said for word in words if word.secret)
    return make(kind, secret, said)


def _name_lines(rng: random.Random) -> list[tuple[Role, str]]:
    first, last = rng.choice(FIRST), rng.choice(LAST)
    full = f"{first} {last}"
    spelled = " ".join(last.upper())
    ways: list[list[tuple[Role, str]]] = [
        [(Role.CUSTOMER, f"Hello, my name is {{{full}}}, and I have a question about my bill.")],
        [(Role.AGENT, "Who am I speaking with?"), (Role.CUSTOMER, f"This is {{{full}}}.")],
        [(Role.AGENT, "May I have your full name, please?"), (Role.CUSTOMER, f"{{{full}}}.")],
        [(Role.AGENT, f"Thank you, Ms. {{{last}}}. Let me look into that.")],
        [(Role.AGENT, f"Am I speaking with {{{full}}}?"), (Role.CUSTOMER, "Yes, that's me.")],
        [(Role.CUSTOMER, f"The account is under the name {{{full}}}.")],
        [(Role.AGENT, "Can you spell your last name?"), (Role.CUSTOMER, f"Sure, it's {{{spelled}}}.")],
        [(Role.CUSTOMER, f"My last name is {{{last}}} and my first name is {{{first}}}.")],
        [(Role.CUSTOMER, f"Hi, I'm {{{full}}} and I need a new card."), (Role.AGENT, f"Thank you, {{{first}}}.")],
        [(Role.CUSTOMER, f"I'm calling for my mother, {{{full}}}, about her plan.")],
    ]
    return rng.choice(ways)


def _email_lines(rng: random.Random) -> list[tuple[Role, str]]:
    first, last = rng.choice(FIRST).lower(), rng.choice(LAST).lower()
    host, top = rng.choice(HOSTS)
    spoken_top = " dot ".join(top.split())
    written_top = ".".join(top.split())
    local = rng.choice(
        (f"{first} dot {last}", f"{first} {last}", f"{first[0]} {last} forty two", f"{first} underscore {last}")
    )
    spoken = f"{local} at {host} dot {spoken_top}"
    ways: list[list[tuple[Role, str]]] = [
        [(Role.CUSTOMER, f"My email is {{{first}.{last}@{host}.{written_top}}}.")],
        [(Role.AGENT, "What is your email address?"), (Role.CUSTOMER, f"It's {{{spoken}}}.")],
        [(Role.AGENT, "And your email?"), (Role.CUSTOMER, f"{{{local}}}"), (Role.AGENT, "okay"),
         (Role.CUSTOMER, f"{{at {host} dot {spoken_top}}}")],
        [(Role.AGENT, "And your email?"), (Role.CUSTOMER, f"{{{' '.join(last)} at {host} dot {spoken_top}}}")],
        [(Role.CUSTOMER, f"You can write to {{{first}.{last} at {host}.{written_top}}}, please.")],
        [(Role.CUSTOMER, f"Send it to {{{spoken}}} please."), (Role.AGENT, f"So that's {{{spoken}}}, right?")],
    ]  # fmt: skip
    return rng.choice(ways)


def _birth_lines(rng: random.Random) -> list[tuple[Role, str]]:
    day, month, year = rng.randint(1, 20), rng.randrange(12), rng.randint(40, 99)
    spoken_year = "nineteen " + " ".join(_pair(f"{year:02d}"))
    ordinal, name = ORDINALS[day - 1], MONTHS[month]
    ask = rng.choice(
        ("Could you confirm your date of birth?", "What is your date of birth, please?", "And your birthday?")
    )
    answer = rng.choice(
        (
            f"{{the {ordinal} of {name}, {spoken_year}}}",
            f"{{{name} {ordinal}, {spoken_year}}}",
            f"{{{name} {day}, 19{year}}}",
            f"{{{month + 1}/{day}/19{year}}}",
            f"{{{' '.join(_pair(f'{month + 1:02d}'))} {' '.join(_pair(f'{day:02d}'))} {spoken_year}}}",
            f"{{{day} {name} {' '.join(_pair(f'{year:02d}'))}}}",
        )
    )
    ways = [
        [(Role.AGENT, ask), (Role.CUSTOMER, f"It's {answer}.")],
        [(Role.AGENT, ask), (Role.CUSTOMER, f"Sure. {answer}."), (Role.AGENT, "Thank you, that matches.")],
        [(Role.CUSTOMER, f"I was born on {{the {ordinal} of {name} {spoken_year}}}.")],
        [(Role.CUSTOMER, f"My date of birth is {answer} and I live in Boston.")],
    ]
    return rng.choice(ways)


def _address_lines(rng: random.Random) -> list[tuple[Role, str]]:
    number = rng.randint(2, 999)
    spoken = " ".join(_pair(f"{number % 100:02d}")) if number % 100 > 9 else UNITS[number % 10 or 7]
    street = f"{rng.choice(STREETS)} {rng.choice(STREET_KINDS)}"
    zip_code = f"{rng.randint(10000, 99999)}"
    ways: list[list[tuple[Role, str]]] = [
        [(Role.AGENT, "What is your address?"), (Role.CUSTOMER, f"It's {{{number} {street}}}, Springfield.")],
        [(Role.CUSTOMER, f"I live at {{{spoken} {street}}} in Springfield.")],
        [(Role.AGENT, "And your zip code?"), (Role.CUSTOMER, f"{{{' '.join(UNITS[int(c)] for c in zip_code)}}}.")],
        [(Role.CUSTOMER, f"My zip code is {{{zip_code}}}, thank you.")],
        [(Role.CUSTOMER, f"Please send it to {{{number} {street}, apartment 4}}.")],
        [(Role.AGENT, "Which address do you have?"), (Role.CUSTOMER, f"{{{spoken} {street}}}, I think.")],
        [(Role.AGENT, "And the postcode?"), (Role.CUSTOMER, "It's {SW1A 1AA}.")],
    ]
    return rng.choice(ways)


def _phone_lines(rng: random.Random) -> list[tuple[Role, str]]:
    digits = f"{rng.choice(('212', '415', '617', '713'))}{rng.randint(220, 998)}{rng.randint(1000, 9999)}"
    spoken = " ".join(UNITS[int(char)] for char in digits)
    grouped = f"{digits[:3]} {digits[3:6]} {digits[6:]}"
    ways: list[list[tuple[Role, str]]] = [
        [(Role.AGENT, "What is the best number to reach you?"), (Role.CUSTOMER, f"{{{spoken}}}.")],
        [(Role.CUSTOMER, f"You can call me at {{{grouped}}} after five.")],
        [(Role.CUSTOMER, f"It's {{{digits[:3]}-{digits[3:6]}-{digits[6:]}}}.")],
        [(Role.AGENT, "And your phone number?"), (Role.CUSTOMER, f"{{{digits[:3]}}}"), (Role.AGENT, "okay"),
         (Role.CUSTOMER, f"{{{digits[3:6]} {digits[6:]}}}")],
        [(Role.CUSTOMER, f"My cell is {{{spoken}}}."), (Role.AGENT, f"{{{spoken}}}, got it.")],
    ]  # fmt: skip
    return rng.choice(ways)


def _account_lines(rng: random.Random) -> list[tuple[Role, str]]:
    digits = f"{rng.randint(10**7, 10**10 - 1)}"
    spoken = " ".join(UNITS[int(char)] for char in digits)
    ways: list[list[tuple[Role, str]]] = [
        [(Role.AGENT, "Can I have your account number?"), (Role.CUSTOMER, f"Yes, {{{spoken}}}.")],
        [(Role.CUSTOMER, f"My account number is {{{digits}}}, please check it.")],
        [(Role.AGENT, "And the last four digits of your account?"),
         (Role.CUSTOMER, f"{{{' '.join(UNITS[int(c)] for c in digits[-4:])}}}.")],
        [(Role.CUSTOMER, f"The routing number is {{{digits}}}.")],
        [(Role.AGENT, "Your policy number, please?"), (Role.CUSTOMER, f"{{AB{digits[:7]}}}.")],
    ]  # fmt: skip
    return rng.choice(ways)
