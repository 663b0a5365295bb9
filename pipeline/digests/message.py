"""A digest as an e-mail."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from pipeline.digests.html import html_of
from pipeline.digests.lines import DigestPage
from pipeline.digests.text import text_of


def message_of(
    page: DigestPage,
    *,
    sender: str,
    receivers: Sequence[str],
    now: datetime,
    identity: Sequence[str],
    pdf: bytes | None = None,
    pdf_name: str = "scorecards.pdf",
) -> EmailMessage:
    """Return an e-mail: plain text, the same as HTML, and the scorecards as PDF where they are attached.

    Nothing that a call, an agent or a team is called can begin a header of its own: the subject is one printable line,
    addresses are parsed, and the policy refuses what is left.

    Args:
        page: The digest.
        sender: ``qa@example.org`` or ``Earmark <qa@example.org>``.
        receivers: Plain addresses.
        now: When it is sent.
        identity: What makes it this digest and no other: team and period. Sent again to the same receivers, after the
            server broke off and may have it, it bears the same Message-ID, so that mail programs can see the double.
        pdf: Scorecards; None for no attachment.
        pdf_name: What the attachment is called.
    """
    name, address = parseaddr(sender)
    message = EmailMessage(policy=SMTP)
    message["Subject"] = page.subject
    message["From"] = Address(display_name=name, addr_spec=address)
    message["To"] = [Address(addr_spec=receiver) for receiver in receivers]
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{_digest_id(identity, address, receivers)}@{address.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's out-of-office answers it
    message.set_content(text_of(page), cte="quoted-printable")
    message.add_alternative(html_of(page), subtype="html", cte="quoted-printable")
    if pdf is not None:
        message.add_attachment(pdf, maintype="application", subtype="pdf", filename=pdf_name)
    return message


def _digest_id(identity: Sequence[str], sender: str, receivers: Sequence[str]) -> str:
    told = json.dumps([*identity, sender, sorted(receiver.casefold() for receiver in receivers)])
    return f"digest.{hashlib.sha256(told.encode()).hexdigest()[:32]}"
