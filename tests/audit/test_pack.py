"""A pack holds everything that a person needs to see and check, and nothing that may not leave."""

from __future__ import annotations

import hashlib
import html.parser
import json
import os
import re
import shutil
import subprocess
import wave
import zipfile
from datetime import timedelta
from pathlib import Path

import av
import numpy as np
import pytest

from pipeline.audit.clips import heard_spans
from pipeline.audit.pack import prepare_pack, settings_sha256
from pipeline.audit.verify import verify_pack
from pipeline.audit.wording import finding_in_words
from pipeline.canonical import to_json
from pipeline.errors import NotFoundError, ReportError
from pipeline.load_settings import load_settings
from pipeline.records import CallFindings, Evidence, Expectation, Finding, NearestMiss, Role, Severity, Span
from pipeline.scorecards.render.files import safe_name
from pipeline.store.tables import steps
from tests.audit.workspace import NOW, PACK, Workspace
from tests.factories import evidence, finding


def made(workspace: Workspace, out: Path, *calls: str, **changes: object) -> Path:
    """Write a pack of these calls; of all where none is named."""
    given = {"store": workspace.store, "settings": workspace.settings, "now": NOW, **changes}
    with prepare_pack(calls or workspace.calls, out, **given) as prepared:  # type: ignore[arg-type]
        prepared.publish()
    return out


def notes(pack: Path) -> list[str]:
    """What a pack says is missing."""
    told: list[str] = json.loads((pack / "manifest.json").read_text())["notes"]
    return told


def test_pack_holds_the_evidence_of_every_call(workspace: Workspace, tmp_path: Path) -> None:
    pack = made(workspace, tmp_path / "pack")
    one, two = (pack / "calls" / call_id for call_id in workspace.calls)
    for folder in (one, two):
        files = {path.name for path in folder.iterdir()}
        assert files == {"call.json", "findings.json", "transcript.json", "transcript.txt", "score.json", "clips"}
    promise, notice = json.loads((one / "findings.json").read_text())
    assert (notice["rule_id"], notice["kind"], notice["violated"]) == ("recording-notice", "present", False)
    assert (promise["rule_id"], promise["violated"], promise["evidence"][0]["quote"]) == (
        "guarantee",
        True,
        "I guarantee",
    )
    for found in (notice, promise):
        for name in found["clips"]:
            assert (one / name).is_file()
    assert json.loads((one / "score.json").read_text())["share"] == 1.0
    about = json.loads((one / "call.json").read_text())
    assert about["made_from"]["rules"].keys() == {"recording-notice", "guarantee"}
    assert about["sha256"].startswith(workspace.calls[0].removeprefix("c-"))
    assert "this call is recorded" in (one / "transcript.txt").read_text()
    assert notes(pack) == []
    assert verify_pack(pack).problems == ()


def test_pack_clips_are_the_sound_with_personal_data_silent(workspace: Workspace, tmp_path: Path) -> None:
    pack = made(workspace, tmp_path / "pack", workspace.calls[0])
    (clip,) = (pack / "calls" / workspace.calls[0] / "clips").glob("0000000-*.flac")
    with av.open(str(clip)) as container:
        heard = np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1).reshape(-1, 2)
    (file,) = workspace.recordings.glob("*05T09*.wav")
    with wave.open(str(file)) as source:
        real = np.frombuffer(source.readframes(len(heard)), "<i2").reshape(-1, 2)
    margin = workspace.settings.privacy.mute_margin_ms
    masked = slice((4400 - margin) * 8, (4700 + margin) * 8)
    assert len(heard) <= masked.start or not heard[masked].any()
    before = min(len(heard), masked.start)
    assert np.abs(heard[:before].astype(int) - real[:before]).max() <= 1


def test_pack_leaves_out_what_may_name_the_customer(workspace: Workspace, tmp_path: Path) -> None:
    pack = made(workspace, tmp_path / "pack")
    for path in pack.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"C-77" not in content, path
            assert str(tmp_path).encode() not in content, path


def test_pack_tells_the_rules_as_they_were_written(workspace: Workspace, tmp_path: Path) -> None:
    pack = made(workspace, tmp_path / "pack")
    notice = (pack / "rules" / "recording-notice.yaml").read_text()
    assert "# this is the version that judged the call: rule-" in notice
    assert "    - call is recorded   # as our script has it\n" in notice
    assert "guarantee" not in notice
    assert "says too much" not in notice
    assert "this is the version that judged" in (pack / "rubrics" / "general.yaml").read_text()


def test_pack_says_where_a_rule_was_changed_since(workspace: Workspace, tmp_path: Path) -> None:
    (workspace.folder / "rules" / "mine.yaml").write_text(PACK.replace("[i guarantee]", "[i promise]"))
    pack = made(workspace, tmp_path / "pack")
    assert notes(pack) == ["The text of rule guarantee is not the one that judged: the file was changed since."]
    assert "NOT the version that judged" in (pack / "rules" / "guarantee.yaml").read_text()
    assert "is not the one that judged" in (pack / "index.html").read_text()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pack: mine\nrules: []\n", "The text of rule guarantee is not here"),
        (PACK.replace("severity: major", "severity: grave"), "is not the one that judged"),
    ],
)
def test_pack_is_made_where_the_rules_cannot_be_used_any_more(
    workspace: Workspace, tmp_path: Path, text: str, said: str
) -> None:
    (workspace.folder / "rules" / "mine.yaml").write_text(text)
    pack = made(workspace, tmp_path / "pack")
    assert any(said in note for note in notes(pack))
    assert verify_pack(pack).problems == ()


def test_pack_of_a_call_whose_recording_is_gone_or_another_says_so(workspace: Workspace, tmp_path: Path) -> None:
    one, two = sorted(workspace.recordings.glob("*.wav"))
    shutil.copy(two, one)
    two.unlink()
    pack = made(workspace, tmp_path / "pack")
    assert [note.split(" is without sound")[0] for note in notes(pack)] == [f"Call {c}" for c in workspace.calls]
    assert "no longer holds the sound" in notes(pack)[0]
    assert list(pack.rglob("clips")) == []
    assert verify_pack(pack).problems == ()
    assert "<audio" not in (pack / "index.html").read_text()


def test_pack_without_clips_says_so(workspace: Workspace, tmp_path: Path) -> None:
    assert notes(made(workspace, tmp_path / "pack", clips=False)) == ["The pack was made without sound."]


class _Page(html.parser.HTMLParser):
    """What a page links to, and which tags it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.ids: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.links.append(value)
            if name == "id" and value:
                self.ids.add(value)


def test_pack_page_shows_everything_and_needs_nothing_else(workspace: Workspace, tmp_path: Path) -> None:
    pack = made(workspace, tmp_path / "pack")
    text = (pack / "index.html").read_text()
    page = _Page(text)
    assert not page.tags & {"script", "iframe", "object", "embed", "img", "form"}
    for link in page.links:
        if link.startswith("#"):
            assert link[1:] in page.ids
        elif link != "data:,":
            assert (pack / link).is_file(), link
    assert not re.search(r"https?:|//|url\(|@import", text.replace("</", ""))
    assert "&lt;Maria&gt; &amp; co." in text
    assert "<mark>call is recorded</mark>" in text
    assert "[card_number]" in text
    assert text.index("said, though prohibited") < text.index("said, as required")


def test_pack_page_of_one_call_is_about_that_call(workspace: Workspace, tmp_path: Path) -> None:
    text = (made(workspace, tmp_path / "pack", workspace.calls[1][:9]) / "index.html").read_text()
    assert f"<h1>Evidence of call {workspace.calls[1]}</h1>" in text
    assert workspace.calls[0] not in text


def test_packs_of_equal_things_are_equal_but_for_their_time(workspace: Workspace, tmp_path: Path) -> None:
    one, two = made(workspace, tmp_path / "one.zip"), made(workspace, tmp_path / "two.zip")
    assert one.read_bytes() == two.read_bytes()
    later = made(workspace, tmp_path / "three.zip", now=NOW + timedelta(hours=1))
    with zipfile.ZipFile(one) as first, zipfile.ZipFile(later) as second:
        assert first.namelist() == second.namelist()
        differing = {name for name in first.namelist() if first.read(name) != second.read(name)}
    assert differing == {"index.html", "files.sha256", "manifest.json", "manifest.sha256"}


def test_pack_as_folder_and_as_zip_hold_the_same(workspace: Workspace, tmp_path: Path) -> None:
    folder, file = made(workspace, tmp_path / "pack"), made(workspace, tmp_path / "pack.zip")
    with zipfile.ZipFile(file) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
        }
    assert verify_pack(folder).hash == verify_pack(file).hash


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum on this machine")
def test_pack_can_be_checked_without_earmark(workspace: Workspace, tmp_path: Path) -> None:
    pack = made(workspace, tmp_path / "pack")
    command = ["sha256sum", "--check", "--strict", "--quiet", "files.sha256", "manifest.sha256"]
    subprocess.run(command, cwd=pack, check=True)
    (pack / "rules" / "guarantee.yaml").write_text("x")
    assert subprocess.run(command, cwd=pack, check=False, capture_output=True).returncode == 1


def test_prepare_pack_that_is_not_published_leaves_nothing(workspace: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "there" / "pack"
    with prepare_pack(workspace.calls, out, store=workspace.store, settings=workspace.settings, now=NOW) as prepared:
        assert prepared.call_ids == workspace.calls
        assert not out.exists()
    assert list(out.parent.iterdir()) == []


def test_prepare_pack_writes_over_nothing(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "pack.zip").write_text("evidence of last year")
    with pytest.raises(ReportError, match="is there already"):
        made(workspace, tmp_path / "pack.zip")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(ReportError, match="is there already"):
        made(workspace, tmp_path / "link")


@pytest.mark.parametrize("links", [True, False])
def test_publish_writes_over_nothing_that_came_meanwhile(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    """The zip appears after it was looked for: a look is no lock."""
    if not links:
        monkeypatch.setattr(os, "link", _no_links)
    monkeypatch.setattr("pipeline.audit.pack._refuse_taken", lambda out: None)
    out, free = tmp_path / "pack.zip", tmp_path / "free.zip"
    out.write_text("evidence of another")
    with pytest.raises(ReportError, match="is there already"):
        made(workspace, out, clips=False)
    assert out.read_text() == "evidence of another"
    assert verify_pack(made(workspace, free, clips=False)).problems == ()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["free.zip", "pack.zip", "work"]


def _no_links(*_: object) -> None:
    raise PermissionError(1, "Operation not permitted")


def test_prepare_pack_leaves_faults_of_the_caller_alone(workspace: Workspace, tmp_path: Path) -> None:
    given = {"store": workspace.store, "settings": workspace.settings, "now": NOW, "clips": False}
    with pytest.raises(TimeoutError), prepare_pack(workspace.calls, tmp_path / "pack.zip", **given):  # type: ignore[arg-type]
        raise TimeoutError
    assert [path.name for path in tmp_path.iterdir()] == ["work"]


def test_prepare_pack_refuses_calls_that_there_are_not(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no call 'c-none'"):
        made(workspace, tmp_path / "pack", workspace.calls[0], "c-none")
    assert not (tmp_path / "pack").exists()


def test_prepare_pack_names_a_call_once_however_often_it_is_asked_for(workspace: Workspace, tmp_path: Path) -> None:
    pack = made(workspace, tmp_path / "pack", workspace.calls[0], workspace.calls[0][:8])
    assert json.loads((pack / "manifest.json").read_text())["calls"] == [workspace.calls[0]]


def test_manifest_hash_is_the_hash_of_the_manifest(workspace: Workspace, tmp_path: Path) -> None:
    pack = made(workspace, tmp_path / "pack")
    digest = hashlib.sha256((pack / "manifest.json").read_bytes()).hexdigest()
    assert (pack / "manifest.sha256").read_text() == f"{digest}  manifest.json\n"


def test_settings_hash_hangs_on_what_bears_on_results_only() -> None:
    def hashed(**flags: object) -> str:
        dotted = {name.replace("__", "."): value for name, value in flags.items()}
        return settings_sha256(load_settings(environment={}, flags=dotted))

    assert hashed() == hashed(workspace="elsewhere") == hashed(compliance__rules_dir="/a") == hashed(run__workers=9)
    assert hashed() != hashed(compliance__said_similarity=0.9)


# --- what has no words ------------------------------------------------------------------------------------------------

DEAD_AIR = {"evidence": (), "stretches": (Span(start_ms=5000, end_ms=6000),)}
EARLIER = {"evidence": (), "calls": ("c-00000001", "c-00000002")}
PROHIBITED = {"expected": Expectation.ABSENT}


def test_pack_shows_what_is_proved_without_words(workspace: Workspace, tmp_path: Path) -> None:
    (call_id, other) = workspace.calls
    calls = {"evidence": (), "calls": ("c-00000001", other)}
    _judged_anew(
        workspace,
        call_id,
        finding("dead-air", **DEAD_AIR, **PROHIBITED),
        finding("too-many-calls", **calls, **PROHIBITED),
        finding("hours", evidence=(), **PROHIBITED, reason="The call began at 21:10."),
    )
    pack = made(workspace, tmp_path / "pack")
    found = {each["rule_id"]: each for each in json.loads((pack / "calls" / call_id / "findings.json").read_text())}
    assert found["dead-air"]["stretches"] == [{"start_ms": 5000, "end_ms": 6000}]
    (clip,) = found["dead-air"]["clips"]
    assert (pack / "calls" / call_id / clip).stat().st_size > 1000
    assert found["too-many-calls"]["calls"] == ["c-00000001", other]
    assert all(found[rule]["violated"] for rule in ("dead-air", "too-many-calls", "hours"))
    text = (pack / "index.html").read_text().split(f'<section class="callsection" id="{safe_name(other)}">')[0]
    assert "Heard from 0:05 to 0:06." in text
    assert f'src="calls/{call_id}/{clip}"' in text
    assert f'2 earlier calls: c-00000001 (not in this pack), <a href="#{safe_name(other)}">{other}</a>.' in text
    assert "The call began at 21:10." in text
    assert "3 violations" in text
    assert text.count("present, though prohibited") == 2
    assert "present with earlier calls, though prohibited" in text
    assert "said, though" not in text


def _judged_anew(workspace: Workspace, call_id: str, *found: Finding) -> None:
    record = CallFindings(findings=found)
    with workspace.store.begin() as connection:
        of_call = (steps.c.call_id == call_id, steps.c.step == "findings")
        connection.execute(steps.update().where(*of_call).values(payload=to_json(record)))


@pytest.mark.parametrize(
    ("of", "told"),
    [
        (finding(), "said"),
        (finding(evidence=(evidence(meaning_similarity=0.7),)), "probably said"),
        (finding(stretches=DEAD_AIR["stretches"]), "said"),
        (finding(**DEAD_AIR), "present"),
        (finding(**EARLIER), "present with earlier calls"),
        (finding(evidence=()), "present"),
        (finding(kind="absent"), "absent"),
        (finding(kind="absent", calls=EARLIER["calls"]), "absent"),
        (finding(kind="cannot_assess"), "cannot be told"),
    ],
)
def test_finding_in_words_says_said_only_of_words(of: Finding, told: str) -> None:
    assert finding_in_words(of) == told


# --- what is heard ----------------------------------------------------------------------------------------------------


def _absent(severity: Severity, window: tuple[int, int], nearest: NearestMiss | None = None) -> Finding:
    span = Span(start_ms=window[0], end_ms=window[1])
    return finding(kind="absent", severity=severity, searched=span, nearest_miss=nearest)


def _said(start_ms: int, end_ms: int) -> Evidence:
    return Evidence(
        turn_index=0, role=Role.AGENT, start_ms=start_ms, end_ms=end_ms, char_start=0, char_end=1, quote="x"
    )


@pytest.mark.parametrize(
    ("of", "heard"),
    [
        (finding(evidence=(_said(1000, 2000), _said(98_000, 99_000))), [(0, 5000), (95_000, 100_000)]),
        (finding(evidence=(_said(9000, 9500), _said(9000, 9500))), [(6000, 12_500)]),
        (finding(evidence=(), stretches=(Span(start_ms=50_000, end_ms=60_000),)), [(47_000, 63_000)]),
        (_absent(Severity.MAJOR, (0, 30_000)), [(0, 30_000)]),
        (_absent(Severity.MINOR, (0, 30_000)), []),
        (_absent(Severity.CRITICAL, (0, 100_000)), []),
        (_absent(Severity.CRITICAL, (0, 0)), []),
        (
            _absent(Severity.MINOR, (0, 9), NearestMiss(evidence=_said(40_000, 41_000), similarity=0.7)),
            [(37_000, 44_000)],
        ),
        (finding(kind="absent", expected=Expectation.ABSENT, searched=Span(start_ms=0, end_ms=30_000)), []),
    ],
)
def test_heard_spans_are_what_a_person_has_to_hear(of: Finding, heard: list[tuple[int, int]]) -> None:
    assert [(span.start_ms, span.end_ms) for span in heard_spans(of, 100_000)] == heard
