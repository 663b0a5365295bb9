"""A digest to one group of receivers: into a folder, by e-mail, or both; to nobody twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pipeline.audit.kept_head import keep_head
from pipeline.audit.log import Detail, record_act
from pipeline.config import Settings
from pipeline.config.reports import EVERYBODY
from pipeline.digests.html import html_of
from pipeline.digests.lines import DigestPage
from pipeline.digests.make import make_digest, places_of, scorecards_pdf, targets_of
from pipeline.digests.message import message_of
from pipeline.digests.page import page_of
from pipeline.digests.periods import DigestPeriod
from pipeline.digests.smtp import MailRefusedError, Post
from pipeline.digests.text import text_of
from pipeline.errors import EarmarkError, NotFoundError, ReportError, did_you_mean
from pipeline.scorecards.render.files import safe_name, write_files
from pipeline.scorecards.words import count
from pipeline.store.database import Store
from pipeline.store.digests import claim_digest, note_not_sent, note_sent, receivers_who_have
from pipeline.store.known_names import known_names

BEGUN = "begun"
"""What the audit log keeps before a digest leaves; the entry after it says how that ended."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be delivered: the digest of a team (``*``: all calls) and period, to whom, and into which folder."""

    team: str
    period: DigestPeriod
    receivers: tuple[str, ...] = ()
    folder: Path | None = None

    @property
    def asked_team(self) -> str | None:
        """The team; None for all calls."""
        return None if self.team == EVERYBODY else self.team


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """What became of an order.

    Attributes:
        sent: To whom it went.
        had_it: Who has it from before, or is being sent it by another process.
        refused: Whom the mail server refused, and why.
        files: What was written; empty where the folder has it from before.
        errors: Why it could not be made, written or sent.
    """

    order: Order
    sent: tuple[str, ...] = ()
    had_it: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    errors: tuple[EarmarkError, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether nothing is left to be tried again."""
        return not (self.errors or self.refused)

    @property
    def problems(self) -> tuple[str, ...]:
        """What went wrong, as a log may hold it: codes and counts, without addresses and the mail server's words."""
        codes = Counter(answer.partition(" ")[0] for answer in self.refused.values())
        refused = (f"the mail server refused {count(n, 'address', 'addresses')}: {code}" for code, n in codes.items())
        return (
            *(error.brief if isinstance(error, MailRefusedError) else str(error) for error in self.errors),
            *refused,
        )


@dataclass(frozen=True, kw_only=True)
class Office:
    """What delivering works with.

    Attributes:
        now: Tells the time.
        actor: Who sends, for the audit log.
        again: Whether those who have a digest get it once more, and files are written anew.
    """

    store: Store
    settings: Settings
    now: Callable[[], datetime]
    actor: str
    again: bool = False


@dataclass(frozen=True, kw_only=True)
class _Content:
    page: DigestPage
    pdf: bytes | None
    made_at: datetime
    quoted: tuple[str, ...]  # ids of the calls whose words stand in it


def deliver(orders: Sequence[Order], office: Office) -> Iterator[Delivered]:
    """Deliver orders one after the other, and tell what became of each; one that fails does not stop the others."""
    with Post(office.settings.reports) as post:
        for order in orders:
            try:
                yield _deliver(order, office, post)
            except EarmarkError as error:
                yield Delivered(order=order, errors=(error,))


def left_to_send(order: Order, office: Office) -> tuple[str, ...]:
    """Return who does not have a digest yet; with ``again`` everybody."""
    with office.store.read() as connection:
        have = receivers_who_have(connection, order.team, order.period.label)
    return tuple(name for name in order.receivers if office.again or name.casefold() not in have)


def require_deliverable(order: Order, office: Office) -> None:
    """Refuse what `deliver` would stumble over before it sends or writes anything.

    Raises:
        NotFoundError: No call is of this team.
        AuthoredFileError: Something is left to be delivered, and its table of targets cannot be read.
    """
    _require_team(order, office)
    if left_to_send(order, office) or _must_write(order, office):
        targets_of(order.period, office.settings)


def _require_team(order: Order, office: Office) -> None:
    with office.store.read() as connection:
        known = known_names(connection, "team")
    if order.asked_team is not None and order.team not in known:
        raise NotFoundError(f"no call of team {order.team!r} in this workspace{did_you_mean(order.team, known)}")


def _must_write(order: Order, office: Office) -> bool:
    files = files_of(order, office)
    return bool(files) and (office.again or not all(path.is_file() for path in files))


def _deliver(order: Order, office: Office, post: Post) -> Delivered:
    _require_team(order, office)
    must_write = _must_write(order, office)
    to_send = left_to_send(order, office)
    if not (to_send or must_write):
        return Delivered(order=order, had_it=order.receivers)
    content = _content(order, office)
    sent: tuple[str, ...] = ()
    refused: Mapping[str, str] = {}
    written: tuple[Path, ...] = ()
    errors: list[EarmarkError] = []
    if must_write:
        try:
            written = _write(order, content, office)
        except ReportError as error:
            errors.append(error)
    if to_send:
        try:
            sent, refused = _send(order, to_send, content, office, post)
        except ReportError as error:
            errors.append(error)
    had_it = () if errors else tuple(name for name in order.receivers if name not in (*sent, *refused))
    return Delivered(order=order, sent=sent, had_it=had_it, refused=refused, files=written, errors=tuple(errors))


def _content(order: Order, office: Office) -> _Content:
    settings, at = office.settings, office.now()
    digest = make_digest(office.store, order.asked_team, order.period, settings, now=at)
    pdf, quoted = None, {call.call_id for call in digest.to_hear} if digest.quotes else set()
    if settings.reports.attach_pdf:
        pdf, heard = scorecards_pdf(office.store, order.asked_team, order.period, settings, now=at)
        quoted |= heard
    page = page_of(digest, places_of(settings))
    return _Content(page=page, pdf=pdf, made_at=at, quoted=tuple(sorted(quoted)))


def files_of(order: Order, office: Office) -> tuple[Path, ...]:
    """Return where a digest lies in the folder, such as ``2026-W41/north.html``; empty without a folder."""
    if order.folder is None:
        return ()
    return tuple(order.folder / order.period.label / name for name in _names(order.team, office.settings))


def written_in(folder: Path, team: str, settings: Settings) -> set[str]:
    """Return the labels of the digests of a team that lie in a folder, whole."""
    names = _names(team, settings)
    try:
        return {each.name for each in folder.iterdir() if all((each / name).is_file() for name in names)}
    except OSError:  # there is no such folder yet, or writing into it will say what is wrong
        return set()


def _names(team: str, settings: Settings) -> list[str]:
    name = "all-calls" if team == EVERYBODY else f"team-{safe_name(team)}"
    return [f"{name}{suffix}" for suffix in (".html", ".txt", *((".pdf",) if settings.reports.attach_pdf else ()))]


def _write(order: Order, content: _Content, office: Office) -> tuple[Path, ...]:
    paths = files_of(order, office)
    _log(order, office, {"outcome": BEGUN, "files": [path.name for path in paths]}, content.quoted)
    texts: list[str | bytes] = [html_of(content.page), text_of(content.page)]
    if content.pdf is not None:
        texts.append(content.pdf)
    written: tuple[Path, ...] = ()
    try:
        written = tuple(write_files(dict(zip(paths, texts, strict=True))))
    finally:
        _log(order, office, {"outcome": "written" if written else "not written", "written": len(written)})
    return written


def _send(
    order: Order, to_send: Sequence[str], content: _Content, office: Office, post: Post
) -> tuple[tuple[str, ...], Mapping[str, str]]:
    """Send to those who do not have it, and return who got it and whom the server refused.

    It is claimed before it leaves and noted when the server has it: two processes do not send it twice, and what
    failed is tried again by the next run.
    """
    team, label, at = order.team, order.period.label, content.made_at
    with office.store.begin() as connection:
        claimed = claim_digest(connection, team, label, to_send, now=at, again=office.again)
    if not claimed:
        return (), {}
    refused: Mapping[str, str] = dict.fromkeys(claimed, "")
    try:
        _log(order, office, {"outcome": BEGUN, "receivers": len(claimed)}, content.quoted)
        message = message_of(
            content.page,
            sender=office.settings.reports.sender or "",
            receivers=claimed,
            now=at,
            identity=(team, label, at.isoformat() if office.again else ""),
            pdf=content.pdf,
            pdf_name=f"scorecards-{label}.pdf",
        )
        refused = post.hand_over(message, claimed)
    finally:
        sent = tuple(name for name in claimed if name not in refused)
        with office.store.begin() as connection:
            note_sent(connection, team, label, sent, now=office.now())
            note_not_sent(connection, team, label, tuple(refused))
        outcome = "sent" if not refused else "sent to some" if sent else "not sent"
        _log(order, office, {"outcome": outcome, "sent": len(sent), "refused": len(refused)})
    return sent, refused


def _log(order: Order, office: Office, details: Mapping[str, Detail], quoted: Sequence[str] = ()) -> None:
    """Write into the audit log that a digest is about to leave, with the words of which calls, or what became of it.

    The entry before outlives a crash; one of the outcome follows unless there was one.
    """
    told: dict[str, Detail] = {"period": order.period.label, **details, **({"calls": quoted} if quoted else {})}
    with office.store.begin() as connection:
        record_act(
            connection,
            actor=office.actor,
            action="export",
            subject=("digest", order.team),
            details=told,
            now=office.now(),
        )
    with office.store.read() as connection:
        keep_head(connection, office.settings.workspace)
