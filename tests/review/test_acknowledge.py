"""Who has seen a score as it stands."""

from __future__ import annotations

import pytest

from pipeline.errors import ReviewError
from pipeline.review.acknowledge import acknowledge, acknowledged, state_of
from pipeline.score.effective import effective_score
from tests.review.made import NOW, after, asked, reviewed, score_of

SCORE = score_of(asked(), asked("closing"))


def test_acknowledgement_is_one_for_each_person_and_state() -> None:
    first, again = acknowledge(SCORE, by="maria", now=NOW), acknowledge(SCORE, by="maria", now=after(days=1))
    assert first.acknowledgement_id == again.acknowledgement_id
    assert acknowledge(SCORE, by="tom", now=NOW).acknowledgement_id != first.acknowledgement_id


def test_correction_asks_anew_and_one_that_changes_nothing_does_not() -> None:
    seen = [acknowledge(SCORE, by="maria", now=NOW)]
    confirming = effective_score(SCORE, [reviewed(SCORE, status="pass")])
    corrected = effective_score(SCORE, [reviewed(SCORE, status="fail")])
    put_right = effective_score(SCORE, [reviewed(SCORE), reviewed(SCORE, status="pass", now=after(days=1))])
    assert acknowledged(SCORE, seen) == acknowledged(confirming, seen) == acknowledged(put_right, seen) == tuple(seen)
    assert acknowledged(corrected, seen) == ()
    both = [*seen, acknowledge(corrected, by="maria", now=after(days=2))]
    assert acknowledged(corrected, both) == (both[1],)


def test_state_does_not_hang_on_the_order_of_questions() -> None:
    assert state_of(score_of(*SCORE.results)) == state_of(score_of(*reversed(SCORE.results)))
    assert state_of(score_of(*SCORE.results, score_id="s-2")) != state_of(SCORE)


def test_acknowledgement_needs_a_name() -> None:
    with pytest.raises(ReviewError, match="a name is needed"):
        acknowledge(SCORE, by=" ", now=NOW)
