"""Digests on their way, on both kinds of database, to a real mail server."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.digests import Wanted, orders_of, send_digests
from pipeline.config import Settings
from pipeline.digests.delivery import Delivered
from pipeline.errors import ConfigError
from pipeline.store.audit import entries
from pipeline.store.database import Store
from pipeline.store.digests import claim_digest
from tests.digests.made import NOW, fill, settings
from tests.digests.mail_server import MailServer, closed_port

OCTOBER_DAY = date(2026, 10, 5)


def mailing(folder: Path, server: MailServer | None, **reports: Any) -> Settings:
    port = server.port if server else closed_port()
    own = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none", "smtp_timeout_s": 2}
    return settings(folder, **{**own, **reports})


def send(store: Store, given: Settings, *, now: datetime = NOW, again: bool = False, **wanted: Any) -> list[Delivered]:
    orders = orders_of(Wanted(**{"day": OCTOBER_DAY, **wanted}), given, store, now=now)
    return list(send_digests(orders, given, store, now=now, actor="ann", again=again))


def test_each_group_gets_its_own_digest_once(store: Store, tmp_path: Path, mail: MailServer) -> None:
    fill(store)
    given = mailing(tmp_path, mail)
    first = send(store, given)
    assert [done.sent for done in first] == [("lead@example.org", "boss@example.org"), ("south@example.org",)]
    assert [str(received.message["Subject"]) for received in mail.received] == [
        "Team north, October 2026",
        "Team south, October 2026",
    ]
    second = send(store, given)
    assert len(mail.received) == 2
    assert [(done.sent, done.whole) for done in second] == [((), True), ((), True)]
    assert second[0].had_it == ("lead@example.org", "boss@example.org")
    again = send(store, given, again=True)
    assert len(mail.received) == 4
    assert again[1].sent == ("south@example.org",)
    assert len(send(store, given, team="north", kinds=("week",))[0].sent) == 2  # another period is another digest


def test_refused_address_is_tried_again_and_the_others_are_not(store: Store, tmp_path: Path, mail: MailServer) -> None:
    fill(store)
    given = mailing(tmp_path, mail)
    mail.refused = {"boss@example.org"}
    first = send(store, given)
    assert first[0].sent == ("lead@example.org",)
    assert set(first[0].refused) == {"boss@example.org"}
    assert [done.whole for done in first] == [False, True]
    assert first[0].problems == ("the mail server refused 1 address: 550",)  # what a log may hold
    mail.refused = set()
    second = send(store, given)
    assert [done.sent for done in second] == [("boss@example.org",), ()]
    assert [received.receivers for received in mail.received] == [
        ["lead@example.org"],
        ["south@example.org"],
        ["boss@example.org"],
    ]


def test_log_holds_no_words_of_the_mail_server(store: Store, tmp_path: Path, mail: MailServer) -> None:
    fill(store)
    mail.full = True
    (done,) = send(store, mailing(tmp_path, mail), team="north")
    assert "no room left" in str(done.errors[0])
    assert done.problems == (f"mail server 127.0.0.1:{mail.port} refused the message (code 452)",)


def test_server_that_is_down_is_told_for_each_and_tried_again(store: Store, tmp_path: Path, mail: MailServer) -> None:
    fill(store)
    first = send(store, mailing(tmp_path, None))
    assert all("cannot be reached" in str(done.errors[0]) for done in first)
    assert not any(done.whole or done.had_it for done in first)
    assert all(done.sent for done in send(store, mailing(tmp_path, mail)))


def test_days_on_which_nothing_went_out_are_caught_up_with(store: Store, tmp_path: Path, mail: MailServer) -> None:
    fill(store)
    days = {"periods": ("day",), "receivers": {"north": ("lead@example.org",)}}
    on = [NOW + timedelta(days=n) for n in range(4)]

    def run(server: MailServer | None, now: datetime, **changes: Any) -> list[tuple[str, tuple[str, ...]]]:
        done = send(store, mailing(tmp_path, server, **{**days, **changes}), now=now, day=None)
        return [(each.order.period.label, each.sent) for each in done]

    assert run(None, on[0]) == [("2026-11-01", ())]
    assert run(mail, on[0]) == [("2026-11-01", ("lead@example.org",))]  # later that day; nothing of October
    assert run(None, on[1]) == [("2026-11-02", ())]
    assert run(None, on[2]) == [("2026-11-02", ()), ("2026-11-03", ())]
    both = {"receivers": {"north": ("Lead@example.org", "new@example.org")}}
    assert run(mail, on[3], **both) == [
        ("2026-11-02", ("Lead@example.org",)),
        ("2026-11-03", ("Lead@example.org",)),
        ("2026-11-04", ("Lead@example.org", "new@example.org")),
    ]
    assert run(mail, on[3], **both) == [("2026-11-04", ())]


def test_folder_is_caught_up_with_too(store: Store, tmp_path: Path) -> None:
    fill(store)
    given, out = settings(tmp_path, receivers={}, periods=("day",)), tmp_path / "out"

    def run(now: datetime) -> dict[str, int]:
        return {
            each.order.period.label: len(each.files)
            for each in send(store, given, now=now, day=None, folder=out, team="north")
        }

    assert run(NOW) == {"2026-11-01": 2}
    assert run(NOW + timedelta(days=2)) == {"2026-11-02": 2, "2026-11-03": 2}
    (out / "2026-11-02" / "team-north.txt").unlink()
    assert run(NOW + timedelta(days=2)) == {"2026-11-02": 2, "2026-11-03": 0}
    assert sorted(run(NOW + timedelta(days=100))) == [f"2027-02-0{day}" for day in range(3, 10)]


def test_digest_that_failed_once_more_is_not_sent_unasked(store: Store, tmp_path: Path, mail: MailServer) -> None:
    fill(store)
    send(store, mailing(tmp_path, mail))
    assert not any(done.whole for done in send(store, mailing(tmp_path, None), again=True))
    assert [done.sent for done in send(store, mailing(tmp_path, mail))] == [(), ()]


def test_unknown_team_is_told_and_the_others_go_on(store: Store, tmp_path: Path, mail: MailServer) -> None:
    fill(store)
    given = mailing(tmp_path, mail, receivers={"nroth": ("a@example.org",), "south": ("b@example.org",)})
    first, second = send(store, given)
    assert "did you mean 'north'" in str(first.errors[0])
    assert second.sent == ("b@example.org",)


def test_two_processes_do_not_send_the_same_digest(store: Store, tmp_path: Path, mail: MailServer) -> None:
    fill(store)
    given = mailing(tmp_path, mail, receivers={"north": ("lead@example.org",)})
    with store.begin() as connection:
        assert claim_digest(connection, "north", "2026-10", ["Lead@example.org"], now=NOW)
    assert send(store, given)[0].sent == ()
    assert mail.received == []
    assert send(store, given, now=NOW + timedelta(hours=2))[0].sent == ("lead@example.org",)  # that process died


def test_digest_leaves_the_words_of_calls_at_home(store: Store, tmp_path: Path, mail: MailServer) -> None:
    fill(store, marker="xyzzy-marker")
    given = mailing(tmp_path, mail, attach_pdf=True, out_dir=tmp_path / "out")
    send(store, given)
    assert len(mail.received) == 2
    for received in mail.received:
        parts = [part.get_payload(decode=True) for part in received.message.walk() if not part.is_multipart()]
        assert not any(b"xyzzy" in bytes(part) for part in parts)
        assert bytes(parts[-1]).startswith(b"%PDF")
    assert not any(b"xyzzy" in file.read_bytes() for file in (tmp_path / "out").rglob("*.*") if file.is_file())
    loud = mailing(tmp_path, mail, quotes=True)
    send(store, loud, again=True, team="north")
    body = mail.received[-1].message.get_body(("plain",))
    assert body is not None
    assert "xyzzy-marker" in body.get_content()


def test_folder_gets_whole_files_once(store: Store, tmp_path: Path) -> None:
    fill(store)
    given = settings(tmp_path, receivers={})
    out = tmp_path / "out"
    first = send(store, given, folder=out)
    names = sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file())
    assert names == [
        *("2026-10/all-calls.html", "2026-10/all-calls.txt"),
        *("2026-10/team-north.html", "2026-10/team-north.txt", "2026-10/team-south.html", "2026-10/team-south.txt"),
    ]
    assert [done.order.team for done in first] == ["*", "north", "south"]
    kept = (out / names[2]).read_text()
    (out / names[2]).write_text("mine")
    assert send(store, given, folder=out)[1].files == ()
    assert (out / names[2]).read_text() == "mine"
    send(store, given, folder=out, again=True, now=NOW)
    assert (out / names[2]).read_text() == kept


def test_folder_that_cannot_be_written_is_told_and_mail_goes_on(store: Store, tmp_path: Path, mail: MailServer) -> None:
    fill(store)
    (tmp_path / "file").write_text("in the way")
    (done, _) = send(store, mailing(tmp_path, mail, out_dir=tmp_path / "file" / "out"))
    assert "cannot write the report" in str(done.errors[0])
    assert done.sent == ("lead@example.org", "boss@example.org")
    assert not done.whole


def test_audit_log_remembers_what_left(store: Store, tmp_path: Path, mail: MailServer) -> None:
    fill(store)
    send(store, mailing(tmp_path, mail), team="north")
    with store.read() as connection:
        logged = [each for each in entries(connection) if each.subject_kind == "digest"]
    for entry in logged:
        assert (entry.actor, entry.action, entry.subject_id) == ("ann", "export", "north")
        assert "example.org" not in entry.details
    assert told_of_digests(store) == [
        {"period": "2026-10", "outcome": "begun", "receivers": 2},
        {"period": "2026-10", "outcome": "sent", "sent": 2, "refused": 0},
    ]


def told_of_digests(store: Store) -> list[dict[str, Any]]:
    with store.read() as connection:
        return [json.loads(each.details) for each in entries(connection) if each.subject_kind == "digest"]


def test_audit_log_tells_what_did_not_leave(store: Store, tmp_path: Path, mail: MailServer) -> None:
    fill(store)
    mail.refused = {"boss@example.org"}
    (tmp_path / "file").write_text("in the way")
    send(store, mailing(tmp_path, mail), team="north")
    send(store, mailing(tmp_path, None, out_dir=tmp_path / "file" / "out"), team="south")
    some, written, none = told_of_digests(store)[1::2]
    assert some == {"period": "2026-10", "outcome": "sent to some", "sent": 1, "refused": 1}
    assert written == {"period": "2026-10", "outcome": "not written", "written": 0}
    assert none == {"period": "2026-10", "outcome": "not sent", "sent": 0, "refused": 1}


def test_digest_sent_again_after_a_break_can_be_seen_to_be_the_same(
    store: Store, tmp_path: Path, mail: MailServer
) -> None:
    fill(store)
    given = mailing(tmp_path, mail)
    mail.forgets_to_say = True  # it has the message, and we do not know
    (broken_off,) = send(store, given, team="north")
    assert not broken_off.whole
    mail.forgets_to_say = False
    send(store, given, team="north", now=NOW + timedelta(hours=2))
    send(store, given, team="north", now=NOW + timedelta(hours=3), again=True)
    send(store, given, team="south", now=NOW + timedelta(hours=2))
    first, repeated, wanted, other = (str(received.message["Message-ID"]) for received in mail.received)
    assert first == repeated
    assert len({first, wanted, other}) == 3


def test_audit_log_remembers_whose_words_left(store: Store, tmp_path: Path, mail: MailServer) -> None:
    fill(store)
    for attach_pdf in (False, True):
        given = mailing(tmp_path, mail, quotes=True, attach_pdf=attach_pdf, out_dir=tmp_path / "out")
        send(store, given, team="north", again=True)
    begun = [each for each in told_of_digests(store) if each["outcome"] == "begun"]
    assert [each["calls"] for each in begun] == [["c-1000"]] * 4


@pytest.mark.parametrize(
    ("reports", "wanted", "told"),
    [
        ({}, {}, "nothing says where digests go"),
        ({"smtp_host": "127.0.0.1", "receivers": {}}, {}, "nobody is named who gets digests"),
        ({"smtp_host": "127.0.0.1"}, {"team": "nroth"}, "did you mean 'north'"),
        ({"out_dir": Path("out")}, {"day": date(2026, 11, 2)}, "November 2026 has not ended"),
    ],
)
def test_what_cannot_be_sent_is_refused_before_anything_is(
    store: Store, tmp_path: Path, reports: dict[str, Any], wanted: dict[str, Any], told: str
) -> None:
    fill(store)
    with pytest.raises(ConfigError, match=told):
        orders_of(Wanted(**{"day": OCTOBER_DAY, **wanted}), settings(tmp_path, **reports), store, now=NOW)


def test_without_a_day_the_last_periods_that_ended_are_sent(store: Store, tmp_path: Path) -> None:
    given = settings(tmp_path, periods=("day", "week", "month"), out_dir=tmp_path, receivers={"*": ("a@example.org",)})
    orders = orders_of(Wanted(), given, store, now=NOW)  # Monday, 2 November 2026, 02:00 in New York
    assert [order.period.label for order in orders] == ["2026-11-01", "2026-W44", "2026-10"]
