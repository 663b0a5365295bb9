from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage

from pipeline.digests.lines import DigestPage
from pipeline.digests.links import Places
from pipeline.digests.message import message_of
from pipeline.digests.page import page_of
from tests.digests.made import NOW, calls, digest


def page(team: str = "north") -> DigestPage:
    return page_of(digest(calls([0.9, 0.8]), team=team), Places(public_url=None))


def parsed(made: EmailMessage) -> EmailMessage:
    found = message_from_bytes(made.as_bytes(), policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def test_message_has_text_html_and_the_attachment() -> None:
    made = message_of(
        page(),
        sender="Earmark <qa@example.org>",
        receivers=["lead@example.org"],
        now=NOW,
        identity=("north", "2026-10"),
        pdf=b"%PDF-1.7 x",
    )
    found = parsed(made)
    assert [part.get_content_type() for part in found.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "application/pdf",
    ]
    assert found["Subject"] == "Team north, October 2026"
    assert found["From"] == "Earmark <qa@example.org>"
    assert found["Auto-Submitted"] == "auto-generated"
    assert found["Message-ID"].endswith("@example.org>")
    text = found.get_body(("plain",))
    assert text is not None
    assert "2 calls scored" in text.get_content()


def test_no_name_begins_a_header_of_its_own() -> None:
    hostile = "north\r\nBcc: evil@example.org\r\n\r\n<b>body</b>"
    made = message_of(
        page(hostile), sender="qa@example.org", receivers=["lead@example.org"], now=NOW, identity=("north", "2026-10")
    )
    found = parsed(made)
    assert found["Bcc"] is None
    assert [found["To"], found["From"]] == ["lead@example.org", "qa@example.org"]
    assert b"\nBcc:" not in made.as_bytes().split(b"\r\n\r\n")[0]


def test_names_in_other_letters_arrive_as_they_are() -> None:
    made = message_of(
        page("Süd 客服"),
        sender="Qualität <qa@example.org>",
        receivers=["lead@example.org"],
        now=NOW,
        identity=("north", "2026-10"),
    )
    assert made.as_bytes().isascii()
    found = parsed(made)
    assert found["Subject"] == "Team Süd 客服, October 2026"
    body = found.get_body(("html",))
    assert body is not None
    assert "Team Süd 客服" in body.get_content()


def test_lines_are_never_longer_than_mail_allows() -> None:
    made = message_of(
        page("n" * 1500),
        sender="qa@example.org",
        receivers=["lead@example.org"],
        now=NOW,
        identity=("north", "2026-10"),
    )
    assert max(len(line) for line in made.as_bytes().split(b"\r\n")) <= 998  # RFC 5322, 2.1.1
