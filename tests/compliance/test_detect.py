from __future__ import annotations

from typing import Any

import pytest

from pipeline.compliance.detect import detect
from pipeline.errors import UnknownNameError
from pipeline.records import Redaction, Span
from tests.compliance.rule_files import SETTINGS, findings, rule
from tests.factories import recording, transcript

NOTICE = rule("notice", "this call is recorded", window={"within_first_s": 30})


def test_detect_quotes_what_was_said_with_time_and_place() -> None:
    said = transcript(("customer", "Hello?"), ("agent", "Hi. This call is recorded, sir.", 4000))
    finding = findings(said, NOTICE)["notice"]
    (quote,) = finding.evidence
    assert finding.kind == "present"
    assert quote.quote == said.turns[1].text[quote.char_start : quote.char_end] == "This call is recorded"
    assert (quote.turn_index, quote.role, quote.start_ms, quote.end_ms) == (1, "agent", 4300, 5500)
    assert finding.reason == "Said by the agent at 0:04."
    assert not finding.violated


def test_detect_finds_words_that_the_recogniser_got_wrong() -> None:
    loose = rule("notice", "this call may be recorded for quality and training purposes")
    said = transcript(("agent", "hello his call maybe accorded for quality in training purposes okay"))
    finding = findings(said, loose)["notice"]
    assert finding.evidence[0].quote == "his call maybe accorded for quality in training purposes"
    assert "similar" in finding.reason


def test_detect_similar_letters_without_the_carrying_words_are_only_a_near_miss() -> None:
    thanks = rule("thanks", "thank you for calling")
    finding = findings(transcript(("agent", "thank you for holding")), thanks)["thanks"]
    assert finding.kind == "absent"


def test_detect_similarity_can_be_set_by_rule() -> None:
    said = transcript(("agent", "this call may be accorded for quality and training"))
    phrase = "this call may be recorded for quality and training"
    assert findings(said, rule("n", phrase, min_similarity=1.0))["n"].kind == "absent"
    assert findings(said, rule("n", phrase))["n"].kind == "present"


def test_detect_absence_tells_window_confidence_and_nearest_miss() -> None:
    said = transcript(("agent", "hello how can I help"), ("agent", "This call is recorded by the way", 47_000))
    finding = findings(said, NOTICE)["notice"]
    assert (finding.kind, finding.violated) == ("absent", True)
    assert finding.searched == Span(start_ms=0, end_ms=30_000)
    assert finding.searched_confidence == pytest.approx(0.9)
    assert finding.nearest_miss is not None
    assert finding.nearest_miss.evidence.quote == "This call is recorded"
    assert finding.nearest_miss.reason == "said at 0:47, after the window (0:00-0:30)"


def test_detect_window_is_held_against_words_and_not_turns() -> None:
    # the turn begins at 0:05, the words are said at 0:31
    said = transcript(("agent", " ".join(["well"] * 88) + " this call is recorded", 5000))
    assert findings(said, NOTICE)["notice"].kind == "absent"


def test_detect_words_that_run_over_the_end_of_the_window_are_a_near_miss() -> None:
    finding = findings(transcript(("agent", "this call is recorded", 29_500)), NOTICE)["notice"]
    assert finding.nearest_miss is not None
    assert "only partly in the window" in finding.nearest_miss.reason


def test_detect_short_hit_counts_where_the_longer_one_runs_over() -> None:
    both = rule("n", "this call is recorded", "this call is recorded for quality", window={"within_first_s": 30})
    finding = findings(transcript(("agent", "this call is recorded for quality", 28_600)), both)["n"]
    assert [quote.quote for quote in finding.evidence] == ["this call is recorded"]


def test_detect_hit_inside_a_longer_one_is_quoted_once() -> None:
    both = rule("n", "call is recorded", "this call is recorded", "is recorded for quality")
    finding = findings(transcript(("agent", "this call is recorded for quality")), both)["n"]
    assert [quote.quote for quote in finding.evidence] == ["this call is recorded", "is recorded for quality"]


@pytest.mark.parametrize(
    ("window", "at_ms", "kind"),
    [
        ({"within_last_s": 10}, 51_000, "present"),
        ({"within_last_s": 10}, 49_000, "absent"),
        ({"from_share": 0.5}, 31_000, "present"),
        ({"from_share": 0.5}, 29_000, "absent"),
        ({"to_share": 0.5}, 28_000, "present"),
        ({"to_share": 0.5}, 29_500, "absent"),
        ({"from_share": 0.5, "within_last_s": 10}, 45_000, "absent"),
        ({"within_first_s": 600}, 50_000, "present"),
    ],
)
def test_detect_windows_of_a_minute(window: dict[str, Any], at_ms: int, kind: str) -> None:
    said = transcript(("agent", "this call is recorded", at_ms))
    assert findings(said, rule("n", "this call is recorded", window=window))["n"].kind == kind


@pytest.mark.parametrize(
    ("window", "lines", "kind"),
    [
        ({"before": "debt"}, ["collect a debt", "you owe us"], "present"),
        ({"before": "debt"}, ["you owe us", "collect a debt"], "absent"),
        ({"before": "debt"}, ["collect a debt"], "present"),
        ({"before": "debt"}, ["good morning"], "absent"),  # asked for although the anchor was never said
        ({"after": "debt"}, ["you owe us", "collect a debt"], "present"),
        ({"after": "debt"}, ["collect a debt", "you owe us"], "absent"),
        ({"after": "debt"}, ["collect a debt"], None),  # nothing to judge after what was never said
        ({"after": "debt", "within_s": 3}, ["you owe us", "collect a debt"], "present"),
        ({"after": "debt", "within_s": 1}, ["you owe us", "collect a debt"], "absent"),
        ({"before": "debt", "within_s": 1}, ["collect a debt", "you owe us"], "absent"),
        ({"before": "debt", "within_s": 3}, ["collect a debt", "you owe us"], "present"),
    ],
)
def test_detect_window_tied_to_another_rule(window: dict[str, Any], lines: list[str], kind: str | None) -> None:
    debt = rule("debt", "you owe", expect="signal")
    miranda = rule("miranda", "collect a debt", window=window)
    found = findings(transcript(*(("agent", line) for line in lines)), miranda, debt).get("miranda")
    assert (found and found.kind) == kind


def test_detect_keeps_the_order_of_rules_though_anchors_come_first() -> None:
    miranda = rule("miranda", "collect a debt", window={"before": "debt"})
    found = findings(transcript(("agent", "you owe us")), miranda, rule("debt", "you owe"))
    assert list(found) == ["miranda", "debt"]


def test_detect_words_of_the_other_party_do_not_count() -> None:
    finding = findings(transcript(("customer", "so this call is recorded")), NOTICE)["notice"]
    assert finding.kind == "absent"
    assert finding.nearest_miss is not None
    assert finding.nearest_miss.reason == "said by the customer at 0:00"


def test_detect_unknown_speaker_makes_only_what_was_said_unknown() -> None:
    said = transcript(("unknown", "this call is recorded"), ("unknown", "my wages"))
    threat = rule("threat", "you will be arrested", expect="absent")
    found = findings(said, NOTICE, threat, rule("after", "hello", window={"before": "notice"}))
    assert {rule_id: finding.kind for rule_id, finding in found.items()} == {
        "notice": "cannot_assess",
        "threat": "absent",
        "after": "cannot_assess",
    }
    assert found["notice"].nearest_miss is not None
    assert not found["notice"].violated


def test_detect_anybody_may_say_what_names_no_speaker() -> None:
    anybody = rule("n", "this call is recorded", speaker=None)
    assert findings(transcript(("unknown", "this call is recorded")), anybody)["n"].kind == "present"


@pytest.mark.parametrize(
    ("applies_if", "call", "kind"),
    [
        ({"queues": ("collections",)}, {"queue": "Collections"}, "absent"),
        ({"queues": ("collections",)}, {"queue": "sales"}, None),
        ({"queues": ("collections",)}, {"queue": None}, "cannot_assess"),
        ({"directions": ("outbound",)}, {"direction": "inbound"}, None),
        ({"teams": ("north",), "queues": ("collections",)}, {"team": "south", "queue": None}, None),
        ({"rules_present": ("other",)}, {}, None),
    ],
)
def test_detect_rule_applies_by_metadata_and_by_other_rules(
    applies_if: dict[str, Any], call: dict[str, Any], kind: str | None
) -> None:
    rules = rule("n", "this call is recorded", applies_if=applies_if), rule("other", "never said")
    found = findings(transcript(("agent", "hello")), *rules, **call).get("n")
    assert (found and found.kind) == kind


def test_detect_rule_that_hangs_on_something_said_applies_then() -> None:
    rules = rule("n", "bye", applies_if={"rules_present": ("other",)}), rule("other", "hello")
    assert findings(transcript(("agent", "hello")), *rules)["n"].kind == "absent"


def test_detect_without_words_nothing_can_be_assessed() -> None:
    found = findings(transcript(), NOTICE, rule("card", entity="card_number", phrases=()))
    assert {finding.kind for finding in found.values()} == {"cannot_assess"}


def test_detect_silent_agent_is_absent_and_says_so() -> None:
    finding = findings(transcript(("customer", "hello?")), NOTICE)["notice"]
    assert (finding.kind, finding.searched_confidence) == ("absent", None)
    assert finding.reason == "The agent said nothing in 0:00-0:30."


def test_detect_signal_is_never_a_violation() -> None:
    signal = rule("asks", "speak to a manager", speaker="customer", expect="signal")
    for text in ("speak to a manager", "goodbye"):
        assert not findings(transcript(("customer", text)), signal)["asks"].violated


def test_detect_excepted_words_do_not_count_and_are_told() -> None:
    promise = rule("promise", "guarantee*", unless=("money back guarantee",), expect="absent")
    finding = findings(transcript(("agent", "there is a money back guarantee")), promise)["promise"]
    assert finding.kind == "absent"
    assert finding.nearest_miss is not None
    assert "excepts" in finding.nearest_miss.reason
    assert findings(transcript(("agent", "it is guaranteed")), promise)["promise"].kind == "present"


def test_detect_masked_data_is_a_hit_by_anybody() -> None:
    card = rule("card", entity="card_number", speaker=None, expect="absent", phrases=())
    mask = Redaction(kind="card_number", turn_index=0, start_ms=600, end_ms=900)
    said = transcript(("customer", "it is [card_number]"), redactions=(mask,))
    finding = findings(said, card)["card"]
    assert finding.violated
    assert [(quote.quote, quote.start_ms) for quote in finding.evidence] == [("[card_number]", 600)]
    assert not findings(transcript(("customer", "it is blue")), card)["card"].violated


def test_detect_masked_data_cannot_be_told_on_an_unredacted_transcript() -> None:
    card = rule("card", entity="card_number", speaker=None, expect="absent", phrases=())
    assert findings(transcript(("customer", "hello"), redacted=False), card)["card"].kind == "cannot_assess"


def test_detect_rule_that_only_a_person_can_decide() -> None:
    assert findings(transcript(("agent", "hello")), rule("c", decidable="neither"))["c"].kind == "cannot_assess"


def test_detect_drafts_and_retired_rules_are_not_looked_for() -> None:
    assert findings(transcript(("agent", "hello")), rule("a", "hello", status="draft")) == {}


def test_detect_refuses_a_rule_whose_anchor_is_not_there() -> None:
    with pytest.raises(UnknownNameError, match="'debt'"):
        detect(transcript(("agent", "hello")), recording(), [rule("a", "b", window={"after": "debt"})], SETTINGS)


GERMAN_CALL = transcript(("agent", "Guten Tag, this call is recorded"), ("customer", "hallo"), language="de")


@pytest.mark.parametrize(
    ("expect", "phrase"), [("present", "hello"), ("present", "this call is recorded"), ("absent", "x"), ("signal", "x")]
)
def test_detect_tells_nothing_about_a_call_in_a_language_that_the_rule_is_not_written_for(
    expect: str, phrase: str
) -> None:
    finding = findings(GERMAN_CALL, rule("notice", phrase, expect=expect))["notice"]
    assert finding.kind == "cannot_assess"
    assert finding.reason == "The call is in German, and the rule is written for English."
    assert (finding.evidence, finding.searched, finding.violated) == ((), None, False)


def test_detect_applies_rules_of_the_calls_own_language() -> None:
    greeting = rule("greeting", "guten tag", languages=("en", "de"))
    late = rule("late", "auf wiedersehen", languages=("de",), window={"after": "greeting"})
    found = findings(GERMAN_CALL, greeting, late)
    assert {rule_id: finding.kind for rule_id, finding in found.items()} == {"greeting": "present", "late": "absent"}


def test_detect_leaves_open_what_hangs_on_a_rule_in_another_language() -> None:
    late = rule("late", "auf wiedersehen", languages=("de",), window={"after": "notice"})
    assert findings(GERMAN_CALL, NOTICE, late)["late"].kind == "cannot_assess"


def test_detect_excludes_by_queue_before_it_asks_for_the_language() -> None:
    assert findings(GERMAN_CALL, rule("notice", "x", applies_if={"queues": ("sales",)}), queue="bank") == {}


def test_detect_takes_a_call_without_a_language_for_one_it_can_judge() -> None:
    said = transcript(("agent", "this call is recorded"), language="und")
    assert findings(said, NOTICE)["notice"].kind == "present"


@pytest.mark.parametrize(
    ("or_system", "said_by", "kind"),
    [
        (True, "system", "present"),
        (True, "agent", "present"),
        (True, "customer", "absent"),
        (False, "system", "absent"),
    ],
)
def test_detect_takes_the_telephone_system_for_the_company_where_a_rule_says_so(
    or_system: bool, said_by: str, kind: str
) -> None:
    notice = rule("notice", "this call is recorded", or_system=or_system)
    said = transcript((said_by, "this call is recorded"), ("agent", "how can I help"), ("customer", "my card is lost"))
    finding = findings(said, notice)["notice"]
    assert finding.kind == kind
    if kind == "absent" and or_system:
        assert finding.reason.startswith("Not said by the agent or the telephone system in")
