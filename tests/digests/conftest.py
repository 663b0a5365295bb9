"""A store on both kinds of database, and a mail server on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.store.database import Store, open_store
from tests.digests.mail_server import Certificate, MailServer, make_certificate
from tests.postgres import postgres_server, store_url

__all__ = ["postgres_server", "store_url"]


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An open, empty store."""
    opened = open_store(store_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate for 127.0.0.1 that nobody trusts unless told to."""
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def mail() -> Iterator[MailServer]:
    """A mail server without STARTTLS or sign-in."""
    with MailServer() as server:
        yield server


@pytest.fixture
def secret_mail(certificate: Certificate) -> Iterator[MailServer]:
    """A mail server with STARTTLS that lets in who knows its password."""
    with MailServer(certificate=certificate, user="earmark", password=PASSWORD) as server:
        yield server


PASSWORD = "s3cret-Harbour"


@pytest.fixture
def ca_file(certificate: Certificate) -> Path:
    """Whom to trust."""
    return certificate.file
