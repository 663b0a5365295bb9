"""Rules that are more than one saying, as they are written in a pack."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.compliance.detect import detect
from pipeline.compliance.meaning import MeaningReader
from pipeline.compliance.packs import load_pack
from pipeline.errors import AuthoredFileError
from pipeline.records import (
    CallSentiment,
    Finding,
    Gap,
    Overtalk,
    Role,
    SentimentReading,
    Span,
    Transcript,
)
from tests.compliance.rule_files import SETTINGS
from tests.compliance.test_meaning import WordEncoder
from tests.factories import MADE_BY, measures, recording, transcript

HEAD = "    title: A rule\n    severity: major\n    expect: {expect}\n"
VERIFIED = '{said: {speaker: agent, phrases: ["date of birth"], min_similarity: 1}}'
TOLD = '{said: {speaker: agent, phrases: ["your balance is"], min_similarity: 1}}'


def pack(folder: Path, body: str, *, expect: str = "present", others: str = "") -> Path:
    """Write a pack of one rule named ``it`` with this body, and perhaps others."""
    path = folder / "pack.yaml"
    body = textwrap.indent(textwrap.dedent(body).strip(), "    ")
    path.write_text(f"pack: test\nrules:\n  - id: it\n{HEAD.format(expect=expect)}{body}\n{others}")
    return path


def flat(rule_id: str, phrase: str, speaker: str = "agent") -> str:
    """Another rule of the pack."""
    head = HEAD.format(expect="signal")
    return f"  - id: {rule_id}\n{head}    speaker: {speaker}\n    phrases: [{phrase}]\n    min_similarity: 1\n"


def judged(path: Path, said: Transcript, **more: Any) -> Finding | None:
    """What becomes of the rule ``it``."""
    call = more.pop("call", {})
    found = detect(said, recording(**call), load_pack(path), SETTINGS, **more)
    return next((finding for finding in found if finding.rule_id == "it"), None)


def kind(path: Path, said: Transcript, **more: Any) -> str | None:
    """The outcome of the rule ``it``."""
    finding = judged(path, said, **more)
    return None if finding is None else finding.kind.value


BOTH = transcript(("agent", "your date of birth please"), ("customer", "yes"), ("agent", "your balance is ten"))
TURNED = transcript(("agent", "your balance is ten"), ("customer", "yes"), ("agent", "your date of birth please"))
FIRST = transcript(("agent", "your date of birth please"))
NEITHER = transcript(("agent", "good morning"))
NOBODY_KNOWS = transcript(("agent", "your date of birth please"), ("unknown", "your balance is ten"))


@pytest.mark.parametrize(
    ("body", "said", "expected"),
    [
        (f"all: [{VERIFIED}, {TOLD}]", BOTH, "present"),
        (f"all: [{VERIFIED}, {TOLD}]", FIRST, "absent"),
        (f"all: [{VERIFIED}, {TOLD}]", NOBODY_KNOWS, "cannot_assess"),
        (f"any: [{VERIFIED}, {TOLD}]", FIRST, "present"),
        (f"any: [{VERIFIED}, {TOLD}]", NEITHER, "absent"),
        (f"any: [{VERIFIED}, {TOLD}]", NOBODY_KNOWS, "present"),
        (f"not: {VERIFIED}", NEITHER, "present"),
        (f"not: {VERIFIED}", FIRST, "absent"),
        (f"not: {TOLD}", NOBODY_KNOWS, "cannot_assess"),
        (f"all: [{VERIFIED}, {{not: {TOLD}}}]", FIRST, "present"),
        (f"all: [{VERIFIED}, {{not: {TOLD}}}]", BOTH, "absent"),
        (f"all: [{VERIFIED}, {{any: [{TOLD}, {{not: {TOLD}}}]}}]", FIRST, "present"),
        (f"in_order: [{VERIFIED}, {TOLD}]", BOTH, "present"),
        (f"in_order: [{VERIFIED}, {TOLD}]", TURNED, "absent"),
        (f"in_order: [{VERIFIED}, {TOLD}]", FIRST, "absent"),
        (f"in_order: [{VERIFIED}, {TOLD}]\nwithin_s: 3", BOTH, "present"),
        (f"in_order: [{VERIFIED}, {TOLD}]\nwithin_s: 0.5", BOTH, "absent"),
    ],
)
def test_conditions_put_together(tmp_path: Path, body: str, said: Transcript, expected: str) -> None:
    assert kind(pack(tmp_path, body), said) == expected


def test_conditions_absent_part_decides_whatever_else_is_unknown(tmp_path: Path) -> None:
    said = transcript(("agent", "hello"), ("unknown", "your balance is ten"))
    finding = judged(pack(tmp_path, f"all: [{TOLD}, {VERIFIED}]"), said)
    assert finding is not None
    assert (finding.kind, finding.reason) == ("absent", "Not said by the agent in 0:00-1:00.")


def test_conditions_all_quotes_every_part_in_order_of_time(tmp_path: Path) -> None:
    finding = judged(pack(tmp_path, f"all: [{TOLD}, {VERIFIED}]"), BOTH)
    assert finding is not None
    assert [quote.quote for quote in finding.evidence] == ["date of birth", "your balance is"]


def test_conditions_in_order_takes_a_later_saying_where_the_first_came_too_early(tmp_path: Path) -> None:
    said = transcript(
        ("agent", "your balance is ten"), ("agent", "your date of birth"), ("agent", "so your balance is ten")
    )
    finding = judged(pack(tmp_path, f"in_order: [{VERIFIED}, {TOLD}]"), said)
    assert finding is not None
    assert [quote.turn_index for quote in finding.evidence] == [1, 2]


def test_conditions_another_rule(tmp_path: Path) -> None:
    other = flat("asked", "date of birth")
    assert kind(pack(tmp_path, f"all: [{{rule: asked}}, {TOLD}]", others=other), BOTH) == "present"
    absent = judged(pack(tmp_path, f"all: [{{rule: asked}}, {TOLD}]", others=other), NEITHER)
    assert absent is not None
    assert absent.reason == "Not said by the agent in 0:00-1:00 (asked)."
    elsewhere = other + "    applies_if: {queues: [sales]}\n"
    assert kind(pack(tmp_path, "not: {rule: asked}", others=elsewhere), FIRST) == "present"


@pytest.mark.parametrize(("at_least", "expected"), [(1, "present"), (2, "present"), (3, "absent")])
def test_conditions_at_least_so_often(tmp_path: Path, at_least: int, expected: str) -> None:
    # two phrases that find one place are one time
    body = f"phrases: [this is recorded, is recorded]\nmin_similarity: 1\nat_least: {at_least}"
    said = transcript(("agent", "this is recorded"), ("customer", "sorry what was that"), ("agent", "this is recorded"))
    assert kind(pack(tmp_path, body), said) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([("agent", "go ahead please", 10_000), ("customer", "card number", 14_000)], "present"),
        ([("customer", "card number", 2000), ("agent", "go ahead please", 5000)], "present"),
        ([("customer", "card number", 2000), ("agent", "go ahead please", 20_000)], "absent"),
        # near the second of two
        (
            [("customer", "card number", 2000), ("customer", "card number", 30_000), ("agent", "go ahead", 33_000)],
            "present",
        ),
        ([("agent", "go ahead please", 5000)], None),
    ],
)
def test_conditions_window_around_any_hit_of_another_rule(
    tmp_path: Path, lines: list[Any], expected: str | None
) -> None:
    body = "speaker: agent\nphrases: [go ahead]\nwindow: {around: card, within_s: 5}"
    path = pack(tmp_path, body, others=flat("card", "card number", "customer"))
    assert kind(path, transcript(*lines)) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("i want to cancel my old account", "present"),
        ("the account that i want to cancel", "absent"),
        ("my account please cancel", "present"),
        ("cancel the thing that is my account", "absent"),
    ],
)
def test_conditions_words_near_each_other_in_any_order(tmp_path: Path, said: str, expected: str) -> None:
    path = pack(tmp_path, "phrases: [{words: [cancel, (account|contract)], near: 2}]")
    assert kind(path, transcript(("customer", said))) == expected


def readings(*labels: str, role: Role = Role.CUSTOMER) -> CallSentiment:
    """Readings of turns 1, 3, 5 ..., each in its own turn."""
    found = tuple(
        SentimentReading(turn_index=2 * i + 1, role=role, label=label, score=0.0, probability=0.9)
        for i, label in enumerate(labels)
    )
    return CallSentiment(readings=found, parties=(), made_by=MADE_BY)


CHAT = transcript(*(((("agent", "customer")[i % 2]), "well well well", i * 2000) for i in range(6)))


@pytest.mark.parametrize(
    ("labels", "window", "expected"),
    [
        (("negative", "negative", "neutral"), "", "present"),
        (("negative", "neutral", "neutral"), "", "absent"),
        (("neutral", "negative", "negative"), ", window: {within_first_s: 4}", "absent"),
        (("neutral", "negative", "negative"), ", window: {from_share: 0.1}", "present"),
        ((), "", "cannot_assess"),
    ],
)
def test_conditions_sentiment_of_a_party(tmp_path: Path, labels: tuple[str, ...], window: str, expected: str) -> None:
    path = pack(tmp_path, f"all: [{{sentiment: {{speaker: customer, is: negative{window}}}}}]")
    assert kind(path, CHAT, sentiment=readings(*labels)) == expected


def test_conditions_sentiment_quotes_what_sounds_so_and_needs_readings(tmp_path: Path) -> None:
    path = pack(tmp_path, "all: [{sentiment: {speaker: customer, is: negative}}]")
    finding = judged(path, CHAT, sentiment=readings("negative", "neutral", "negative"))
    assert finding is not None
    assert [quote.turn_index for quote in finding.evidence] == [1, 5]
    assert finding.reason == "2 of 3 passages of the customer's are negative."
    assert kind(path, CHAT) == "cannot_assess"
    assert kind(path, CHAT, sentiment=readings("negative", role=Role.AGENT)) == "cannot_assess"


GAPS = (Gap(kind="dead_air", start_ms=10_000, end_ms=16_000), Gap(kind="hold", start_ms=30_000, end_ms=55_000))


@pytest.mark.parametrize(
    ("silence", "expected", "stretches"),
    [
        ("{kind: dead_air}", "present", [(10_000, 16_000)]),
        ("{kind: dead_air, longer_than_s: 6}", "absent", []),
        ("{longer_than_s: 5, at_least: 2}", "present", [(10_000, 16_000), (30_000, 55_000)]),
        ("{kind: hold, at_least: 2}", "absent", []),
        ("{kind: any, window: {within_first_s: 20}}", "present", [(10_000, 16_000)]),
    ],
)
def test_conditions_silence(tmp_path: Path, silence: str, expected: str, stretches: list[tuple[int, int]]) -> None:
    finding = judged(pack(tmp_path, f"all: [{{silence: {silence}}}]"), CHAT, measures=measures(gaps=GAPS))
    assert finding is not None
    assert finding.kind == expected
    assert finding.stretches == tuple(Span(start_ms=start, end_ms=end) for start, end in stretches)


def test_conditions_overtalk_by_who_began_second(tmp_path: Path) -> None:
    heard = measures(overtalk_ms=3000, overtalks=(Overtalk(interrupter=Role.AGENT, start_ms=9000, end_ms=12_000),))
    for by, expected in (("agent", "present"), ("customer", "absent"), ("anyone", "present")):
        assert kind(pack(tmp_path, f"all: [{{overtalk: {{by: {by}}}}}]"), CHAT, measures=heard) == expected
    path = pack(tmp_path, "all: [{overtalk: {longer_than_s: 3}}]")
    assert kind(path, CHAT, measures=heard) == "absent"
    assert kind(path, CHAT, measures=measures(overtalk_ms=None)) == "cannot_assess"
    assert kind(path, CHAT) == "cannot_assess"


@pytest.mark.parametrize(
    ("bounds", "share", "expected"),
    [
        ("at_least: 0.6", 0.6, "present"),
        ("at_least: 0.6", 0.59, "absent"),
        ("at_most: 0.6", 0.59, "present"),
        ("at_least: 0.2, at_most: 0.5", 0.6, "absent"),
        ("at_least: 0.6", None, "cannot_assess"),
    ],
)
def test_conditions_measure_within_bounds(tmp_path: Path, bounds: str, share: float | None, expected: str) -> None:
    path = pack(tmp_path, f"all: [{{measure: {{name: agent_talk_share, {bounds}}}}}]")
    assert kind(path, CHAT, measures=measures(agent_talk_share=share)) == expected


@pytest.mark.parametrize(
    ("condition", "metadata", "expected"),
    [
        ("{field: state, is: [CA, NY]}", {"state": "ca"}, "present"),
        ("{field: state, is: [CA]}", {"state": "TX"}, "absent"),
        ("{field: state, is: [CA]}", {}, "cannot_assess"),
        ("{field: state}", {}, "absent"),
        ("{field: state}", {"state": "TX"}, "present"),
        ("{field: queue, is: [bank_support]}", {}, "present"),
    ],
)
def test_conditions_metadata(tmp_path: Path, condition: str, metadata: dict[str, str], expected: str) -> None:
    path = pack(tmp_path, f"decidable_from: metadata\nall: [{{metadata: {condition}}}]")
    assert kind(path, transcript(), call={"metadata": metadata}) == expected


def test_conditions_prohibited_and_only_probably_said_is_cannot_assess_in_a_tree_too(tmp_path: Path) -> None:
    body = "all: [{said: {speaker: agent, phrases: [we guarantee that you will be approved]}}]"
    said = transcript(("agent", "we do guarantee approved loans that will be yours you know"))
    finding = judged(pack(tmp_path, body, expect="absent"), said, reader=MeaningReader(WordEncoder))
    assert finding is not None
    assert finding.kind == "cannot_assess"
    assert finding.nearest_miss is not None
    assert finding.nearest_miss.reason == "probably said, by meaning"


@pytest.mark.parametrize(("confidence", "expected"), [(0.39, "cannot_assess"), (0.41, "absent"), (None, "absent")])
def test_conditions_what_was_hardly_heard_cannot_be_assessed(
    tmp_path: Path, confidence: float | None, expected: str
) -> None:
    from tests.factories import turn

    said = transcript(turns=(turn("agent", "hello there how are you", confidence=confidence),))
    finding = judged(pack(tmp_path, "speaker: agent\nphrases: [this call is recorded]\nmin_similarity: 1"), said)
    assert finding is not None
    assert finding.kind == expected
    assert finding.searched == Span(start_ms=0, end_ms=60_000)
    assert ("confidence of 0.39 only" in finding.reason) == (expected == "cannot_assess")


@pytest.mark.parametrize(
    ("body", "code", "line"),
    [
        ("all: [{said: {phrases: [hello]}}]\nany: [{rule: it}]", "several-conditions", 8),
        ("all: [{said: {phrases: [hello]}}]\nspeaker: agent", "flat-and-tree", 8),
        ("all: [{said: {phrases: [hello]}, rule: it}]", "several-conditions", 7),
        ("all: [{}]", "nothing-to-find", 7),
        ("all: []", "nothing-to-find", 7),
        ("in_order: [{said: {phrases: [hello]}}]", "nothing-to-find", 7),
        ("in_order: [{said: {phrases: [hello]}}, {silence: {}}]", "not-in-time", 7),
        ("all: [{said: {speaker: agent}}]", "nothing-to-find", 7),
        ("all: [{sayd: {speaker: agent}}]", "extra-forbidden", 7),
        ("all: [{rule: that}]", "unknown-rule", 7),
        ("all: [{rule: it}]", "rule-cycle", 7),
        ("all: [{silence: {window: {after: it}}}]", "rule-cycle", 7),
        ("all: [{measure: {name: agent_talk, at_least: 1}}]", "unknown-measure", 7),
        ("all: [{measure: {name: hold_count}}]", "nothing-to-find", 7),
        ("all: [{said: {phrases: [(hello]}}]", "pattern-parenthesis", 7),
        ("all: [{said: {phrases: [{words: [a, b, c, d, e]}]}}]", "too-long", 7),
        ("all: [{said: {entity: card_numbr}}]", "unknown-entity", 7),
        ("all: [{said: {phrases: [hi], window: {around: it}}}]", "window-contradiction", 7),
        ("not: {not: {not: {not: {not: {not: {not: {rule: it}}}}}}}", "too-deep", 7),
        ("decidable_from: metadata\nall: [{silence: {}}]", "not-metadata", 8),
        ("decidable_from: metadata\nphrases: [hello there]", "not-metadata", 7),
    ],
)
def test_conditions_problems_have_code_and_line(tmp_path: Path, body: str, code: str, line: int) -> None:
    with pytest.raises(AuthoredFileError) as refused:
        load_pack(pack(tmp_path, body))
    assert (code, line) in [(problem.code, problem.line) for problem in refused.value.problems]


RULE_ASKED = flat("asked", "date of birth")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        # the agent says it again after the balance; the first time it is not known who asked
        (
            [("unknown", "your date of birth"), ("agent", "your balance is ten"), ("agent", "date of birth")],
            "cannot_assess",
        ),
        ([("agent", "your balance is ten"), ("unknown", "hello"), ("agent", "date of birth")], "absent"),
    ],
)
def test_conditions_in_order_counts_with_an_unknown_speaker(tmp_path: Path, lines: list[Any], expected: str) -> None:
    assert kind(pack(tmp_path, f"in_order: [{VERIFIED}, {TOLD}]"), transcript(*lines)) == expected


def test_conditions_window_before_what_an_unknown_speaker_may_have_said_earlier(tmp_path: Path) -> None:
    body = "speaker: agent\nphrases: [good morning]\nmin_similarity: 1\nwindow: {before: asked}"
    path = pack(tmp_path, body, others=RULE_ASKED)
    doubtful = transcript(("unknown", "date of birth"), ("agent", "good morning"), ("agent", "date of birth"))
    finding = judged(path, doubtful)
    assert finding is not None
    assert (finding.kind, finding.reason) == (
        "cannot_assess",
        "It hangs on asked, which was only probably said, or by an unknown speaker, at 0:00.",
    )
    either_way = transcript(("agent", "good morning"), ("unknown", "date of birth"), ("agent", "date of birth"))
    assert kind(path, either_way) == "present"


GRIEVANCE = "    speaker: customer\n    phrases: [formal complaint]\n    meaning: [I would like to make a complaint.]\n"


def complaining() -> str:
    return f"  - id: complaint\n{HEAD.format(expect='signal')}{GRIEVANCE}"


@pytest.mark.parametrize(
    "body",
    [
        "speaker: agent\nphrases: [thank you]\nmin_similarity: 1\napplies_if: {rules_present: [complaint]}",
        "speaker: agent\nphrases: [thank you]\nmin_similarity: 1\nwindow: {after: complaint}",
    ],
)
def test_conditions_what_hangs_on_a_guess_is_no_violation(tmp_path: Path, body: str) -> None:
    path = pack(tmp_path, body, others=complaining())
    reader = MeaningReader(WordEncoder)
    guessed = judged(
        path, transcript(("customer", "i would like to make one complaint"), ("agent", "well")), reader=reader
    )
    assert guessed is not None
    assert (guessed.kind, guessed.violated) == ("cannot_assess", False)
    sure = judged(path, transcript(("customer", "a formal complaint"), ("agent", "well")), reader=reader)
    assert sure is not None
    assert sure.violated


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        ("any: [{AFTER}]", None),
        ("all: [{AFTER}]", None),
        ("not: {AFTER}", None),
        ("all: [{AFTER}, {HELLO}]", "present"),
        ("any: [{AFTER}, {HELLO}]", "present"),
    ],
)
def test_conditions_with_nothing_to_judge_in_them(tmp_path: Path, tree: str, expected: str | None) -> None:
    after = "{said: {speaker: agent, phrases: [thank you], window: {after: asked}}}"
    hello = "{said: {speaker: agent, phrases: [good morning]}}"
    path = pack(tmp_path, tree.replace("{AFTER}", after).replace("{HELLO}", hello), others=RULE_ASKED)
    assert kind(path, NEITHER) == expected


def test_conditions_in_order_keeps_an_earlier_paraphrase_beside_what_is_surely_said(tmp_path: Path) -> None:
    meaning = "meaning: [may i have your date of birth]"
    asked = f"{{said: {{speaker: agent, phrases: [may i have your date of birth], {meaning}}}}}"
    path = pack(tmp_path, f"in_order: [{asked}, {TOLD}]")
    lines = [("agent", "birth date of your have i then."), ("agent", "your balance is ten")]
    reader = MeaningReader(WordEncoder)
    for more in ([], [("agent", "may i have your date of birth")]):
        finding = judged(path, transcript(*lines, *more), reader=reader)
        assert finding is not None
        assert (finding.kind, finding.probable) == ("present", True)


def test_conditions_window_after_the_first_of_many_angry_passages(tmp_path: Path) -> None:
    angry = (
        f"  - id: angry\n{HEAD.format(expect='signal')}    all: [{{sentiment: {{speaker: customer, is: negative}}}}]\n"
    )
    body = "speaker: agent\nphrases: [i am sorry]\nmin_similarity: 1\nwindow: {after: angry}"
    lines = [("customer", "bad") if i % 2 else ("agent", "i am sorry" if i == 2 else "yes") for i in range(10)]
    found = tuple(
        SentimentReading(turn_index=i, role=Role.CUSTOMER, label="negative", score=-0.5, probability=i / 10)
        for i in range(1, 10, 2)
    )
    heard = CallSentiment(readings=found, parties=(), made_by=MADE_BY)
    assert kind(pack(tmp_path, body, others=angry), transcript(*lines), sentiment=heard) == "present"


def test_conditions_overlapping_phrases_do_not_make_one_saying_two(tmp_path: Path) -> None:
    once = "i would like to make a formal complaint about this"
    body = f"phrases: [{once}, make a formal complaint about this]\nat_least: 2"
    said = transcript(("customer", f"{once} yes"), ("customer", "i want to make a formal complaint here about this"))
    finding = judged(pack(tmp_path, body), said, reader=MeaningReader(WordEncoder))
    assert finding is not None
    assert finding.kind == "present"
    assert len({quote.quote for quote in finding.evidence}) == len(finding.evidence)


@pytest.mark.parametrize(
    "phrases", ["[call is not recorded, call is ~1 recorded]", "[call is ~1 recorded, call is not recorded]"]
)
def test_conditions_the_order_of_phrases_changes_nothing(tmp_path: Path, phrases: str) -> None:
    assert kind(pack(tmp_path, f"phrases: {phrases}"), transcript(("agent", "this call is not recorded"))) == "present"


def test_conditions_not_shows_what_is_there(tmp_path: Path) -> None:
    finding = judged(pack(tmp_path, f"not: {VERIFIED}"), FIRST)
    assert finding is not None
    assert finding.nearest_miss is not None
    assert finding.nearest_miss.evidence.quote == "date of birth"


def test_conditions_of_silence_need_no_language(tmp_path: Path) -> None:
    path = pack(tmp_path, "any: [{silence: {}}, {said: {phrases: [hello]}}]")
    assert kind(path, replace(CHAT, language="es"), measures=measures(gaps=GAPS)) == "present"
    assert kind(path, replace(CHAT, language="es"), measures=measures()) == "cannot_assess"


@pytest.mark.parametrize(
    ("body", "other"),
    [
        ("in_order: [{rule: quiet}, {said: {phrases: [hello]}}]", "    not: {said: {phrases: [hello]}}\n"),
        ("phrases: [hello]\nwindow: {after: quiet}", "    all: [{measure: {name: hold_count, at_least: 1}}]\n"),
    ],
)
def test_conditions_refuse_to_wait_for_what_has_no_moment(tmp_path: Path, body: str, other: str) -> None:
    with pytest.raises(AuthoredFileError, match="'quiet' has no moment"):
        load_pack(pack(tmp_path, body, others=f"  - id: quiet\n{HEAD.format(expect='signal')}{other}"))


def test_conditions_change_the_fingerprint_and_a_title_does_not(tmp_path: Path) -> None:
    def fingerprint(body: str) -> str:
        return load_pack(pack(tmp_path, body))[0].fingerprint

    one = fingerprint(f"all: [{VERIFIED}, {TOLD}]")
    assert fingerprint(f"any: [{VERIFIED}, {TOLD}]") != one
    assert fingerprint(f"all: [{VERIFIED}, {TOLD}]\nnotes: more") == one
