"""Hand e-mails to a mail server. No error tells a password, and nothing goes over a line less secret than is set."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Sequence
from contextlib import suppress
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Self

from pipeline.config import ReportSettings
from pipeline.errors import ReportError

_PASSWORD_VARIABLE = "EARMARK_REPORTS__SMTP_PASSWORD"  # noqa: S105 - its name, not the password
_MOST_CHARACTERS = 200
_HANGS_UP = 421


class MailRefusedError(ReportError):
    """The mail server refused a message, with its words, which may repeat addresses; ``brief`` is without them."""

    def __init__(self, brief: str, code: int, words: bytes | str) -> None:
        super().__init__(f"{brief}: {_said(code, words)}")
        self.brief = f"{brief} (code {code})"


class Post:
    """One connection to the mail server, opened when the first message needs it.

    A server that cannot be reached is asked once: what is left fails at once, instead of waiting for it each time.
    Where it has hung up since the last message, the next one opens another connection.
    """

    def __init__(self, settings: ReportSettings) -> None:
        self._settings = settings
        self._connection: smtplib.SMTP | None = None
        self._unreachable: str | None = None

    def __enter__(self) -> Self:
        """Give the connection, not opened yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the connection."""
        self._close()

    def check(self) -> None:
        """Open the connection and sign in, without sending anything.

        Raises:
            ReportError: As for `hand_over`.
        """
        self._opened()

    def hand_over(self, message: EmailMessage, receivers: Sequence[str]) -> dict[str, str]:
        """Send one message, and return whom the server refused, with its reason; all others have it.

        Raises:
            ReportError: Nobody has it: the server does not answer, cannot be trusted, has no STARTTLS, does not let us
                in, or refused the sender or the message.
        """
        where, sender = _where(self._settings), parseaddr(self._settings.sender or "")[1]
        connection = self._opened()
        try:
            refused = connection.send_message(message, from_addr=sender, to_addrs=list(receivers))
        except smtplib.SMTPRecipientsRefused as error:
            refused = error.recipients
        except smtplib.SMTPSenderRefused as error:
            raise MailRefusedError(
                f"{where} refused the sender (reports.sender)", error.smtp_code, error.smtp_error
            ) from None
        except smtplib.SMTPResponseException as error:
            raise MailRefusedError(f"{where} refused the message", error.smtp_code, error.smtp_error) from None
        except (smtplib.SMTPException, OSError) as error:
            self._close()
            raise ReportError(f"{where} broke off: {_fault(error)}") from None
        return {receiver: _said(code, words) for receiver, (code, words) in refused.items()}

    def _opened(self) -> smtplib.SMTP:
        if self._unreachable is not None:
            raise ReportError(self._unreachable)
        if self._connection is not None and not _alive(self._connection):
            self._close()  # making a digest takes a while, and servers hang up on whoever is silent
        if self._connection is None:
            try:
                self._connection = _connected(self._settings)
                _signed_in(self._connection, self._settings)
            except ReportError as error:
                self._unreachable = str(error)
                self._close()
                raise
        return self._connection

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(smtplib.SMTPException, OSError):
                connection.quit()
            connection.close()


def _alive(connection: smtplib.SMTP) -> bool:
    """Ask the server whether it still listens; 421 says that it hangs up (RFC 5321, 3.8)."""
    try:
        return connection.noop()[0] != _HANGS_UP
    except (smtplib.SMTPException, OSError):
        return False


def _connected(settings: ReportSettings) -> smtplib.SMTP:
    assert settings.smtp_host is not None
    where, timeout_s = _where(settings), settings.smtp_timeout_s
    try:
        if settings.smtp_security == "tls":
            context = _context(settings)
            return smtplib.SMTP_SSL(settings.smtp_host, settings.smtp_port, timeout=timeout_s, context=context)
        connection = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=timeout_s)
    except ssl.SSLCertVerificationError as error:
        raise ReportError(
            f"{where}: its certificate cannot be trusted ({error.verify_message}); {_CERTIFICATE}"
        ) from None
    except (smtplib.SMTPException, OSError) as error:
        raise ReportError(
            f"{where} cannot be reached: {_fault(error)}; check reports.smtp_host and smtp_port"
        ) from None
    if settings.smtp_security == "none":
        return connection
    try:
        connection.starttls(context=_context(settings))
        return connection
    except smtplib.SMTPNotSupportedError:
        problem = (
            'offers no STARTTLS; choose reports.smtp_security = "tls" with its port, or "none" within your own net'
        )
    except ssl.SSLCertVerificationError as error:
        problem = f"has a certificate that cannot be trusted ({error.verify_message}); {_CERTIFICATE}"
    except (smtplib.SMTPException, OSError) as error:
        problem = f"could not be asked for STARTTLS: {_fault(error)}"
    connection.close()
    raise ReportError(f"{where} {problem}")


_CERTIFICATE = "name its authority in reports.smtp_ca_file, or the host as the certificate does"


def _signed_in(connection: smtplib.SMTP, settings: ReportSettings) -> None:
    if settings.smtp_user is None:
        return
    where = _where(settings)
    if settings.smtp_password is None:
        raise ReportError(f"{where}: no password for {settings.smtp_user}; set {_PASSWORD_VARIABLE}")
    try:
        connection.login(settings.smtp_user, settings.smtp_password.get_secret_value())
    except smtplib.SMTPAuthenticationError as error:  # its words are left out: servers repeat what they were sent
        raise ReportError(
            f"{where} did not let {settings.smtp_user} in (code {error.smtp_code}); "
            f"check the name and {_PASSWORD_VARIABLE}"
        ) from None
    except smtplib.SMTPNotSupportedError:
        raise ReportError(f"{where} knows no sign-in; leave reports.smtp_user out") from None
    except (smtplib.SMTPException, OSError) as error:
        raise ReportError(f"{where} broke off during the sign-in ({type(error).__name__})") from None
    except UnicodeEncodeError:
        raise ReportError(f"{where}: a name or password with such letters cannot be sent; use plain ones") from None


def _context(settings: ReportSettings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(settings.smtp_ca_file) if settings.smtp_ca_file else None)
    except (ssl.SSLError, OSError) as error:
        raise ReportError(f"reports.smtp_ca_file {settings.smtp_ca_file}: cannot be read ({_fault(error)})") from None


def _where(settings: ReportSettings) -> str:
    return f"mail server {settings.smtp_host}:{settings.smtp_port}"


def _fault(error: Exception) -> str:
    if isinstance(error, TimeoutError) or "timed out" in str(error):  # smtplib tells one as a closed connection
        return "no answer in time"
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "it closed the connection"
    return getattr(error, "strerror", None) or type(error).__name__


def _said(code: int, words: bytes | str) -> str:
    """Return a server's answer as one printable line."""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    printable = "".join(each if each.isprintable() else " " for each in text)
    return f"{code} {' '.join(printable.split())[:_MOST_CHARACTERS]}".strip()
