"""Rules about calls: what may be written, and what becomes of a call by its customer's earlier ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.compliance.call_rules import CallRules
from pipeline.compliance.calls import judge_calls
from pipeline.compliance.detect import detect
from pipeline.compliance.heard import heard_in
from pipeline.compliance.history import (
    AfterConversationCheck,
    CallCheck,
    DoNotCallCheck,
    FrequencyCheck,
    HoursCheck,
    history_needs,
)
from pipeline.compliance.packs import load_pack
from pipeline.errors import AuthoredFileError
from pipeline.records import CallHistory, EarlierCall, EarlierRequest, FindingKind, HistoryNeeds, Recording
from tests.compliance.earlier_calls import (
    AFTER_CONVERSATION,
    DO_NOT_CALL,
    PER,
    SEVEN_IN_SEVEN,
    earlier,
    history,
    local,
    outbound,
)
from tests.compliance.rule_files import SETTINGS, findings, shipped, shipped_with_needs, write
from tests.factories import evidence, finding, transcript


def outcome(check: CallCheck, recording: Recording, before: CallHistory | None) -> tuple[str, int]:
    """The kind of the outcome, and how many earlier calls prove it."""
    judged = judge_calls(check, recording, before)
    assert recording.customer_ref is None or recording.customer_ref not in judged.reason
    return judged.kind.value, len(judged.calls)


def week(count: int, **changes: Any) -> tuple[EarlierCall, ...]:
    """So many calls from Tuesday the 6th on, one a day and the rest on the last."""
    return tuple(
        earlier(f"2026-10-{min(6 + i, 11):02d} {10 + max(0, i - 5)}:00", call_id=f"c-{i}", **changes)
        for i in range(count)
    )


@pytest.mark.parametrize(
    ("calls", "kind", "proof"),
    [
        ((), "absent", 0),
        (week(6), "absent", 0),
        (week(7), "present", 7),
        (week(9), "present", 9),
        (week(7, direction="inbound"), "absent", 0),
        (week(7, direction=None), "cannot_assess", 0),
        (week(7, metadata={"debt_ref": "D-2"}), "absent", 0),
        (week(7, metadata={}), "cannot_assess", 0),
        ((*week(6), earlier("2026-10-07 12:00", metadata={})), "cannot_assess", 0),
        ((*week(5), earlier("2026-10-07 12:00", metadata={})), "absent", 0),
        ((*week(7), earlier("2026-10-07 12:00", metadata={})), "present", 7),
        ((*week(6), earlier(None)), "cannot_assess", 0),
        ((*week(6), earlier("2026-10-06 00:00", call_id="c-a")), "present", 7),
        ((*week(6), earlier("2026-10-05 23:59", call_id="c-a")), "absent", 0),
        (week(7, metadata={"debt_ref": "D-1", "prior_consent": "Yes"}), "absent", 0),
        (week(7, metadata={"debt_ref": "D-1", "prior_consent": "no"}), "present", 7),
    ],
)
def test_frequency_counts_calls_to_one_person_about_one_debt_in_seven_days(
    calls: tuple[EarlierCall, ...], kind: str, proof: int
) -> None:
    check = FrequencyCheck(more_than=7, within_days=7, per=PER, except_where=(("prior_consent", ("yes",)),))
    assert outcome(check, outbound(), history(*calls)) == (kind, proof)


def test_frequency_names_the_calls_that_prove_it_in_order_of_time() -> None:
    judged = judge_calls(SEVEN_IN_SEVEN, outbound(), history(*week(8)))
    assert judged.calls == tuple(f"c-{i}" for i in range(8))
    assert judged.reason.startswith("this is recorded call 9 to this customer with the same debt_ref within 7 days")


@pytest.mark.parametrize("check", [SEVEN_IN_SEVEN, AFTER_CONVERSATION])
@pytest.mark.parametrize(
    ("ours", "theirs", "told"),
    [
        ({}, {}, "; a call without disposition or prior_consent counts"),
        ({"disposition": "answered"}, {"disposition": "answered"}, "; a call without prior_consent counts"),
        ({"disposition": "answered"}, {"prior_consent": "no"}, "; a call without disposition or prior_consent counts"),
        ({"disposition": "answered", "prior_consent": "no"},) * 2 + ("",),
    ],
)
def test_a_missing_field_excepts_no_call_and_the_reason_says_so(
    check: FrequencyCheck | AfterConversationCheck, ours: dict[str, str], theirs: dict[str, str], told: str
) -> None:
    check = replace(check, except_where=(("disposition", ("not_connected",)), ("prior_consent", ("yes",))))
    before = history(*week(7, metadata={"debt_ref": "D-1", **theirs}))
    judged = judge_calls(check, outbound(metadata=ours), before)
    assert (judged.kind, len(judged.calls)) == (FindingKind.PRESENT, 7)
    _, counts, which = judged.reason.partition("; ")
    assert counts + which == told


@pytest.mark.parametrize(
    ("metadata", "kind"),
    [
        ({"customer_timezone": "America/New_York"}, "present"),  # Tuesday 00:30 there: the seven days begin on it
        ({"customer_timezone": "America/Chicago"}, "absent"),  # Monday 23:30 there
        ({"customer_timezone": None, "customer_state": "IN"}, "cannot_assess"),  # one or the other
        ({"customer_timezone": None}, "cannot_assess"),
    ],
)
def test_frequency_takes_the_days_of_the_customers_place(metadata: dict[str, str], kind: str) -> None:
    first = earlier("2026-10-06 00:30", call_id="c-first")
    assert outcome(SEVEN_IN_SEVEN, outbound(metadata=metadata), history(first, *week(6)))[0] == kind


@pytest.mark.parametrize(("elapsed_hours", "kind"), [(143, "present"), (144, "cannot_assess"), (168, "cannot_assess")])
def test_frequency_without_a_zone_is_assessed_where_no_zone_could_change_it(elapsed_hours: int, kind: str) -> None:
    at = datetime(2026, 10, 12, 13, tzinfo=UTC)
    others = tuple(earlier(at - timedelta(hours=hour), call_id=f"c-{hour}") for hour in range(1, 7))
    first = earlier(at - timedelta(hours=elapsed_hours), call_id="c-first")
    nowhere = outbound(at, metadata={"customer_timezone": None})
    assert outcome(SEVEN_IN_SEVEN, nowhere, history(first, *others))[0] == kind
    long_ago = earlier(at - timedelta(hours=169), call_id="c-first")
    assert outcome(SEVEN_IN_SEVEN, nowhere, history(long_ago, *others))[0] == "absent"


@pytest.mark.parametrize(
    ("call", "at", "kind"),
    [
        (earlier("2026-10-05 23:59"), "2026-10-11 23:59", "present"),  # its day is the first, this one the seventh
        (earlier("2026-10-05 00:00"), "2026-10-11 23:59", "present"),
        (earlier("2026-10-05 23:59"), "2026-10-12 00:00", "absent"),
        (earlier("2026-10-05 09:00"), "2026-10-05 09:01", "present"),
        (earlier("2028-02-27 12:00"), "2028-03-04 12:00", "present"),  # over a leap day
        (earlier("2028-02-27 12:00"), "2028-03-05 12:00", "absent"),
        (earlier("2026-12-29 12:00"), "2027-01-04 12:00", "present"),
        (earlier("2026-10-05 09:00", direction="inbound"), "2026-10-06 09:00", "present"),
        (earlier("2026-10-05 09:00", direction=None), "2026-10-06 09:00", "present"),  # whoever called
        (earlier("2026-10-05 09:00", reply_words=0), "2026-10-06 09:00", "absent"),
        (earlier("2026-10-05 09:00", reply_words=4), "2026-10-06 09:00", "cannot_assess"),
        (earlier("2026-10-05 09:00", reply_words=5), "2026-10-06 09:00", "present"),
        (earlier("2026-10-05 09:00", reply_words=None), "2026-10-06 09:00", "cannot_assess"),
        (earlier("2026-10-05 09:00", reply_words=None), "2026-10-13 09:00", "absent"),
        (earlier("2026-10-05 09:00", metadata={"debt_ref": "D-2"}), "2026-10-06 09:00", "absent"),
        (earlier("2026-10-05 09:00", metadata={}), "2026-10-06 09:00", "cannot_assess"),
        (earlier(None), "2026-10-06 09:00", "cannot_assess"),
        (earlier(None, reply_words=0), "2026-10-06 09:00", "absent"),
        (earlier("2026-10-05 09:00", metadata={"debt_ref": "D-1", "conversation": "No"}), "2026-10-06 09:00", "absent"),
        (
            earlier("2026-10-05 09:00", reply_words=None, metadata={"debt_ref": "D-1", "conversation": "yes"}),
            "2026-10-06 09:00",
            "present",
        ),
    ],
)
def test_after_conversation_leaves_people_alone_for_seven_days(call: EarlierCall, at: str, kind: str) -> None:
    judged = judge_calls(AFTER_CONVERSATION, outbound(at), history(call))
    assert (judged.kind, judged.calls) == (kind, (call.call_id,) if kind == "present" else ())


def test_history_that_was_cut_off_proves_violations_but_never_their_absence() -> None:
    assert outcome(SEVEN_IN_SEVEN, outbound(), history(*week(7), whole=False))[0] == "present"
    assert outcome(SEVEN_IN_SEVEN, outbound(), history(*week(3), whole=False))[0] == "cannot_assess"
    silent = week(3, reply_words=0)
    assert outcome(AFTER_CONVERSATION, outbound(), history(*silent, whole=False))[0] == "cannot_assess"


ASKED: dict[str, Any] = {"first": "c-asked", "first_at": local("2026-09-28 09:00")}
UNSURE: dict[str, Any] = {"unsure": "c-unsure", "unsure_at": local("2026-09-28 09:00")}


@pytest.mark.parametrize(
    ("request_", "after_days", "at", "kind", "proof"),
    [
        ({}, 14, "2026-10-12 09:00", "absent", ()),
        (ASKED, 14, "2026-10-12 09:00", "absent", ("c-asked",)),  # the last moment of the fortnight
        (ASKED, 14, "2026-10-12 09:01", "present", ("c-asked",)),
        (ASKED, 0, "2026-09-28 09:00", "present", ("c-asked",)),
        (ASKED, 30, "2026-10-12 09:01", "absent", ("c-asked",)),
        (ASKED, 14, "2036-10-12 09:00", "present", ("c-asked",)),  # it never runs out
        (UNSURE, 14, "2026-10-12 09:00", "absent", ()),
        (UNSURE, 14, "2026-10-12 09:01", "cannot_assess", ()),
        ({**ASKED, **UNSURE}, 14, "2026-10-12 09:01", "present", ("c-asked",)),
        ({"unsure": "c-undated"}, 14, "2026-10-12 09:00", "cannot_assess", ()),
    ],
)
def test_do_not_call_is_honoured_once_the_time_to_act_on_it_is_over(
    request_: dict[str, Any], after_days: int, at: str, kind: str, proof: tuple[str, ...]
) -> None:
    check = DoNotCallCheck(rule="do-not-call-request", after_days=after_days)
    before = CallHistory(requests={"do-not-call-request": EarlierRequest(**request_)})
    judged = judge_calls(check, outbound(at), before)
    assert (judged.kind, judged.calls) == (kind, proof)


@pytest.mark.parametrize("check", [SEVEN_IN_SEVEN, AFTER_CONVERSATION, DO_NOT_CALL])
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"customer_ref": None}, "no customer_ref"),
        ({"customer_ref": "Anonymous"}, "no customer_ref"),
        ({"direction": None}, "inbound or outbound"),
        ({"started_at": None}, "when the call began"),
    ],
)
def test_missing_metadata_is_cannot_assess_and_never_a_violation(
    check: CallCheck, changes: dict[str, Any], reason: str
) -> None:
    before = history(*week(9), requests={"do-not-call-request": EarlierRequest(**ASKED)})
    assert judge_calls(check, outbound("2026-10-12 09:01"), before).kind is FindingKind.PRESENT
    judged = judge_calls(check, outbound("2026-10-12 09:01", **changes), before)
    assert judged.kind is FindingKind.CANNOT_ASSESS
    assert reason in judged.reason


@pytest.mark.parametrize("check", [SEVEN_IN_SEVEN, AFTER_CONVERSATION, DO_NOT_CALL])
def test_calls_that_the_customer_made_are_no_violation_and_unknown_histories_no_acquittal(check: CallCheck) -> None:
    assert outcome(check, outbound(direction="inbound"), None) == ("absent", 0)
    assert outcome(check, outbound(), None) == ("cannot_assess", 0)


def test_history_needs_are_what_the_checks_ask_for() -> None:
    assert history_needs([SEVEN_IN_SEVEN, DO_NOT_CALL]) == HistoryNeeds(
        days=7, rules=("do-not-call-request",), fields=("conversation", "debt_ref")
    )
    hours = HoursCheck(earliest=datetime(2026, 1, 1, 8).time(), latest=datetime(2026, 1, 1, 21).time())  # noqa: DTZ001
    assert not history_needs([hours])


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ((("agent", "hello is this maria"), ("customer", "yes it is")), 3),
        ((("customer", "please leave a message after the tone"), ("agent", "this is tom please call back")), 0),
        ((("agent", "hello"), ("system", "the person is not available")), 0),
        ((("agent", "hello"), ("unknown", "who is there")), None),
        ((("agent", "hello"), ("unknown", "who is there"), ("customer", "yes")), 1),
        ((("customer", "hello hello"),), 0),
        ((), 0),
    ],
)
def test_heard_counts_what_the_customer_says_after_the_agent_has_begun(
    lines: tuple[tuple[str, str], ...], words: int | None
) -> None:
    assert heard_in(transcript(*lines), (), HistoryNeeds()).reply_words == words


def test_heard_tells_outcomes_that_a_later_call_may_be_accused_of() -> None:
    said = transcript(("agent", "hello"), ("customer", "stop calling me"))
    needs = HistoryNeeds(rules=("asked", "guessed", "elsewhere"))
    guess = (evidence(meaning_similarity=0.7),)
    found = (finding("asked"), finding("guessed", evidence=guess), finding("other"))
    assert heard_in(said, found, needs).outcomes == {
        "asked": "present",
        "guessed": "cannot_assess",
        "elsewhere": "absent",
    }
    silent = heard_in(transcript(), (finding("asked", "cannot_assess"),), needs)  # nobody said a word: nobody asked
    assert silent.outcomes["asked"] == "absent"


CALLS = """
  - id: often
    title: Often
    severity: major
    expect: absent
    decidable_from: metadata
    calls: {{{}}}
"""


@pytest.mark.parametrize(
    ("calls", "check"),
    [
        ("check: frequency, more_than: 7, within_days: 7", SEVEN_IN_SEVEN),
        ("check: after-conversation, within_days: 7", AFTER_CONVERSATION),
        (
            "check: after-conversation, within_days: 3, per: [customer_ref], min_words: 1, "
            "except_where: {disposition: [Busy, Dropped]}",
            AfterConversationCheck(
                within_days=3, per=("customer_ref",), min_words=1, except_where=(("disposition", ("busy", "dropped")),)
            ),
        ),
        (
            'check: hours, from: "08:00", to: "21:00"',
            HoursCheck(earliest=local("2026-01-01 13:00").time(), latest=datetime(2026, 1, 1, 21).time()),  # noqa: DTZ001
        ),
        ("check: do-not-call, rule: often", DoNotCallCheck(rule="often", after_days=0)),
    ],
)
def test_calls_are_read_from_a_pack(tmp_path: Path, calls: str, check: CallCheck) -> None:
    if isinstance(check, HoursCheck):
        check = HoursCheck(earliest=check.earliest.replace(hour=8), latest=check.latest)
    (rule,) = load_pack(write(tmp_path, CALLS.format(calls)))
    assert rule.calls == check


@pytest.mark.parametrize(
    ("calls", "says"),
    [
        ("check: frequence, more_than: 7, within_days: 7", "did you mean 'frequency'"),
        ("more_than: 7, within_days: 7", "the key 'check' is missing"),
        ("check: frequency, more_than: 7, within_days: 7, par: [customer_ref]", "did you mean 'per'"),
        ("check: frequency, more_than: 0, within_days: 7", "greater than or equal to 1"),
        ("check: frequency, more_than: 7, within_days: 7, per: [debt_ref]", "customer_ref must be among them"),
        ("check: frequency, more_than: 7, within_days: 7, per: [customer_ref, Debt Ref]", "as intake names it"),
        ('check: hours, from: "21:00", to: "08:00"', "`from` must be earlier"),
        ('check: hours, from: "8:00", to: "21:00"', 'such as "08:00"'),
        ('check: hours, from: "08:00", to: "24:00"', "is no time of day"),
        ("check: do-not-call, rule: Do Not", "pattern"),
        ("check: do-not-call, rule: oftn", "did you mean 'often'"),
    ],
)
def test_calls_with_problems_are_refused_with_what_is_allowed(tmp_path: Path, calls: str, says: str) -> None:
    with pytest.raises(AuthoredFileError) as caught:
        load_pack(write(tmp_path, CALLS.format(calls)))
    (problem,) = caught.value.problems
    assert says in problem.message
    assert problem.line == 9


@pytest.mark.parametrize(
    ("said", "asks"),
    [
        ("Please stop calling me.", True),
        ("Take me off your list.", True),
        ("can you take my number off of your calling list", True),
        ("Don't call me again.", True),
        ("don't ever call this number", True),
        ("I've asked you guys to stop calling", True),
        ("I do not want you to call me", True),
        ("I'm on the national do not call registry", True),
        ("Please remove my number from your database", True),
        ("don't call me at work", False),
        ("Don't call me back, I will call you.", False),
        ("don't call me before nine", False),
        ("you never call me back", False),
        ("they said you would stop calling me if I paid", False),
        ("you can call me any time", False),
        ("nobody called me about this", False),
    ],
)
def test_do_not_call_request_hears_requests_and_no_complaints_or_hours(said: str, asks: bool) -> None:
    lines = transcript(("agent", "hello this is tom from cobalt"), ("customer", said))
    found = findings(lines, *shipped_with_needs("do-not-call-request"))["do-not-call-request"]
    assert found.kind == ("present" if asks else "absent")


def test_shipped_rules_about_calls_are_for_outbound_calls_of_their_queues_only() -> None:
    about_calls = {rule.id: rule for rule in shipped().values() if rule.calls is not None}
    assert len(about_calls) == 5
    assert all(rule.applies_if.directions == ("outbound",) and rule.applies_if.queues for rule in about_calls.values())
    assert not shipped()["do-not-call-request"].applies_if.queues  # later calls ask for it, whatever the queue was


def test_rules_that_are_not_about_a_call_are_not_judged_so_that_late_files_change_nothing() -> None:
    rules = CallRules(rules=tuple(shipped().values()))
    collections = {"call-frequency", "call-after-conversation", "collection-hours"}
    assert set(rules.judge(outbound(), CallHistory())) == collections
    assert set(rules.judge(outbound(queue="Sales"), CallHistory())) == {"sales-hours", "do-not-call-honoured"}
    assert rules.judge(outbound(direction="inbound"), CallHistory()) == {}
    assert len(rules.judge(outbound(queue=None), CallHistory())) == 5  # nobody knows: detection says so
    assert (rules.needs.days, rules.needs.rules) == (7, ("do-not-call-request",))
    assert (rules.needs_of(outbound()).rules, rules.needs_of(outbound(queue="sales")).days) == ((), 0)
    assert not rules.needs_of(outbound(direction="inbound"))


def test_findings_about_calls_need_no_words_and_name_the_calls_that_prove_them() -> None:
    rules = shipped_with_needs("call-frequency")
    call, before = outbound(), history(*week(7))
    judged = CallRules(rules=rules).judge(call, before)
    silent = transcript(language="de")
    (found,) = detect(silent, call, rules, SETTINGS, judged=judged)
    assert (found.kind, found.violated, found.evidence, len(found.calls)) == (FindingKind.PRESENT, True, (), 7)
    assert found.reason.startswith("This is recorded call 8 to this customer")
    (unknown,) = detect(silent, call, rules, SETTINGS)
    assert unknown.kind is FindingKind.CANNOT_ASSESS
