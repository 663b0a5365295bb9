"""What groups are called."""

from __future__ import annotations

import math
from collections import Counter

from pipeline.contact_reasons.labels import LEAST_CALLS, label_groups, label_of, shared_counts


def test_weight_is_that_of_class_based_tf_idf() -> None:
    """Three terms in two groups, by hand: A = (4 + 3 + 6 + 5) / 2 = 9, f(fee) = 10, f(card) = 4, f(loan) = 4."""
    groups = [Counter(card=4, fee=5), Counter(loan=4, fee=5)]
    assert label_groups(groups) == [("card", "fee"), ("loan", "fee")]
    mean = (4 + 5 + 4 + 5) / 2
    assert 4 * math.log(1 + mean / 4) > 5 * math.log(1 + mean / 10)  # so that the rarer word comes first


def test_word_is_counted_once_per_call() -> None:
    counts = shared_counts(["parcel parcel parcel", "the parcel"])
    assert counts["parcel"] == 2


def test_what_fewer_calls_share_is_in_no_label() -> None:
    few, enough = LEAST_CALLS - 1, LEAST_CALLS
    assert label_groups([Counter(smith=few, parcel=enough), Counter(loan=enough)])[0] == ("parcel",)


def test_masks_digits_and_hidden_names_are_in_no_label_and_join_no_words() -> None:
    counts = shared_counts(["Lopez's parcel [person_name] depot 4711 courier, van"] * 3, hidden=frozenset({"lopez"}))
    assert set(counts) == {"parcel", "depot", "courier", "van"}


def test_pair_stands_for_its_words_where_most_calls_say_the_pair() -> None:
    spoken = ["the overdraft fee"] * 4 + ["a fee"]
    found = label_groups([shared_counts(spoken), Counter(loan=5)])[0]
    assert found == ("overdraft fee",)


def test_label_is_of_the_strongest_phrases() -> None:
    assert label_of(("card", "taxi", "stolen", "purse")) == "card · taxi · stolen"
    assert label_of(()) == "similar calls"
