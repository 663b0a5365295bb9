import base64
import pickle

import pytest

from pipeline.at_rest.keys import make_key, parse_keys
from pipeline.errors import ConfigError, SealedError


def test_a_made_key_can_be_read_and_its_name_stays():
    text = make_key()
    ring = parse_keys(text)
    assert len(ring.first.secret) == 32
    assert ring.first.key_id == parse_keys(f"  {text}\n").first.key_id
    assert ring.first.key_id == parse_keys(text.replace("+", "-").replace("/", "_").rstrip("=")).first.key_id
    assert make_key() != text


def test_several_keys_stand_in_their_order():
    texts = [make_key() for _ in range(3)]
    for between in (",", "\n", ", ", " "):
        ring = parse_keys(between.join(texts))
        assert [base64.b64encode(key.secret).decode() for key in ring.keys] == texts
    assert ring.get(ring.key_ids[2]) is ring.keys[2]
    assert pickle.loads(pickle.dumps(ring)) == ring


@pytest.mark.parametrize(
    "wrong",
    ["", " ,\n", "hunter2", "a" * 44, base64.b64encode(b"x" * 16).decode(), base64.b64encode(b"x" * 33).decode()],
)
def test_what_is_no_key_is_refused_without_being_shown(wrong):
    with pytest.raises(ConfigError, match="earmark keys make") as told:
        parse_keys(wrong)
    assert not wrong.strip(" ,\n") or wrong not in str(told.value)


def test_a_key_twice_is_refused():
    key = make_key()
    with pytest.raises(ConfigError, match="twice"):
        parse_keys(f"{key},{key}")


def test_no_key_is_shown_in_reprs_and_messages():
    text = make_key()
    ring = parse_keys(text)
    shown = f"{ring!r} {ring} {ring.first!r}"
    assert ring.first.key_id in shown
    assert text not in shown
    assert repr(ring.first.secret) not in shown
    with pytest.raises(SealedError, match="00ff00ff00ff") as told:
        ring.get("00ff00ff00ff")
    assert ring.first.key_id in str(told.value)
    assert text not in str(told.value)
