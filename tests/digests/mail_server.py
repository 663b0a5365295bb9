"""A real SMTP server on this machine (RFC 5321, 3207, 4954), small and obedient: tests say what it refuses."""

from __future__ import annotations

import base64
import ipaddress
import socket
import socketserver
import ssl
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Certificate:
    """A certificate and its key in one file each."""

    file: Path
    key: Path


def make_certificate(folder: Path) -> Certificate:
    """Make a certificate for 127.0.0.1 that is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = Certificate(file=folder / "ca.pem", key=folder / "key.pem")
    files.file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files


@dataclass
class Received:
    """A message that the server took: from whom, to whom, and what."""

    sender: str
    receivers: list[str]
    raw: bytes
    secret: bool

    @property
    def message(self) -> EmailMessage:
        """The message, parsed."""
        parsed = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


@dataclass
class MailServer:
    """A server in a thread.

    Attributes:
        certificate: With one it offers STARTTLS, or speaks TLS from the start where ``tls`` is set.
        refused: Receivers that it does not take, in small letters.
        silent: Whether it takes connections and says nothing.
        breaks_off: Whether it hangs up in the middle of a message.
        forgets_to_say: Whether it hangs up behind a message that it took.
        impatient: Whether it hangs up after each message.
        full: Whether it refuses what is to be sent.
        received: What it took.
        connections: How often somebody came.
    """

    certificate: Certificate | None = None
    tls: bool = False
    user: str | None = None
    password: str = ""
    refused: set[str] = field(default_factory=set)
    silent: bool = False
    breaks_off: bool = False
    forgets_to_say: bool = False
    impatient: bool = False
    full: bool = False
    received: list[Received] = field(default_factory=list)
    connections: int = 0

    def __enter__(self) -> Self:
        """Start."""
        outer = self

        class Handler(_Session):
            mail = outer

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])


class _Session(socketserver.BaseRequestHandler):
    mail: MailServer

    def handle(self) -> None:
        """Speak with one client until it leaves."""
        mail = self.mail
        mail.connections += 1
        self.line: Any = self.request
        self.secret = self.let_in = False
        try:
            if mail.silent:
                time.sleep(3)
                return
            if mail.tls:
                self._begin_tls()
            self._talk()
        except (OSError, ssl.SSLError, EOFError):
            return

    def _begin_tls(self) -> None:
        assert self.mail.certificate is not None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.mail.certificate.file, self.mail.certificate.key)
        self.line = context.wrap_socket(self.line, server_side=True)
        self.secret = True

    def _talk(self) -> None:
        self.sender, self.receivers = "", list[str]()
        answers: dict[str, Any] = {
            "EHLO": self._greet,
            "HELO": self._greet,
            "STAR": self._starttls,
            "AUTH": self._sign_in,
            "MAIL": self._from,
            "RCPT": self._to,
            "DATA": self._take,
            "RSET": lambda said: self._say("250 ok"),
        }
        self._say("220 ready")
        while True:
            said = self._hear()
            verb = said[:4].upper()
            if verb == "QUIT":
                self._say("221 bye")
                self.line.close()
                return
            if self.mail.user and not self.let_in and verb in ("MAIL", "RCPT", "DATA"):
                self._say("530 sign in first")
            elif verb in answers:
                answers[verb](said)
            else:
                self._say("502 not known")

    def _greet(self, said: str) -> None:
        mail = self.mail
        offers = ["STARTTLS"] if mail.certificate and not self.secret else []
        offers += ["AUTH PLAIN"] if mail.user and self.secret else []
        for line in ("hello", *offers):
            self._say(f"250-{line}")
        self._say("250 8BITMIME")

    def _starttls(self, said: str) -> None:
        if self.mail.certificate is None:
            self._say("502 not known")
            return
        self._say("220 go ahead")
        self._begin_tls()

    def _from(self, said: str) -> None:
        self.sender, self.receivers = _address(said), []
        self._say("250 ok")

    def _to(self, said: str) -> None:
        if _address(said).casefold() in self.mail.refused:
            self._say(f"550 5.1.1 no mailbox {_address(said)}")
        else:
            self.receivers.append(_address(said))
            self._say("250 ok")

    def _take(self, said: str) -> None:
        mail = self.mail
        if mail.breaks_off:
            self.line.close()
            raise EOFError
        self._say("354 send it")
        raw = self._data()
        if mail.full:
            self._say("452 4.3.1 no room left")
        else:
            mail.received.append(Received(self.sender, self.receivers, raw, self.secret))
            if mail.forgets_to_say:
                self.line.close()
                raise EOFError
            self._say("250 taken")
        if mail.impatient:
            self.line.close()
            raise EOFError

    def _sign_in(self, said: str) -> None:
        _, user, password = base64.b64decode(said.split()[2]).decode().split("\0")
        self.let_in = (user, password) == (self.mail.user, self.mail.password)
        # a server that repeats what it was sent: it must not come out anywhere
        self._say("235 welcome" if self.let_in else f"535 5.7.8 wrong password {password} for {user}")

    def _say(self, line: str) -> None:
        self.line.sendall(f"{line}\r\n".encode())

    def _hear(self) -> str:
        line = b""
        while not line.endswith(b"\r\n"):
            piece = self.line.recv(1)
            if not piece:
                raise EOFError
            line += piece
        return line.decode().strip()

    def _data(self) -> bytes:
        raw = b""
        while not raw.endswith(b"\r\n.\r\n"):
            piece = self.line.recv(65_536)
            if not piece:
                raise EOFError
            raw += piece
        return raw[:-3].replace(b"\r\n..", b"\r\n.")


def _address(said: str) -> str:
    return said.split("<", 1)[1].split(">", 1)[0]


def closed_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
