import gc
import io
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.at_rest.files import (
    BLOCK_BYTES,
    SealingWriter,
    is_sealed,
    read_sealed,
    seal_file,
    size_otherwise,
    unseal_file,
    unsealed,
)
from pipeline.at_rest.keys import make_key, parse_keys
from pipeline.errors import SealedError

RING = parse_keys(make_key())
SIZES = [0, 1, 17, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 3 * BLOCK_BYTES, 3 * BLOCK_BYTES + 5]
SEALED_BLOCK = BLOCK_BYTES + 16


def sealed(content: bytes) -> io.BytesIO:
    kept = io.BytesIO()
    with SealingWriter(kept, RING) as writer:
        writer.write(content)
    kept.seek(0)
    return kept


@pytest.mark.parametrize("size", SIZES)
def test_a_file_comes_back_as_it_was(tmp_path, size):
    plain, kept, back = tmp_path / "a.wav", tmp_path / "b.wav", tmp_path / "c.wav"
    content = os.urandom(size)
    plain.write_bytes(content)
    plain.chmod(0o640)
    os.utime(plain, ns=(1_700_000_000_000_000_000, 1_600_000_000_000_000_000))
    seal_file(plain, kept, RING)
    assert kept.read_bytes()[:8] == b"EARMSEAL"
    assert len(content) < 17 or content[:17] not in kept.read_bytes()
    assert kept.stat().st_mtime_ns == plain.stat().st_mtime_ns
    assert kept.stat().st_mode == plain.stat().st_mode
    assert read_sealed(kept, RING) == content
    unseal_file(kept, back, RING)
    assert back.read_bytes() == content
    assert sorted(tmp_path.iterdir()) == [plain, kept, back]  # nothing unfinished is left


def test_a_file_can_be_sealed_in_its_own_place(tmp_path):
    file = tmp_path / "call.wav"
    file.write_bytes(b"RIFF" + b"sound" * 50_000)
    seal_file(file, file, RING)
    assert b"sound" not in file.read_bytes()
    unseal_file(file, file, RING)
    assert file.read_bytes() == b"RIFF" + b"sound" * 50_000


@pytest.mark.parametrize("size", SIZES)
def test_the_size_that_a_file_would_have_otherwise_is_known_without_a_key(tmp_path, size):
    file = tmp_path / "call.wav"
    file.write_bytes(os.urandom(size))
    would_be = size_otherwise(file)
    seal_file(file, file, RING)
    assert file.stat().st_size == would_be
    assert size_otherwise(file) == size


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    size=st.sampled_from(SIZES),
    moves=st.lists(st.tuples(st.integers(0, 3 * BLOCK_BYTES + 9), st.integers(0, 2 * BLOCK_BYTES)), max_size=8),
)
def test_reading_from_anywhere_gives_what_the_plain_file_gives(size, moves):
    content = bytes(range(256)) * (size // 256) + bytes(range(size % 256))
    plain, opened = io.BytesIO(content), unsealed(sealed(content), RING)
    for at, count in moves:
        assert opened.seek(at) == plain.seek(at)
        assert opened.read(count) == plain.read(count)
        assert opened.tell() == plain.tell()
    assert opened.seek(0, os.SEEK_END) == len(content)


def test_a_file_that_is_not_sealed_is_given_back_as_it_is():
    plain = io.BytesIO(b"RIFF....")
    assert unsealed(plain, RING) is plain
    assert unsealed(plain, None).read() == b"RIFF...."
    assert not is_sealed(io.BytesIO(b""))


@pytest.mark.parametrize("written", [1, 1000, BLOCK_BYTES, 200_000])
def test_it_does_not_matter_in_which_pieces_a_file_is_written(written):
    content, kept = os.urandom(150_000), io.BytesIO()
    with SealingWriter(kept, RING) as writer:
        for at in range(0, len(content) if written > 1 else 3000, written):
            writer.write(content[at : at + written])
    kept.seek(0)
    assert unsealed(kept, RING).read() == (content if written > 1 else content[:3000])


def test_equal_files_do_not_look_equal():
    assert sealed(b"same").getvalue() != sealed(b"same").getvalue()


@pytest.mark.parametrize("left", [9, 31, 32, 40, 32 + SEALED_BLOCK, 32 + 2 * SEALED_BLOCK, 32 + 2 * SEALED_BLOCK + 100])
def test_a_file_that_was_cut_off_is_refused(left):
    whole = sealed(b"x" * (3 * BLOCK_BYTES)).getvalue()
    with pytest.raises(SealedError, match="its end is missing"):
        unsealed(io.BytesIO(whole[:left]), RING)


def test_a_file_to_which_something_was_added_is_refused():
    whole = sealed(b"x" * (2 * BLOCK_BYTES)).getvalue()
    for more in (b"y", whole[-SEALED_BLOCK:]):
        with pytest.raises(SealedError):
            unsealed(io.BytesIO(whole + more), RING)


def test_blocks_that_were_exchanged_or_changed_cannot_be_read():
    whole = sealed(b"x" * (3 * BLOCK_BYTES)).getvalue()
    first, second = whole[32 : 32 + SEALED_BLOCK], whole[32 + SEALED_BLOCK : 32 + 2 * SEALED_BLOCK]
    rest = whole[32 + 2 * SEALED_BLOCK :]
    changed = bytes([first[0] ^ 1]) + first[1:]
    for body in (second + first + rest, changed + second + rest, first + first + rest):
        with pytest.raises(OSError, match="was changed"):
            unsealed(io.BytesIO(whole[:32] + body), RING).read()


def test_blocks_of_another_file_cannot_be_put_in():
    one, other = sealed(b"x" * (2 * BLOCK_BYTES)).getvalue(), sealed(b"x" * (2 * BLOCK_BYTES)).getvalue()
    with pytest.raises(OSError, match="was changed"):
        unsealed(io.BytesIO(one[:32] + other[32 : 32 + SEALED_BLOCK] + one[32 + SEALED_BLOCK :]), RING).read()


def test_a_missing_key_is_named():
    for ring in (None, parse_keys(make_key())):
        file = sealed(b"sound")
        with pytest.raises(SealedError, match=f"sealed with key {RING.first.key_id}"):
            unsealed(file, ring)
        gc.collect()
        assert not file.closed  # whoever opened it closes it
