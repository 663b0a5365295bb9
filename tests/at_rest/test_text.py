import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.at_rest.keys import make_key, parse_keys
from pipeline.at_rest.text import PREFIX, Seals
from pipeline.errors import SealedError

PLACE = "steps.payload"
OLD, NEW = make_key(), make_key()
RING = parse_keys(OLD)


@given(st.one_of(st.text(), st.text(min_size=1).map(lambda some: some * 600)))
def test_what_was_sealed_opens_to_the_letter(text):
    seals = Seals(RING)
    sealed = seals.seal(text, PLACE)
    assert sealed.startswith(f"{PREFIX}{RING.first.key_id}:")
    assert sealed.isascii()
    assert Seals(RING).open(sealed, PLACE) == text  # another process, which knows nothing of the salt


@given(st.binary(max_size=2000))
def test_bytes_that_were_sealed_open_to_the_bit(value):
    sealed = Seals(RING).seal_bytes(value, "call_embeddings.vector")
    assert Seals(RING).open_bytes(sealed, "call_embeddings.vector") == value


def test_equal_texts_do_not_look_equal_and_show_nothing():
    seals = Seals(RING)
    one, other = seals.seal("blue harbour lantern", PLACE), seals.seal("blue harbour lantern", PLACE)
    assert one != other
    assert "harbour" not in one


def test_long_texts_take_less_room_than_base64_of_them():
    text = '{"end_ms":1200,"start_ms":800,"text":"harbour"}' * 1000
    assert len(Seals(RING).seal(text, PLACE)) < len(text) / 2


def test_a_value_opens_only_where_it_was_stored():
    sealed = Seals(RING).seal("words", PLACE)
    with pytest.raises(SealedError, match=r"flags\.reason: a sealed value was changed"):
        Seals(RING).open(sealed, "flags.reason")


@pytest.mark.parametrize("at", [-1, 30, 60])
def test_a_changed_value_is_noticed(at):
    sealed = Seals(RING).seal("some words that nobody may change", PLACE)
    other = "A" if sealed[at] != "A" else "B"
    place = at % len(sealed)
    changed = sealed[:place] + other + sealed[place + 1 :]
    with pytest.raises(SealedError):
        Seals(RING).open(changed, PLACE)


@pytest.mark.parametrize("cut", [22, 23, 40, 60, -4])
def test_a_value_that_was_cut_off_is_noticed(cut):
    with pytest.raises(SealedError):
        Seals(RING).open(Seals(RING).seal("some words", PLACE)[:cut], PLACE)


def test_older_keys_open_what_they_sealed_and_the_first_seals():
    sealed = Seals(RING).seal("words", PLACE)
    both = Seals(parse_keys(f"{NEW} {OLD}"))
    assert both.open(sealed, PLACE) == "words"
    assert both.seal("words", PLACE).startswith(f"{PREFIX}{parse_keys(NEW).first.key_id}:")


def test_a_missing_key_is_named():
    sealed = Seals(RING).seal("words", PLACE)
    for seals in (Seals(None), Seals(parse_keys(NEW))):
        with pytest.raises(SealedError, match=f"key {RING.first.key_id}.*EARMARK_AT_REST_KEY") as told:
            seals.open(sealed, PLACE)
        assert "words" not in str(told.value)
