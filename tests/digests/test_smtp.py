from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from pipeline.config import ReportSettings
from pipeline.digests.smtp import MailRefusedError, Post
from pipeline.errors import ReportError
from tests.digests.conftest import PASSWORD
from tests.digests.mail_server import Certificate, MailServer, closed_port


def settings(server: MailServer | None, **changes: Any) -> ReportSettings:
    given: dict[str, Any] = {
        "sender": "Earmark <qa@example.org>",
        "smtp_host": "127.0.0.1",
        "smtp_port": server.port if server else closed_port(),
        "smtp_security": "none",
        "smtp_timeout_s": 2,
    }
    return ReportSettings(**{**given, **changes})


def signed_in(server: MailServer, ca_file: Path, password: str = PASSWORD, **changes: Any) -> ReportSettings:
    return settings(
        server,
        **{
            "smtp_security": "starttls",
            "smtp_ca_file": ca_file,
            "smtp_user": "earmark",
            "smtp_password": SecretStr(password),
            **changes,
        },
    )


def message(subject: str = "Team north") -> EmailMessage:
    made = EmailMessage()
    made["Subject"], made["From"], made["To"] = subject, "Earmark <qa@example.org>", "lead@example.org"
    made.set_content("A digest.\n.\nwith a dot alone.\n")
    return made


def refusal(given: ReportSettings, receivers: tuple[str, ...] = ("lead@example.org",)) -> str:
    with Post(given) as post, pytest.raises(ReportError) as caught:
        post.hand_over(message(), receivers)
    return str(caught.value)


def test_message_arrives_whole(mail: MailServer) -> None:
    with Post(settings(mail)) as post:
        assert post.hand_over(message(), ["lead@example.org", "boss@example.org"]) == {}
        assert post.hand_over(message("second"), ["lead@example.org"]) == {}
    first, second = mail.received
    assert (first.sender, first.receivers) == ("qa@example.org", ["lead@example.org", "boss@example.org"])
    assert first.message.get_content().replace("\r\n", "\n") == "A digest.\n.\nwith a dot alone.\n"
    assert second.message["Subject"] == "second"
    assert mail.connections == 1


def test_message_goes_over_starttls_with_sign_in(secret_mail: MailServer, ca_file: Path) -> None:
    with Post(signed_in(secret_mail, ca_file)) as post:
        assert post.hand_over(message(), ["lead@example.org"]) == {}
    assert secret_mail.received[0].secret


def test_message_goes_over_tls_from_the_start(certificate: Certificate) -> None:
    with MailServer(certificate=certificate, tls=True) as server:
        with Post(settings(server, smtp_security="tls", smtp_ca_file=certificate.file)) as post:
            post.hand_over(message(), ["lead@example.org"])
        assert server.received[0].secret


def test_one_refused_address_does_not_stop_the_others(mail: MailServer) -> None:
    mail.refused = {"gone@example.org"}
    with Post(settings(mail)) as post:
        refused = post.hand_over(message(), ["lead@example.org", "gone@example.org"])
        assert refused == {"gone@example.org": "550 5.1.1 no mailbox gone@example.org"}
        assert set(post.hand_over(message(), ["gone@example.org"])) == {"gone@example.org"}
    assert [received.receivers for received in mail.received] == [["lead@example.org"]]


def test_server_without_starttls_gets_nothing(mail: MailServer) -> None:
    told = refusal(settings(mail, smtp_security="starttls"))
    assert "offers no STARTTLS" in told
    assert mail.received == []


def test_server_with_an_unknown_certificate_gets_nothing(certificate: Certificate) -> None:
    for tls in (False, True):
        with MailServer(certificate=certificate, tls=tls) as server:
            told = refusal(settings(server, smtp_security="tls" if tls else "starttls"))
            assert "cannot be trusted" in told
            assert "reports.smtp_ca_file" in told
            assert server.received == []


def test_wrong_password_is_told_without_it(secret_mail: MailServer, ca_file: Path) -> None:
    told = refusal(signed_in(secret_mail, ca_file, password="other-Harbour"))
    assert "did not let earmark in (code 535)" in told
    assert "EARMARK_REPORTS__SMTP_PASSWORD" in told
    assert "Harbour" not in told
    assert secret_mail.received == []


def test_missing_password_is_told(secret_mail: MailServer, ca_file: Path) -> None:
    told = refusal(signed_in(secret_mail, ca_file, smtp_password=None))
    assert "no password for earmark" in told


def test_server_that_knows_no_sign_in_is_told(certificate: Certificate) -> None:
    with MailServer(certificate=certificate) as server:
        assert "knows no sign-in" in refusal(signed_in(server, certificate.file))


def test_server_that_is_down_is_asked_once() -> None:
    with Post(settings(None)) as post:
        told = []
        for _ in range(3):
            with pytest.raises(ReportError) as caught:
                post.hand_over(message(), ["lead@example.org"])
            told.append(str(caught.value))
    assert len(set(told)) == 1
    assert "cannot be reached" in told[0]


def test_silent_server_is_given_up_in_time() -> None:
    with MailServer(silent=True) as server:
        with Post(settings(server, smtp_timeout_s=0.3)) as post:
            for _ in range(3):
                with pytest.raises(ReportError, match="no answer in time"):
                    post.hand_over(message(), ["lead@example.org"])
        assert server.connections == 1


def test_server_that_breaks_off_is_tried_anew_by_the_next_message(mail: MailServer) -> None:
    mail.breaks_off = True
    with Post(settings(mail)) as post:
        with pytest.raises(ReportError, match="broke off"):
            post.hand_over(message(), ["lead@example.org"])
        mail.breaks_off = False
        assert post.hand_over(message(), ["lead@example.org"]) == {}
    assert mail.connections == 2


def test_server_that_hung_up_in_between_is_called_again(mail: MailServer) -> None:
    mail.impatient = True
    with Post(settings(mail)) as post:
        assert mail.connections == 0  # not before there is something to send
        for _ in range(3):
            assert post.hand_over(message(), ["lead@example.org"]) == {}
    assert (len(mail.received), mail.connections) == (3, 3)


def test_refused_message_is_told_with_the_server_s_words(mail: MailServer) -> None:
    mail.full = True
    with Post(settings(mail)) as post, pytest.raises(MailRefusedError) as caught:
        post.hand_over(message(), ["lead@example.org"])
    assert "refused the message: 452 4.3.1 no room left" in str(caught.value)
    assert caught.value.brief == f"mail server 127.0.0.1:{mail.port} refused the message (code 452)"


def test_password_is_in_no_text_of_the_settings(secret_mail: MailServer, ca_file: Path) -> None:
    given = signed_in(secret_mail, ca_file)
    assert PASSWORD not in f"{given!r} {given} {given.model_dump()} {given.model_dump_json()}"
