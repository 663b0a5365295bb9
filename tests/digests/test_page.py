from __future__ import annotations

import dataclasses
import re

from pipeline.digests.build import build_digest
from pipeline.digests.digest import Topic, Waiting
from pipeline.digests.html import html_of
from pipeline.digests.lines import DigestPage
from pipeline.digests.links import Places
from pipeline.digests.page import MOST_AGENTS, page_of
from pipeline.digests.text import text_of
from tests.digests.made import NOW, OCTOBER, SETTINGS, calls, digest, source
from tests.factories import evidence
from tests.scorecards.made_rows import flag

COMMANDS, CONSOLE = Places(public_url=None), Places(public_url="https://qa.example.org/")
MARKER = "xyzzy-my-card-number"


def flagged() -> DigestPage:
    return page_of(_digest(), COMMANDS)


def _digest(*, quotes: bool = False, **changes: object):  # type: ignore[no-untyped-def]
    raised = flag(2, "critical", reason=f"Said {MARKER}", evidence=(evidence(quote=f"it is {MARKER}"),))
    return dataclasses.replace(digest(calls([0.9, 0.4, 0.8, 0.7, 0.95, 0.9]), [raised], quotes=quotes), **changes)


def test_words_of_calls_are_left_out_unless_they_are_asked_for() -> None:
    assert MARKER not in repr(_digest())  # no form can forget to leave them out
    quiet, loud = page_of(_digest(), CONSOLE), page_of(_digest(quotes=True), CONSOLE)
    for page in (html_of(quiet), text_of(quiet)):
        assert MARKER not in page
        assert "The score is low." in page
    for page in (html_of(loud), text_of(loud)):
        assert f"“it is {MARKER}”" in " ".join(page.split())


def test_every_figure_has_an_address_in_the_console() -> None:
    page = page_of(_digest(), CONSOLE)
    figures = next(section for section in page.sections if section.title == "Figures")
    assert {line.place.target for line in figures.lines if line.place} == {
        f"https://qa.example.org/calls?team=north{flag}&since=2026-10-01&until=2026-10-31"
        for flag in ("", "&flag=critical_error", "&flag=auto_fail")
    }
    assert all(line.place for line in figures.lines)
    assert 'href="https://qa.example.org/calls/c-0002"' in html_of(page)


def test_errors_lead_to_exactly_their_calls_where_the_console_can_list_them() -> None:
    rows = calls([0.9] * 6)
    rows[0]["critical_error"], rows[1]["auto_failed"], rows[2]["auto_failed"] = True, True, True
    flagged = {"critical_error": frozenset({"c-0001"}), "auto_fail": frozenset({"c-0002"})}  # one flag was closed
    made = build_digest(source(rows, flagged=flagged), "north", OCTOBER, SETTINGS, now=NOW)
    figures = {line.what: line for line in page_of(made, CONSOLE).sections[0].lines}
    days = "since=2026-10-01&until=2026-10-31"
    critical = figures["Calls with a critical error"]
    assert critical.place
    assert critical.place.target == f"https://qa.example.org/calls?team=north&flag=critical_error&{days}"
    assert critical.note.endswith("; auto-fails are counted by themselves")
    auto_fails = figures["Calls with an auto-fail"]
    assert auto_fails.place
    assert (auto_fails.value, auto_fails.note) == ("2", "the link shows all calls")
    assert auto_fails.place.target == f"https://qa.example.org/calls?team=north&{days}"
    for what in ("Calls with answers of people", "Flags that are open"):
        assert "the link shows all calls" in figures[what].note
    commands = page_of(made, COMMANDS).sections[0].lines
    assert all("the command shows all calls" in line.note for line in commands[3:])
    assert "1 call with a critical error; 2 calls with an auto-fail." in page_of(made, COMMANDS).lead


def test_every_line_of_the_text_shows_where_it_leads() -> None:
    for places in (COMMANDS, CONSOLE):
        page = page_of(_digest(), places)
        placed = [line.place.target for section in page.sections for line in section.lines if line.place]
        text = text_of(page)
        for target in placed:
            assert text.count(f"  {target}\n") == placed.count(target)


def test_every_figure_has_a_command_where_there_is_no_console() -> None:
    text = text_of(flagged())
    assert "  earmark calls list --team north --from 2026-10-01 --to 2026-10-31\n" in text
    assert "  earmark calls show c-0002\n" in text
    assert "http" not in text


def test_command_survives_a_team_that_is_called_badly() -> None:
    target = Places(public_url=None).calls(digest([]).period, team="a; rm -rf '~'").target
    assert target.startswith("""earmark calls list --team 'a; rm -rf '"'"'~'"'"'' --from""")
    address = CONSOLE.calls(digest([]).period, team="a&b=c d").target
    assert "team=a%26b%3Dc+d&" in address


def test_html_shows_names_as_they_are_and_fetches_nothing() -> None:
    made = dataclasses.replace(_digest(), team='<img src="https://evil.example/x">')
    page = html_of(page_of(made, COMMANDS))
    assert "<img" not in page
    assert "&lt;img src=" in page
    assert not re.findall(r"<(?:script|link|img|iframe|object)|@import|url\(|src=\"", page.replace("&lt;img src=", ""))


def test_html_is_the_same_figures_as_the_text() -> None:
    page = flagged()
    html = re.sub(r"<style>.*?</style>|<[^>]+>", " ", html_of(page), flags=re.DOTALL)
    text = text_of(page)
    for section in page.sections:
        for line in section.lines:
            for said in (line.what, line.value, line.note):
                assert " ".join(said.split()) in " ".join(html.split())
                assert " ".join(said.split()) in " ".join(text.split())


def test_lines_of_the_text_are_short_but_for_what_is_copied() -> None:
    for line in text_of(flagged()).splitlines():
        assert len(line) <= 78 or line.startswith("  earmark ")


def test_change_is_only_told_as_one_where_it_is_clear() -> None:
    import datetime

    september = datetime.date(2026, 9, 8)
    same = digest([*calls([0.8, 0.9] * 5), *calls([0.9, 0.8] * 5, first=100, day=september)])
    assert "no clear change on September" in text_of(page_of(same, COMMANDS))
    worse = digest([*calls([0.2, 0.3] * 20), *calls([0.9, 0.8] * 20, first=100, day=september)])
    text = " ".join(text_of(page_of(worse, COMMANDS)).split())
    assert re.search(r"mean 25% \(\d+ to \d+\); down 60 points \(\d+\.?\d* to \d+\.?\d*\) on September", text)


def test_subject_is_one_line_whatever_a_team_is_called() -> None:
    page = page_of(_digest(team="north\r\nBcc: evil@example.org\x07"), COMMANDS)
    assert page.subject == "Team north Bcc: evil@example.org , October 2026"
    assert "\x07" not in text_of(page) + html_of(page)


def test_many_topics_are_counted_instead_of_listed() -> None:
    topics = tuple(Topic(agent_id=f"a{n}", title="Greets", missed=4, assessed=5, critical=False) for n in range(50))
    page = page_of(_digest(waiting=Waiting(disputes=3, topics=topics, coaching_items=0)), COMMANDS)
    waiting = next(section for section in page.sections if section.title == "Waiting for somebody")
    assert sum(line.what.startswith("Coach a") for line in waiting.lines) == MOST_AGENTS
    assert "and 20 more topics" in text_of(page)
    assert "Disputes to rule on: 3" in text_of(page)


def test_digest_without_calls_says_so() -> None:
    assert "No call began in this time." in text_of(page_of(digest([]), COMMANDS))
