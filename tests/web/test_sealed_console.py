"""With a key at rest uploads and ready sound are sealed, and sound is heard as ever."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI, Request
from starlette.responses import FileResponse, Response
from starlette.testclient import TestClient

from app.web.call.opened_response import opened_response
from pipeline.at_rest.files import read_sealed, seal_file, unsealed
from pipeline.at_rest.in_use import use_keys
from pipeline.at_rest.keys import make_key, parse_keys
from tests.web.conftest import Console

RING = parse_keys(make_key())
SOUND = bytes(range(256)) * 1000
RANGES = ["", "bytes=0-", "bytes=0-0", "bytes=100-65600", "bytes=65536-", "bytes=-500", "bytes=255999-300000"]


@pytest.fixture
def with_key() -> Iterator[None]:
    use_keys(RING)
    yield
    use_keys(None)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """Hands out a file, in the clear and sealed."""
    plain, kept = tmp_path / "plain", tmp_path / "kept"
    plain.write_bytes(SOUND)
    seal_file(plain, kept, RING)
    app = FastAPI()

    @app.get("/plain")
    def as_it_is() -> Response:
        return FileResponse(plain, media_type="audio/flac", headers={"ETag": '"a"'})

    @app.get("/sealed")
    def opened(request: Request) -> Response:
        file = unsealed(kept.open("rb"), RING)
        return opened_response(request, file, media_type="audio/flac", headers={"ETag": '"a"'})

    with TestClient(app) as made:
        yield made


@pytest.mark.parametrize("asked", RANGES)
@pytest.mark.parametrize("condition", [{}, {"If-Range": '"a"'}, {"If-Range": '"b"'}])
def test_a_sealed_file_is_handed_out_as_a_plain_one(client: TestClient, asked: str, condition: dict[str, str]) -> None:
    headers = {**condition, **({"Range": asked} if asked else {})}
    plain, kept = client.get("/plain", headers=headers), client.get("/sealed", headers=headers)
    assert (kept.status_code, kept.content) == (plain.status_code, plain.content)
    for name in ("content-length", "content-range", "content-type", "accept-ranges", "etag"):
        assert kept.headers.get(name) == plain.headers.get(name), name


@pytest.mark.parametrize("asked", ["bytes=256000-", "bytes=-0", "bytes=5-4", "bytes=-"])
def test_a_range_with_nothing_in_it_is_refused(client: TestClient, asked: str) -> None:
    answer = client.get("/sealed", headers={"Range": asked})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(SOUND)}"


@pytest.mark.usefixtures("with_key")
def test_an_upload_is_sealed_where_it_is_kept(open_bare_console: Callable[..., Console]) -> None:
    console = open_bare_console()
    stay = console.sign_in("admin")
    sent = io.BytesIO(b"RIFF harbourlantern")
    answer = stay.post("/intake/uploads", {"agent_id": "maria"}, files=[("recordings", ("a.wav", sent))])
    assert answer.status_code < 400, answer.text
    (place,) = console.settings.uploads_dir.glob("up-*.wav")
    assert b"harbourlantern" not in place.read_bytes()
    assert read_sealed(place, RING) == b"RIFF harbourlantern"
    assert place.stat().st_mode & 0o077 == 0
