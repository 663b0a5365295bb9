"""`earmark reviews`, `disputes`, `calibration`, `queue` and `flags close`, as people use them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.acts import current_user
from app.cli.main import build, tell
from pipeline.errors import EarmarkError
from tests.app.review_workspace import write_workspace


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with six scored calls, and its rubrics beside it, to be copied."""
    return write_workspace(tmp_path_factory.mktemp("written")).parent


@pytest.fixture
def folder(written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it; its scores are dated, so disputes have much time."""
    shutil.copytree(written, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("EARMARK_SCORE__RUBRICS_DIR", str(tmp_path / "rubrics"))
    monkeypatch.setenv("EARMARK_REVIEW__DISPUTE_WINDOW_DAYS", "3650")
    return tmp_path / "data"


class Earmark:
    """The command on one workspace."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments: str, code: int = 0) -> str:
        """Run a command; returns what it printed, errors too."""
        done = CliRunner().invoke(build(arguments[0]), [*arguments, "--workspace", str(self.folder)])
        error = done.exception if isinstance(done.exception, EarmarkError) else None
        assert (tell(error) if error else done.exit_code) == code, (done.output, done.exception)
        return done.output + (str(error) if error else "")

    def data(self, *arguments: str) -> Any:
        """Run a command with --json and return what it printed."""
        return json.loads(self(*arguments, "--json"))

    def log(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Return every act in the audit log: what, on what, and its details."""
        entries = self.data("audit", "log")["entries"]
        return [(entry["action"], entry["subject_id"], json.loads(entry["details"])) for entry in entries]


@pytest.fixture
def earmark(folder: Path) -> Earmark:
    """The command on a workspace of the test's own."""
    return Earmark(folder)


def test_answer_counts_and_the_machines_stays_beside_it(earmark: Earmark) -> None:
    said = earmark("reviews", "answer", "c-1000", "closing", "pass", "--reason", "Bye at 0:50.", "--by", "ann")
    assert said.splitlines() == ["c-1000 closing: pass", "total: 50 % (not passed) before, 100 % (passed) now"]
    shown = earmark.data("reviews", "show", "c-1000")
    assert (shown["machine"]["share"], shown["effective"]["share"]) == (0.5, 1.0)
    (closing,) = [each for each in shown["answers"] if each["criterion_id"] == "closing"]
    assert (closing["machine"]["status"], closing["effective"]["status"]) == ("fail", "pass")
    assert (closing["review"]["reviewer"], closing["review"]["reason"]) == ("ann", "Bye at 0:50.")
    call = earmark.data("calls", "show", "c-1000")
    assert (call["scores"][0]["share"], call["effective"]["share"]) == (0.5, 1.0)
    assert [review["criterion_id"] for review in call["reviews"]] == ["closing"]
    page = earmark("calls", "show", "c-1000")
    assert "100 % (passed) under general version 3" in page
    assert "reviewed by ann; the machine alone 50 %" in page
    ((action, subject, details),) = [act for act in earmark.log() if act[0] == "review"]
    assert (action, subject) == ("review", "c-1000")
    assert details == {
        "answer": "pass",
        "by": "ann",
        "criterion": "closing",
        "review": shown["answers"][3]["review"]["review_id"],
    }


@pytest.mark.parametrize(
    ("criterion", "typed", "kept"),
    [
        ("tone", "Curt", ("partial", 0.25, "curt")),
        ("tone", "50%", ("partial", 0.5, None)),
        ("solved", "no", ("fail", 0.0, "no")),
        ("solved", "pass", ("pass", 1.0, "yes")),
        ("solved", "not-applicable", ("not_applicable", None, None)),
        ("greeting", "partial", ("partial", 0.5, None)),
    ],
)
def test_answer_is_given_in_the_words_of_the_question(
    earmark: Earmark, criterion: str, typed: str, kept: tuple[str, float | None, str | None]
) -> None:
    made = earmark.data("reviews", "answer", "c-1000", criterion, typed, "--reason", "heard it")["review"]
    assert (made["status"], made["share"], made["answer"]) == kept
    assert made["reviewer"] == current_user()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("c-1000", "tone", "warmish"), 1, "tone: 'warmish' is no answer to it; give warm or curt, or pass"),
        (("c-1000", "greeting", "yes"), 1, "greeting: 'yes' is no answer to it; give pass, partial"),
        (("c-1000", "greeting", "50---%"), 1, "greeting: '50---%' is no answer to it"),
        (("c-1000", "greeting", "150%"), 1, "a share goes from 0% to 100%"),
        (("c-1000", "greting", "pass"), 2, "did you mean 'greeting'"),
        (("c-100", "greeting", "pass"), 1, "6 calls have an id that begins with 'c-100'"),
        (("c-2", "greeting", "pass"), 1, "no call 'c-2' in this workspace"),
        (("c-1000", "greeting", "pass", "--reason", " "), 2, "a reason is needed"),
        (("c-1000", "greeting", "pass", "--reason", "x" * 2001), 2, "at most 2000"),
        (("c-1000", "greeting", "pass", "--by", "ann\x1b[2J"), 2, "no control"),
        (("c-1000", "greeting", "pass", "--by", "x" * 101), 2, "at most 100"),
    ],
)
def test_answer_that_cannot_be_kept_is_refused_and_leaves_nothing(
    earmark: Earmark, arguments: tuple[str, ...], code: int, said: str
) -> None:
    reason = () if "--reason" in arguments else ("--reason", "heard it")
    refused = earmark("reviews", "answer", *arguments, *reason, code=code)
    assert said in " ".join(refused.replace("│", " ").split())
    assert earmark.data("reviews", "list") == []
    assert [action for action, _, _ in earmark.log()] == ["view"]


def test_labels_cannot_be_used_where_the_rubric_is_gone(earmark: Earmark, tmp_path: Path) -> None:
    (tmp_path / "rubrics" / "general.yaml").unlink()
    refused = earmark("reviews", "answer", "c-1000", "tone", "warm", "--reason", "heard it", code=1)
    assert "the rubric that asked this is not among the rubrics at hand (score.rubrics_dir)" in refused
    assert earmark("reviews", "answer", "c-1000", "tone", "pass", "--reason", "heard it")


def test_agree_confirms_what_was_answered_and_lists_the_rest(earmark: Earmark) -> None:
    first = earmark.data("reviews", "agree", "c-1001", "--by", "ann")
    assert [review["criterion_id"] for review in first["reviews"]] == ["greeting"]
    assert first["to_answer"] == ["tone", "solved", "closing"]
    assert earmark.data("reviews", "agree", "c-1001", "--by", "bob")["reviews"] == []
    (named,) = earmark.data("reviews", "agree", "c-1001", "closing", "--by", "bob")["reviews"]
    assert (named["status"], named["machine_status"], named["machine_confidence"]) == ("pass", "pass", 0.6)
    assert earmark.data("reviews", "show", "c-1001")["effective"]["share"] == 1.0


def test_agree_does_not_undo_anothers_correction_nor_make_up_an_answer(earmark: Earmark) -> None:
    earmark("reviews", "answer", "c-1000", "greeting", "fail", "--reason", "no name", "--by", "ann")
    assert "ann answered fail" in earmark("reviews", "agree", "c-1000", "greeting", "--by", "bob", code=1)
    assert "no answer of the machine's" in earmark("reviews", "agree", "c-1000", "closing", "tone", code=1)
    earmark("reviews", "agree", "c-1000", "--by", "bob")
    kept = {(r["criterion_id"], r["status"], r["reviewer"]) for r in earmark.data("reviews", "list")}
    assert kept == {("greeting", "fail", "ann"), ("closing", "fail", "bob")}


def test_reviews_are_listed_by_what_is_asked(earmark: Earmark) -> None:
    earmark("reviews", "answer", "c-1000", "greeting", "fail", "--reason", "no name", "--by", "ann")
    earmark("reviews", "answer", "c-1001", "tone", "warm", "--reason", "kind", "--by", "bob")
    for options, expected in (
        (("--call", "c-1001"), ["bob"]),
        (("--reviewer", "ann"), ["ann"]),
        (("--criterion", "tone"), ["bob"]),
        (("--from", "2020-01-01"), ["ann", "bob"]),
        (("--to", "2020-01-01"), []),
    ):
        assert [each["reviewer"] for each in earmark.data("reviews", "list", *options)] == expected
    assert "partial" not in earmark("reviews", "list")
    assert "is after --to" in earmark("reviews", "list", "--from", "2026-02-01", "--to", "2026-01-01", code=2)


def test_score_is_acknowledged_once_and_again_after_a_correction(earmark: Earmark) -> None:
    assert "acknowledged by maria\n" in earmark("reviews", "acknowledge", "c-1000", "--by", "maria")
    assert "nothing has changed since" in earmark("reviews", "acknowledge", "c-1000", "--by", "maria")
    assert "acknowledged as it stands by maria" in earmark("reviews", "show", "c-1000")
    earmark("reviews", "answer", "c-1000", "greeting", "fail", "--reason", "no name", "--by", "ann")
    assert earmark.data("reviews", "show", "c-1000")["acknowledgements"] == []
    assert earmark.data("reviews", "acknowledge", "c-1000", "--by", "maria")["new"] is True
    assert sum(action == "acknowledgement" for action, _, _ in earmark.log()) == 2


def test_dispute_from_opening_to_ruling(earmark: Earmark) -> None:
    opened = earmark.data("disputes", "open", "c-1000", "closing", "--reason", "I did", "--by", "maria")
    assert (opened["state"], opened["agent_id"]) == ("open", "maria.lopez")
    assert "is open" in earmark("disputes", "open", "c-1000", "closing", "--reason", "x", "--by", "maria", code=1)
    name = opened["dispute_id"][:8]
    assert "somebody else" in earmark("disputes", "uphold", name, "pass", "--reason", "x", "--by", "maria", code=1)
    assert "opened by maria" in earmark("disputes", "withdraw", name, "--reason", "x", "--by", "ann", code=1)
    said = earmark("disputes", "uphold", name, "pass", "--reason", "Bye at 0:50.", "--by", "ann")
    assert said.splitlines() == [
        f"dispute {opened['dispute_id']} of c-1000 closing: upheld",
        "c-1000 closing: pass",
        "total: 50 % (not passed) before, 100 % (passed) now",
    ]
    other = earmark.data("disputes", "open", "c-1000", "tone", "--reason", "I did", "--by", "maria")
    earmark("disputes", "withdraw", other["dispute_id"], "--reason", "my mistake", "--by", "maria")
    third = earmark.data("disputes", "open", "c-1001", "tone", "--reason", "I did", "--by", "tom")
    earmark("disputes", "reject", third["dispute_id"], "--reason", "not heard", "--by", "ann")
    states = {row["dispute_id"]: row["state"] for row in earmark.data("disputes", "list")}
    assert sorted(states.values()) == ["rejected", "upheld", "withdrawn"]
    assert [row["call_id"] for row in earmark.data("disputes", "list", "--state", "rejected")] == ["c-1001"]
    assert "not heard" in earmark("disputes", "list", "--agent", "tom.becker")
    acts = [action for action, _, _ in earmark.log() if action in ("dispute", "ruling", "review")]
    assert acts == ["dispute", "ruling", "review", "dispute", "ruling", "dispute", "ruling"]


def test_dispute_keeps_to_window_and_limit_of_the_settings(earmark: Earmark, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EARMARK_REVIEW__DISPUTE_LIMIT", "1")
    earmark("disputes", "open", "c-1000", "closing", "--reason", "I did", "--by", "maria")
    refused = earmark("disputes", "open", "c-1000", "tone", "--reason", "I did", "--by", "maria", code=1)
    assert "has had 1 dispute, and 1 is the most (review.dispute_limit)" in refused
    monkeypatch.setenv("EARMARK_REVIEW__DISPUTE_WINDOW_DAYS", "1")
    refused = earmark("disputes", "open", "c-1001", "tone", "--reason", "I did", "--by", "tom", code=1)
    assert "could be disputed for 1 days (review.dispute_window_days)" in refused


def test_agent_of_a_call_disputes_and_neither_answers_nor_rules(earmark: Earmark) -> None:
    mine = ("--by", "Maria.Lopez")
    refused = earmark("reviews", "answer", "c-1000", "closing", "pass", "--reason", "I did", *mine, code=1)
    assert "who took the call disputes an answer: earmark disputes open" in refused
    assert "took this call" in earmark("reviews", "agree", "c-1000", *mine, code=1)
    made = earmark.data("disputes", "open", "c-1000", "closing", "--reason", "not so", "--by", "bob")["dispute_id"]
    assert "took this call" in earmark("disputes", "uphold", made, "pass", "--reason", "I did", *mine, code=1)
    assert "took this call" in earmark("disputes", "reject", made, "--reason", "fine", *mine, code=1)
    assert earmark.data("reviews", "list") == []
    assert earmark("reviews", "answer", "c-1001", "tone", "warm", "--reason", "heard it", *mine)  # another's call


def test_full_pass_is_not_disputed_and_unknown_questions_are_not_listed(earmark: Earmark) -> None:
    refused = earmark("disputes", "open", "c-1000", "greeting", "--reason", "x", "--by", "maria", code=1)
    assert "there is nothing to dispute" in refused
    assert "unknown criterion 'greting'" in earmark("reviews", "list", "--criterion", "greting", code=2)
    refused = earmark("reviews", "answer", "c-1000", "greting", "pass", "--reason", "x", "--by", "ann", code=2)
    told = "unknown criterion 'greting' (did you mean 'greeting'?); all of them: earmark reviews show c-1000"
    assert told in " ".join(refused.split())
    assert "no such reviews" in earmark("reviews", "list", "--criterion", "greeting")


def test_calls_are_listed_with_what_counts(earmark: Earmark) -> None:
    earmark("reviews", "answer", "c-1000", "closing", "pass", "--reason", "Bye at 0:50.", "--by", "ann")
    rows = {row["call_id"]: row for row in earmark.data("calls", "list")}
    told = [
        rows[each][name] for each in ("c-1000", "c-1002") for name in ("score_share", "effective_share", "reviewed")
    ]
    assert told == [0.5, 1.0, True, 0.5, 0.5, False]
    page = earmark("calls", "list")
    assert page.count("100 % *") == 1
    assert "with people's answers" in page


def test_page_marks_what_was_corrected_and_what_nobody_answered(earmark: Earmark) -> None:
    earmark("reviews", "agree", "c-1000", "greeting", "--by", "ann")
    earmark("reviews", "answer", "c-1000", "closing", "99.999%", "--reason", "Bye at 0:50.", "--by", "ann")
    page = earmark("reviews", "show", "c-1000")
    lines = {line.split()[0]: " ".join(line.split()) for line in page.splitlines() if line.strip()}
    assert "Closing" in lines  # the title below the id
    assert "partial (99 %) * ann" in lines["closing"]
    assert "pass pass ann" in lines["greeting"]
    assert lines["tone"].endswith("– –")
    assert "nothing left to agree with" in earmark("reviews", "agree", "c-1000")


def test_name_is_the_same_in_capitals_everywhere(earmark: Earmark) -> None:
    drawn = earmark.data(
        "queue", "build", "--policy", "random", "--share", "1", "--period", "all", "--reviewers", "ann"
    )
    assert len(earmark.data("queue", "list", "--reviewer", "ANN", "--why", "sampled")) == len(drawn) == 6
    assert earmark.data("queue", "list", "--reviewer", "Bob", "--why", "sampled") == []
    earmark("reviews", "answer", "c-1000", "tone", "warm", "--reason", "kind", "--by", "ann")
    assert len(earmark.data("reviews", "list", "--reviewer", "Ann")) == 1
    assert earmark.data("reviews", "acknowledge", "c-1000", "--by", "Ann")["new"] is True
    assert earmark.data("reviews", "acknowledge", "c-1000", "--by", "ann")["new"] is False


def test_log_keeps_no_hash_of_a_blind_answer(earmark: Earmark) -> None:
    session = _start(earmark)
    earmark("calibration", "answer", session, "c-1000", "tone", "warm", "--reason", "kind", "--by", "ann")
    (details,) = [details for action, _, details in earmark.log() if action == "review"]
    assert details == {"by": "ann", "criterion": "tone", "session": session}


def _start(earmark: Earmark, *options: str) -> str:
    people = ("--reviewers", "ann, bob", "--expert", "eve")
    started = earmark.data("calibration", "start", *people, *(options or ("--calls", "c-1000,c-1002")))
    assert started["state"] == "open"
    session_id: str = started["session_id"]
    return session_id


def test_session_is_blind_until_it_is_closed(earmark: Earmark) -> None:
    session = _start(earmark)
    for who, answer in (("eve", "warm"), ("ann", "curt"), ("bob", "warm")):
        told = earmark(
            "calibration", "answer", session[:7], "c-1000", "tone", answer, "--reason", f"{who} heard", "--by", who
        )
        assert "total" not in told
    own = earmark.data("calibration", "show", session, "--by", "ann")
    assert [(answer["reviewer"], answer["answer"]) for answer in own["answers"]] == [("ann", "curt")]
    assert not {"machine_status", "machine_confidence"} & own["answers"][0].keys()
    assert (own["differences"], own["totals"], own["agreement"]) == ([], [], {})
    assert own["agreement_among_all"] is None
    nobody = earmark("calibration", "show", session)
    assert "--by NAME" in nobody
    for page in (nobody, earmark("calibration", "show", session, "--by", "ann"), earmark("reviews", "list")):
        assert "eve heard" not in page
        assert "warm" not in page
    assert not any("warm" in str(act) or "'answer'" in str(act) for act in earmark.log())
    assert earmark.data("calls", "show", "c-1000")["reviews"] == []
    assert "is closed by who started it" in earmark("calibration", "close", session, "--by", "ann", code=1)
    assert "7 of 8 of ann, 7 of 8 of bob, 7 of 8 of eve" in earmark(
        "calibration", "close", session, "--by", "Eve", code=1
    )
    earmark("calibration", "close", session, "--by", "eve", "--anyway")
    shown = earmark.data("calibration", "show", session)
    differing = {each["reviewer"]: (each["points_apart"], each["far"]) for each in shown["differences"]}
    assert differing == {"ann": (75.0, True), "bob": (0.0, False)}
    totals = {each["reviewer"]: (each["total"], each["expert_total"], each["far"]) for each in shown["totals"]}
    assert totals == {"ann": (0.25, 1.0, True), "bob": (1.0, 1.0, False)}
    assert shown["agreement"]["ann"]["pairs"] == 1
    assert shown["agreement"]["ann"]["kappa"]["value"] is None
    assert shown["agreement_among_all"]["items"] == 1
    page = earmark("calibration", "show", session)
    assert "partial (25 %), 75 !" in page
    assert "1 pair; figures need 20" in page
    assert "Krippendorff's alpha among all of them, the expert too: 1 pair;" in page
    assert "was closed by eve" in earmark(
        "calibration", "answer", session, "c-1000", "tone", "warm", "--reason", "late", "--by", "ann", code=1
    )
    assert "was closed by eve" in earmark("calibration", "close", session, code=1)
    counted = earmark.data("reviews", "show", "c-1000")
    assert counted["effective"] == counted["machine"]


def test_session_tells_a_reviewer_what_is_left_to_answer(earmark: Earmark) -> None:
    session = _start(earmark)
    earmark("calibration", "answer", session, "c-1002", "solved", "yes", "--reason", "heard", "--by", "ann")
    page = earmark("calibration", "show", session, "--by", "ann")
    assert "7 of 8 still to answer" in page
    assert "pass (yes)" in page
    assert earmark("calibration", "list").count(session) == 1


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--calls", "c-1000", "--sample", "1"), 2, "one of them"),
        ((), 2, "one of them"),
        (("--calls", "c-1000,c-1000"), 1, "a call is named twice"),
        (("--calls", "c-77"), 1, "no call 'c-77'"),
        (("--sample", "99"), 1, "there are 6 calls to draw from, not 99"),
        (("--calls", "c-1000", "--rubric", "sales"), 1, "has no score by rubric sales"),
        (("--calls", "c-1000", "--expert", "Ann"), 1, "the expert is not among the reviewers"),
        (("--calls", "c-1000", "--reviewers", "ann,,bob"), 2, "a name is needed"),
    ],
)
def test_session_that_cannot_be_is_refused(earmark: Earmark, options: tuple[str, ...], code: int, said: str) -> None:
    given = ("--reviewers", "ann,bob", "--expert", "eve", *options)
    assert said in " ".join(earmark("calibration", "start", *given, code=code).replace("│", " ").split())
    assert earmark.data("calibration", "list") == []


def test_session_draws_calls_that_nobody_knows(earmark: Earmark) -> None:
    earmark("reviews", "agree", "c-1000")
    first = earmark.data("calibration", "show", _start(earmark, "--sample", "3", "--rubric", "general"))
    drawn = {call["call_id"] for call in first["calls"]}
    assert len(drawn) == 3
    assert "c-1000" not in drawn
    second = earmark.data("calibration", "show", _start(earmark, "--sample", "2"))
    assert not drawn & {call["call_id"] for call in second["calls"]}


def test_stranger_and_strange_call_are_refused_in_a_session(earmark: Earmark) -> None:
    session = _start(earmark)
    answer = ("calibration", "answer", session)
    assert "did you mean 'ann'" in earmark(*answer, "c-1000", "tone", "warm", "--reason", "x", "--by", "anne", code=2)
    assert "call of this session" in earmark(*answer, "c-1001", "tone", "warm", "--reason", "x", "--by", "ann", code=2)
    assert "reviewer of this session" in earmark("calibration", "show", session, "--by", "zoe", code=2)


def test_queue_begins_with_flags_and_leaves_out_what_only_people_answer(earmark: Earmark) -> None:
    waiting = earmark.data("queue", "list")
    assert [(call["call_id"], [reason["kind"] for reason in call["reasons"]]) for call in waiting] == [
        ("c-1004", ["flagged"]),
        ("c-1001", ["unanswered"]),
        ("c-1003", ["unanswered"]),
        ("c-1005", ["unanswered"]),
    ]
    page = earmark("queue", "list", "--limit", "1")
    assert "critical low_score: said at 0:12" in page
    assert "and 3 more" in page
    assert "maria" not in page
    told = earmark.data("queue", "next", "--why", "unanswered")
    assert told["call_id"] == "c-1001"
    assert "agent_id" not in told


def test_broken_rubric_file_changes_nothing_in_the_queue(earmark: Earmark, tmp_path: Path) -> None:
    before = earmark.data("queue", "list")
    (tmp_path / "rubrics" / "broken.yaml").write_text("sections: [")
    assert earmark.data("queue", "list") == before
    refused = earmark("reviews", "answer", "c-1000", "tone", "warm", "--reason", "heard it", code=1)
    assert "earmark rubrics check" in refused


def test_queue_is_worked_off_by_reviews_and_by_reasons(earmark: Earmark) -> None:
    earmark("reviews", "agree", "c-1001", "closing", "--by", "ann")
    earmark("queue", "done", "c-1004", "--reason", "known to the team", "--by", "ann")
    assert [call["call_id"] for call in earmark.data("queue", "list")] == ["c-1003", "c-1005"]
    assert "not in the review queue" in earmark("queue", "done", "c-1004", "--reason", "again", code=1)
    earmark("flags", "reopen", "fl-4", "--reason", "x", code=1)
    for call_id in ("c-1003", "c-1005"):
        earmark("queue", "done", call_id, "--reason", "not now")
    assert "nothing waits" in earmark("queue", "list")
    assert earmark.data("queue", "next") is None


def test_sample_is_drawn_assigned_and_told_apart_from_what_waits_anyway(earmark: Earmark) -> None:
    october = ("--policy", "per-agent", "-n", "2", "--period", "2026-10")
    drawn = earmark.data("queue", "build", *october, "--reviewers", "ann,bob", "--seed", "5")
    assert sorted(each["agent_id"] for each in drawn) == ["maria.lopez"] * 2 + ["tom.becker"] * 2
    assert {each["reviewer"] for each in drawn} == {"ann", "bob"}
    assert {(each["policy"], each["period"], each["seed"]) for each in drawn} == {("per-agent", "2026-10", 5)}
    assert "0 calls drawn" in earmark("queue", "build", *october)
    for_ann = earmark.data("queue", "list", "--why", "sampled", "--reviewer", "ann")
    assert {call["call_id"] for call in for_ann} == {each["call_id"] for each in drawn if each["reviewer"] == "ann"}
    assert [details["calls"] for action, _, details in earmark.log() if action == "sample"] == [4, 0]


def test_sample_takes_what_is_not_said_from_the_settings(earmark: Earmark, folder: Path) -> None:
    with (folder / "earmark.toml").open("a") as file:
        file.write(
            "[sampling]\npolicy = 'stratified'\nby = ['agent']\ncount = 2\nperiod = 'all'\nreviewers = ['kim']\n"
        )
    drawn = earmark.data("queue", "build")
    assert [(each["policy"], each["period"], each["reviewer"]) for each in drawn] == [("stratified", "all", "kim")] * 2
    assert {each["reason"] for each in drawn} == {"agent maria.lopez", "agent tom.becker"}
    assert len(earmark.data("queue", "build", "--policy", "random", "--share", "1")) == 6
    assert len(earmark.data("queue", "build", "--policy", "disagreement", "--count", "3")) == 3
    assert earmark.data("queue", "build", "--policy", "per-agent", "--agent", "nobody") == []


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--period", "lately"), 1, "'lately' is no period; give one such as 2026-10"),
        (("--policy", "fair"), 2, "fair"),
        (("--policy", "per-reviewer"), 1, "--reviewers ann,bob"),
        (("--policy", "random", "--share", "5"), 1, "at most 1, such as --share 0.05"),
        (("--policy", "stratified", "--strata", "mood"), 2, "unknown stratum 'mood'"),
        (("--reviewers", "ann,ann"), 1, "a reviewer is named twice"),
    ],
)
def test_sample_that_makes_no_sense_is_refused(
    earmark: Earmark, options: tuple[str, ...], code: int, said: str
) -> None:
    assert said in earmark("queue", "build", *options, code=code)
    assert not any(action == "sample" for action, _, _ in earmark.log())


def test_flag_is_closed_with_a_reason_and_opened_again(earmark: Earmark) -> None:
    assert "closed" in earmark("flags", "close", "fl-4", "--reason", "looked into", "--by", "ann")
    assert earmark.data("flags", "list") == []
    assert [flag["state"] for flag in earmark.data("flags", "list", "--all")] == ["closed"]
    page = earmark("flags", "list", "--all")
    assert "low_score (closed)" in page
    assert "closed by ann" in page
    assert earmark.data("flags", "list", "--all")[0]["changes"][0]["reason"] == "looked into"
    assert "is closed already" in earmark("flags", "close", "fl-4", "--reason", "again", code=1)
    assert "c-1004" not in [call["call_id"] for call in earmark.data("queue", "list")]
    earmark("flags", "reopen", "fl-4", "--reason", "too early", "--by", "ann")
    assert [flag["flag_id"] for flag in earmark.data("flags", "list")] == ["fl-4"]
    assert "no flag 'fl-9'" in earmark("flags", "close", "fl-9", "--reason", "x", code=1)
    changes = [(details["state"], details["by"]) for action, _, details in earmark.log() if action == "flag"]
    assert changes == [("closed", "ann"), ("open", "ann")]
    assert "the audit log is whole" in earmark("audit", "verify", "--log")
