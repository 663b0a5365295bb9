from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from pipeline.config import ConsoleSettings
from pipeline.digests.make import make_bonus_lines, make_digest, places_of, scorecards_pdf
from pipeline.digests.wordless import without_words
from pipeline.records import Dispute, Severity
from pipeline.scorecards.build import build_scorecards
from pipeline.store.database import Store
from pipeline.store.disputes import put_dispute
from pipeline.store.failures import put_failure
from tests.digests.made import NOW, OCTOBER, SETTINGS, fill, settings
from tests.factories import evidence
from tests.scorecards.made_rows import Rows, call, flag
from tests.store.builders import flag as stored_flag
from tests.store.builders import result, score, scored, taken_in

MARKER = "xyzzy-marker"


def test_scorecard_of_an_attachment_holds_no_words_of_calls() -> None:
    raised = flag(1, reason=f"Said {MARKER}", evidence=(evidence(quote=MARKER),))
    (card,) = build_scorecards(Rows(calls=[call(1)], flags=[raised]), SETTINGS, by="team")
    assert MARKER in repr(card)
    bare = without_words(card)
    assert MARKER not in repr(bare)
    assert bare.calls_to_hear[0].reasons == ("The score is low.",)


def test_attachment_is_a_pdf_of_the_team_or_of_everybody(store: Store, tmp_path: Path) -> None:
    fill(store)
    for team in ("north", None):
        pdf, quoted = scorecards_pdf(store, team, OCTOBER, settings(tmp_path), now=NOW)
        assert pdf.startswith(b"%PDF-")
        assert not quoted
        assert b"/calls" not in pdf


def test_attachment_leads_into_the_console_and_tells_whose_words_it_holds(store: Store, tmp_path: Path) -> None:
    fill(store)
    given = settings(tmp_path, quotes=True).model_copy(
        update={"console": ConsoleSettings(public_url="https://qa.example.org")}
    )
    pdf, quoted = scorecards_pdf(store, "north", OCTOBER, given, now=NOW)
    assert b"https://qa.example.org/calls/c-1000" in pdf
    assert quoted == {"c-1000"}


def test_calls_with_an_open_flag_are_those_that_the_console_lists(store: Store, tmp_path: Path) -> None:
    errors = {"c-3001": ("north", True, False), "c-3002": ("south", True, False), "c-3003": ("north", True, True)}
    with store.begin() as connection:
        for n, (call_id, (team, critical, auto_fail)) in enumerate(errors.items()):
            at = datetime(2026, 10, 6, 14, tzinfo=UTC)
            taken_in(connection, call_id, team=team, sha256=f"{n:064}", started_at=at)
            failed = result(status="fail", critical=critical, auto_fail=auto_fail)
            made = score(call_id, f"s-{call_id}", failed)
            code = "auto_fail" if auto_fail else "critical_error"
            scored(
                connection, made, stored_flag(f"fl-{call_id}", of=made, code=code, severity=Severity.CRITICAL), now=NOW
            )
    north, south = (make_digest(store, team, OCTOBER, settings(tmp_path), now=NOW) for team in ("north", "south"))
    assert (south.critical_errors, south.listed_by_flag) == (1, {"critical_error", "auto_fail"})
    # a criterion that is both has the flag of an auto-fail only, so that the console lists one call of two
    assert (north.critical_errors, north.auto_fails, north.listed_by_flag) == (2, 1, {"auto_fail"})


def test_digest_of_a_month_holds_its_team_s_targets(store: Store, tmp_path: Path) -> None:
    fill(store)
    table = tmp_path / "targets.csv"
    table.write_text(
        "team,agent,month,figure,value\n"
        "north,,2026-10,calls_scored,3\n"
        "south,,2026-10,calls_scored,3\n"
        ",maria.lopez,2026-10,calls_scored,4\n"
        "north,,2026-11,calls_scored,3\n"
    )
    given = settings(tmp_path, budget=table)
    north = make_digest(store, "north", OCTOBER, given, now=NOW)
    assert [(line.subject, line.count, line.verdict) for line in north.budget] == [
        ("north", 3, "met"),
        ("maria.lopez", 3, "missed"),
    ]
    assert len(make_digest(store, None, OCTOBER, given, now=NOW).budget) == 3


def test_calls_without_a_score_keep_targets_and_bonus_inputs_open(store: Store, tmp_path: Path) -> None:
    fill(store)
    with store.begin() as connection:
        at = datetime(2026, 11, 1, 3, tzinfo=UTC)  # 31 October, 23:00 in New York
        for n, agent in ((1, "maria.lopez"), (2, "tom.becker")):
            team = "north" if n == 1 else "south"
            taken_in(connection, f"c-200{n}", agent_id=agent, team=team, sha256=f"{n + 50:064}", started_at=at)
        put_failure(connection, "c-2002", step="transcribe", reason="the recording is damaged", now=NOW)
    table = tmp_path / "targets.csv"
    table.write_text("team,month,figure,value\nnorth,2026-10,calls_scored,4\nsouth,2026-10,calls_scored,4\n")
    given = settings(tmp_path, budget=table)
    lines = make_digest(store, None, OCTOBER, given, now=NOW).budget
    assert [(line.verdict, line.why) for line in lines] == [
        ("cannot be told yet", "1 call of the month still waits to be scored"),
        ("missed", ""),  # a call that failed is not waited for
    ]
    bonus = make_bonus_lines(store, OCTOBER, given, team=None, now=NOW)
    assert [(line.agent_id, line.calls_pending, line.final) for line in bonus] == [
        ("maria.lopez", 1, False),
        ("tom.becker", 0, True),
    ]


def test_disputes_wait_in_the_digest_and_keep_bonus_inputs_open(store: Store, tmp_path: Path) -> None:
    fill(store)
    with store.begin() as connection:
        put_dispute(
            connection,
            Dispute(
                dispute_id="d-1",
                call_id="c-1000",
                score_id="s-1000",
                criterion_id="greeting",
                asked="question-1:greeting",
                opened_by="maria.lopez",
                reason="I did greet",
                opened_at=NOW,
            ),
        )
    given = settings(tmp_path)
    assert make_digest(store, "north", OCTOBER, given, now=NOW).waiting.disputes == 1
    assert make_digest(store, "south", OCTOBER, given, now=NOW).waiting.disputes == 0
    lines = make_bonus_lines(store, OCTOBER, given, team=None, now=NOW)
    assert [(line.agent_id, line.final) for line in lines] == [("maria.lopez", False), ("tom.becker", True)]
    assert [line.agent_id for line in make_bonus_lines(store, OCTOBER, given, team="south", now=NOW)] == ["tom.becker"]


def test_commands_name_a_workspace_that_is_not_the_usual_one(tmp_path: Path) -> None:
    assert places_of(settings(tmp_path)).call("c-1").target == f"earmark calls show c-1 --workspace {tmp_path}"
