"""A calibration session on a terminal: before its end one's own answers, then everybody's beside the expert's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.cli import show
from app.cli.review_page import in_words
from pipeline.canonical import to_data
from pipeline.review.sessions import Difference
from pipeline.reviewing.sessions import SessionView, session_agreement
from pipeline.store.calibration_sessions import SessionRow

if TYPE_CHECKING:
    from pipeline.agreement.resample import Figure

AGREEMENT_SEED = 1


def print_sessions(rows: list[SessionRow]) -> None:
    """Print sessions, one a line."""
    columns = [("Session", "left"), ("State", "left"), ("Started (UTC)", "left"), ("Rubric", "left")]
    columns += [("Calls", "right"), ("Reviewers", "left"), ("Expert", "left")]
    lines = [
        (
            row.session.session_id,
            "closed" if row.closing else "open",
            show.instant(row.session.started_at),
            row.session.rubric_id,
            str(len(row.session.calls)),
            ", ".join(row.session.reviewers),
            row.session.expert,
        )
        for row in rows
    ]
    show.table(columns, lines)


def session_data(row: SessionRow) -> dict[str, Any]:
    """Return a session as JSON data, without answers."""
    closing = to_data(row.closing) if row.closing else None
    return {**to_data(row.session), "state": "closed" if row.closing else "open", "closing": closing}


def view_data(shown: SessionView) -> dict[str, Any]:
    """Return what somebody may see of a session as JSON data."""
    row = SessionRow(session=shown.session, closing=shown.closing)
    told = session_agreement(shown, seed=AGREEMENT_SEED) if shown.closing else None
    among_all = (
        {"items": told.items, "alpha": to_data(told.alpha), "alpha_ordinal": to_data(told.alpha_ordinal)}
        if told
        else None
    )
    return {
        **session_data(row),
        "titles": shown.titles,
        "questions": {call_id: list(asked) for call_id, asked in shown.asked.items()},
        "answers": [_own_words(to_data(review)) for review in shown.answers],
        "differences": [{**to_data(each), "same": each.same} for each in shown.differences],
        "totals": [to_data(total) for total in shown.totals],
        "reviewers_compared": [to_data(line) for line in shown.reviewers],
        "agreement": {name: to_data(each) for name, each in told.with_expert.items()} if told else {},
        "agreement_among_all": among_all,
    }


def _own_words(review: dict[str, Any]) -> dict[str, Any]:
    """Leave out what the machine answered: a session is about people."""
    return {name: value for name, value in review.items() if not name.startswith("machine_")}


def print_view(shown: SessionView, by: str | None) -> None:
    """Print what somebody may see of a session."""
    session = shown.session
    state = f"closed by {shown.closing.closed_by}, {show.moment(shown.closing.closed_at)}" if shown.closing else "open"
    show.say(f"{session.session_id} · {session.rubric_id} · {state}")
    show.say(f"reviewers {', '.join(session.reviewers)}; expert {session.expert}; {len(session.calls)} calls")
    if shown.closing:
        _print_compared(shown)
    elif by is None:
        show.remark("while it is open everybody sees their own answers only: --by NAME")
    else:
        _print_own(shown, by)


def _print_own(shown: SessionView, by: str) -> None:
    own = {(review.call_id, review.criterion_id): review for review in shown.answers}
    rows = []
    for call_id, asked in shown.asked.items():
        for criterion_id in asked:
            review = own.get((call_id, criterion_id))
            said = in_words(review.status, review.share, review.answer) if review else "–"
            rows.append((call_id, criterion_id, shown.titles[criterion_id], said))
    columns = [("Call", "left"), ("Criterion", "left"), ("Question", "left"), (f"Answer of {by}", "left")]
    show.table(columns, rows)
    missing = sum(row[3] == "–" for row in rows)
    if missing:
        todo = f"earmark calibration answer {shown.session.session_id} CALL CRITERION ANSWER --reason ... --by NAME"
        show.remark(f"{missing} of {len(rows)} still to answer: {todo}")


def _print_compared(shown: SessionView) -> None:
    """Print the questions on which somebody differs, then the totals, then how close everybody was."""
    people = shown.session.reviewers
    given = {(each.call_id, each.criterion_id, each.reviewer): each for each in shown.differences}
    rows = []
    for call_id, criterion_id in dict.fromkeys((each.call_id, each.criterion_id) for each in shown.differences):
        own = [given.get((call_id, criterion_id, name)) for name in people]
        if all(each is None or each.same for each in own):
            continue
        expert = next(in_words(each.expert, each.expert_share) for each in own if each)
        rows.append((call_id, criterion_id, expert, *(_beside(each) for each in own)))
    if rows:
        heads = [("Call", "left"), ("Criterion", "left"), (f"{shown.session.expert} (expert)", "left")]
        show.table([*heads, *((name, "left") for name in people)], rows, title="Where somebody differs from the expert")
    totals = [
        (
            total.call_id,
            total.reviewer,
            str(total.questions),
            show.percent(total.total),
            show.percent(total.expert_total),
            _apart(total.points_apart, far=total.far),
        )
        for total in shown.totals
    ]
    columns = [("Call", "left"), ("Reviewer", "left"), ("Questions", "right"), ("Total", "right")]
    show.table([*columns, ("Expert's", "right"), ("Points apart", "left")], totals, title="Totals")
    lines = []
    agreement = session_agreement(shown, seed=AGREEMENT_SEED)
    for line in shown.reviewers:
        kappa = agreement.with_expert[line.reviewer].kappa
        same = f"{line.same} of {line.compared}"
        apart = "–" if line.mean_points_apart is None else f"{line.mean_points_apart:.0f}"
        told = kappa.why if kappa.value is None else f"{kappa.value:.2f}"
        lines.append((line.reviewer, str(line.answered), same, str(line.far), apart, told))
    columns = [("Reviewer", "left"), ("Answered", "right"), ("As the expert", "right"), ("Far apart", "right")]
    show.table([*columns, ("Points apart, mean", "right"), ("Cohen's kappa", "left")], lines, title="Reviewers")
    alpha = agreement.alpha
    told = alpha.why if alpha.value is None else _with_interval(alpha)
    show.say(f"Krippendorff's alpha among all of them, the expert too: {told}")


def _with_interval(figure: Figure) -> str:
    between = "" if figure.low is None or figure.high is None else f" ({figure.low:.2f} to {figure.high:.2f})"
    return f"{figure.value:.2f}{between}"


def _beside(each: Difference | None) -> str:
    if each is None:
        return "–"
    said = in_words(each.answer, each.answer_share)
    return said if each.same else f"{said}, {_apart(each.points_apart, far=each.far)}"


def _apart(points: float | None, *, far: bool) -> str:
    told = "–" if points is None else f"{points:.0f}"
    return f"{told} !" if far else told
