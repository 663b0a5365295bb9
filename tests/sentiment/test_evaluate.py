from __future__ import annotations

import pytest

from pipeline.sentiment.engine import LabelProbabilities
from pipeline.sentiment.evaluate import agreement, calibration_error

NEG, NEU, POS = "negative", "neutral", "positive"


def test_agreement_has_the_values_worked_out_by_hand() -> None:
    found = agreement([NEG, NEG, NEG, NEU, NEU, POS], [NEG, NEG, NEU, NEU, NEG, POS])
    by_label = {label.label: (label.precision, label.recall, label.f1) for label in found.labels}
    assert by_label[NEG] == pytest.approx((2 / 3, 2 / 3, 2 / 3))
    assert by_label[NEU] == pytest.approx((1 / 2, 1 / 2, 1 / 2))
    assert by_label[POS] == (1, 1, 1)
    assert found.macro_f1 == pytest.approx((2 / 3 + 1 / 2 + 1) / 3)


def test_label_never_read_or_never_given_has_no_share_and_no_nan() -> None:
    found = agreement([NEG, NEG], [NEU, NEU])
    negative, neutral, positive = found.labels
    assert (negative.precision, negative.recall, negative.f1) == (None, 0, 0)
    assert (neutral.precision, neutral.recall) == (0, None)
    assert (positive.precision, positive.recall) == (None, None)
    assert found.macro_f1 == 0
    assert "nan" not in "\n".join(found.lines())


def test_agreement_of_nothing_is_unknown() -> None:
    assert agreement([], []).macro_f1 is None


def test_agreement_refuses_lists_of_different_length() -> None:
    with pytest.raises(ValueError, match="zip"):
        agreement([NEG], [])


def test_calibration_error_has_the_value_worked_out_by_hand() -> None:
    def sure(probability: float) -> LabelProbabilities:
        return LabelProbabilities(negative=probability, neutral=1 - probability, positive=0)

    given = [NEG, NEG, NEU, NEU, NEG]
    found = calibration_error(given, [sure(0.92), sure(0.94), sure(0.96), sure(0.62), sure(0.64)])
    assert found == pytest.approx(3 / 5 * (0.94 - 2 / 3) + 2 / 5 * (0.63 - 1 / 2))
    assert calibration_error([NEG] * 2, [sure(1.0)] * 2) == 0
    assert calibration_error([], []) is None
