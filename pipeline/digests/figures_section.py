"""The figures of a digest in words, and where the calls of each are."""

from __future__ import annotations

from pipeline.digests.digest import Change, Digest
from pipeline.digests.figures_in_words import AUTO_FAILS_APART, change_words, share_from_to
from pipeline.digests.lines import Line, Section
from pipeline.digests.links import Place, Places
from pipeline.records import Interval
from pipeline.scorecards.words import count, excluded, percent


def figures_section(digest: Digest, places: Places) -> Section:
    """Return what was scored and how; a figure that no list of calls can be asked for leads to all, and says so."""
    calls = places.calls(digest.period, team=digest.team)
    before = digest.period.before.short
    scored = f"{digest.calls_scored:,} of {count(digest.calls, 'call')}"
    lines = [Line(what="Scored", value=scored, note=_left_out(digest), place=calls)]
    if digest.calls_scored:
        mean_change = changed(digest.mean_change, before, digest.calls_scored)
        pass_change = changed(digest.pass_change, before, digest.calls_scored)
        lines += [
            Line(what="Mean score", value=share_from_to(digest.mean_share), note=mean_change, place=calls),
            Line(what="Pass rate", value=share_from_to(digest.pass_rate), note=pass_change, place=calls),
            _flagged_calls(
                ("Calls with a critical error", "critical_error", digest.critical_errors),
                (_of_calls(digest.critical_share), AUTO_FAILS_APART),
                digest,
                places,
            ),
            _flagged_calls(("Calls with an auto-fail", "auto_fail", digest.auto_fails), (), digest, places),
            Line(
                what="Calls with answers of people",
                value=f"{digest.reviewed:,}",
                note=shows_all(calls),
                place=calls,
            ),
        ]
    on = f"on {count(digest.calls_flagged, 'call')} of this time" if digest.flags_open else ""
    lines.append(
        Line(
            what="Flags that are open", value=f"{digest.flags_open:,}", note=_joined(on, shows_all(calls)), place=calls
        )
    )
    return Section(title="Figures", lines=tuple(lines))


def changed(change: Change, before: str, calls_scored: int) -> str:
    """Return a change in words, and over how many calls where these are not all."""
    said = change_words(change, before)
    if change.interval is not None and change.calls < calls_scored:
        said += f"; compared over the {count(change.calls, 'call')} scored by rubrics of both times"
    return said


def shows_all(place: Place) -> str:
    """Return what is to be said beside a figure whose calls no list can be asked for."""
    return f"the {'link' if place.is_address else 'command'} shows all calls"


def _flagged_calls(figure: tuple[str, str, int], notes: tuple[str, ...], digest: Digest, places: Places) -> Line:
    """Return a figure that leads to its calls where the console lists exactly these by an open flag."""
    what, code, value = figure
    exact = places.public_url is not None and code in digest.listed_by_flag
    place = places.calls(digest.period, team=digest.team, flag=code if exact else None)
    note = _joined(*notes, "" if exact else shows_all(place))
    return Line(what=what, value=f"{value:,}", note=note, place=place)


def _of_calls(share: Interval | None) -> str:
    if share is None:
        return ""
    return f"{percent(share.estimate)} of calls, of calls like these {percent(share.low)} to {percent(share.high)}"


def _left_out(digest: Digest) -> str:
    return f"not counted: {excluded(digest.excluded)}" if digest.excluded else ""


def _joined(*said: str) -> str:
    return "; ".join(filter(None, said))
