from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline import canonical, records
from tests.factories import evidence, facts, finding, recording

RECORDS = [
    records.CallFacts,
    records.CallScore,
    records.Criterion,
    records.Flag,
    records.Measures,
    records.Recording,
    records.Rubric,
    records.Scorecard,
    records.Transcript,
]

st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
st.register_type_strategy(datetime, st.datetimes(timezones=st.just(UTC)))
st.register_type_strategy(Mapping, lambda mapping: st.dictionaries(*map(st.from_type, mapping.__args__), max_size=3))


@pytest.mark.parametrize("record_type", RECORDS, ids=lambda record_type: record_type.__name__)
@given(data=st.data())
@settings(max_examples=20, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow])
def test_to_json_and_back_gives_the_same_record(record_type: Any, data: st.DataObject) -> None:
    record = data.draw(st.from_type(record_type))
    text = canonical.to_json(record)
    again = canonical.from_json(record_type, text)
    assert again == record
    assert canonical.to_json(again) == text


def test_to_json_gives_equal_text_for_equal_records() -> None:
    whole, fraction = records.Band(share=1, at_least=2), records.Band(share=1.0, at_least=2.0)
    assert whole == fraction
    assert canonical.to_json(whole) == canonical.to_json(fraction)
    one, other = recording(metadata={"a": "1", "b": "2"}), recording(metadata={"b": "2", "a": "1"})
    assert canonical.to_json(one) == canonical.to_json(other)


def test_to_data_is_plain_json_data() -> None:
    data = canonical.to_data(facts(finding()))
    assert json.loads(json.dumps(data)) == data
    assert data["findings"][0]["kind"] == "present"
    assert data["recording"]["started_at"] == "2026-10-05T13:30:00Z"


def test_to_data_writes_days_as_iso_dates() -> None:
    period = records.Period(label="2026-W41", first=date(2026, 10, 5), last=date(2026, 10, 11))
    assert canonical.to_data(period) == {"label": "2026-W41", "first": "2026-10-05", "last": "2026-10-11"}


@pytest.mark.parametrize(
    "test",
    [
        records.RuleTest(rules=("greeting",), require="any"),
        records.MeasureTest(measure="hold_ms", bands=(records.Band(share=1),)),
        records.SentimentTest(role=records.Role.CUSTOMER, reading="change", bands=(records.Band(share=1),)),
        records.ManualTest(question="Solved?"),
    ],
    ids=lambda test: test.kind,
)
def test_from_json_tells_the_kinds_of_criteria_apart(test: records.CriterionTest) -> None:
    criterion = records.Criterion(id="x", title="X", points=1, test=test)
    assert canonical.from_json(records.Criterion, canonical.to_json(criterion)) == criterion


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"text":"marker phrase"}', '{"text":["marker phrase"],"start_ms":"x"}']
)
def test_from_json_refuses_what_is_no_such_record_without_repeating_it(text: str) -> None:
    with pytest.raises(ValidationError) as caught:
        canonical.from_json(records.Word, text)
    assert "marker" not in str(caught.value)
    assert "Word" in str(caught.value)


def test_canonical_json_is_sorted_dense_and_readable() -> None:
    assert canonical.canonical_json({"b": [1, None], "a": "é"}) == '{"a":"é","b":[1,null]}'


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_canonical_json_refuses_what_json_cannot_hold(number: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical.canonical_json({"share": number})


def test_fingerprint_names_its_scheme_and_is_sha256_of_the_canonical_text() -> None:
    # sha256 of {"a":1}, from an independent tool
    assert canonical.fingerprint("rubric-1", {"a": 1}) == (
        "rubric-1:015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"
    )


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none(), min_size=1))
@settings(deadline=None)
def test_fingerprint_follows_the_data_and_not_their_order(data: dict[str, Any]) -> None:
    backwards = dict(reversed(data.items()))
    assert canonical.fingerprint("x", data) == canonical.fingerprint("x", backwards)
    changed = {**data, next(iter(data)): "another value \N{SNOWMAN}"}
    assert (canonical.fingerprint("x", data) == canonical.fingerprint("x", changed)) == (data == changed)


def test_to_json_with_the_kind_of_a_tuple_is_the_same_text() -> None:
    for quotes in ((), (evidence(),), (evidence(), evidence(confidence=0.25, quote="\u201cyes\u201d"))):
        assert (
            canonical.to_json(quotes, tuple[records.Evidence, ...])
            == canonical.to_json(list(quotes))
            == canonical.to_json(quotes)
        )
