"""The sample calls, recognised and scored: what was written into the scripts is found, and nothing else."""

import re
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.command import AUDIO, SAMPLES, Workspace, overlap, words_of
from tests.acceptance.recordings import is_mono, spoken, truth

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

Row = dict[str, Any]
Show = dict[str, Any]

BROKEN = ("21-damaged", "22-impossible-date")
GOOD = tuple(stem for stem in truth() if stem not in BROKEN)
STEREO = tuple(stem for stem in GOOD if not is_mono(stem))
MONO = tuple(stem for stem in GOOD if is_mono(stem))

# What the scripts' `expect:` blocks say, and the rule that is to find it.
RULES = {
    "recording_notice": "recording-notice",
    "own_name_and_company": "greeting",
    "identity_verified": "identity-verification",
    "mini_miranda": "mini-miranda",
    "threat": "debt-threat",
    "card_number_read": "card-number-spoken",
    "security_code_read": "security-code-spoken",
    "guarantee": "guarantee",
    "false_urgency": "false-urgency",
    "price_disclosed": "price-disclosed",
    "hold_announced": "hold-announced",
    "escalation": "escalation-request",
    "repeat_contact": "repeat-contact",
    "empathy": "empathy",
    "summary": "recap",
    "further_help_offered": "anything-else",
    "closing_thanks": "closing-thanks",
}
SAID = {True, "present", "correct", "before_account_detail"}
EXPECTED = [
    (stem, key, value in SAID) for stem in GOOD for key, value in truth()[stem]["expect"].items() if key in RULES
]
# Grave things that no script has unless its `expect:` says so.
NEVER_UNASKED = {
    "threat": "debt-threat",
    "card_number_read": "card-number-spoken",
    "security_code_read": "security-code-spoken",
    "guarantee": "guarantee",
    "escalation": "escalation-request",
    "repeat_contact": "repeat-contact",
    None: "profanity",
}
DIGITS = frozenset(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "oh"])
# Recognisers write numbers as they like: 1981, $840, 12th.
NUMBERS = DIGITS | frozenset(
    [
        "ten",
        "twelve",
        "twelfth",
        "fifteen",
        "fifteenth",
        "nineteen",
        "twenty",
        "thirty",
        "forty",
        "fifty",
        "sixty",
        "seventy",
        "eighty",
        "ninety",
        "hundred",
        "thousand",
        "dollars",
        "first",
        "second",
        "third",
        "fourth",
        "fifth",
        "sixth",
        "seventh",
        "eighth",
        "ninth",
        "tenth",
        "twentieth",
    ]
)


def finding(show: Show, rule_id: str) -> dict[str, Any]:
    found = [each for each in show["findings"] if each["rule_id"] == rule_id]
    assert len(found) == 1, [each["rule_id"] for each in show["findings"]]
    return dict(found[0])


def result(show: Show, criterion_id: str) -> dict[str, Any]:
    results = show["scores"][0]["results"]
    return dict(next(each for each in results if each["criterion_id"] == criterion_id))


def row_of(rows: list[Row], stem: str) -> Row:
    return next(row for row in rows if Path(row["media_uri"]).name == truth()[stem]["file"])


def content_words(turns: list[dict[str, Any]]) -> list[str]:
    """The words by which two texts are compared: the short ones and the numbers say little."""
    words = words_of(" ".join(turn["words"] for turn in turns))
    return [word for word in words if len(word) > 3 and word not in NUMBERS]


def customer_sentiment(show: Show) -> dict[str, Any]:
    return dict(next(party for party in show["sentiment"]["parties"] if party["role"] == "customer"))


# --- the batch ---------------------------------------------------------------------------------------------------


def test_run_ends_well_though_two_files_cannot_be_used(samples: Workspace) -> None:
    samples.run.ok()


def test_run_prints_calls_agents_and_where_the_reports_lie(samples: Workspace, sample_rows: list[Row]) -> None:
    out = samples.run.out
    for row in sample_rows:
        if row["status"] == "scored":
            assert row["call_id"][:10] in out
    for agent in {call["agent_id"] for call in truth().values()}:
        assert agent in out
    reports = [Path(path) for path in re.findall(r"(/\S+\.html)", out)]
    assert reports
    assert all(path.is_file() for path in reports)


def test_without_a_terminal_progress_comes_in_plain_lines(samples: Workspace) -> None:
    assert "\r" not in samples.run.out + samples.run.err
    assert len(samples.run.err.splitlines()) >= len(GOOD)


def test_every_good_call_is_scored_once_and_the_broken_files_failed(sample_rows: list[Row]) -> None:
    scored = sorted(Path(row["media_uri"]).name for row in sample_rows if row["status"] == "scored")
    assert scored == sorted(truth()[stem]["file"] for stem in GOOD)
    failed = sorted(Path(row["media_uri"]).name for row in sample_rows if row["status"] == "failed")
    assert failed == sorted(truth()[stem]["file"] for stem in BROKEN)


def test_failed_files_are_listed_with_a_plain_reason(samples: Workspace) -> None:
    rows = samples.calls("--status", "failed")
    assert len(rows) == len(BROKEN)
    for row in rows:
        assert row["status"] == "failed"
        assert row["score_share"] is None
        reasons = [defect["reason"] for defect in row["defects"]]
        assert reasons
        for reason in reasons:
            assert len(reason) > 20
            assert not re.search(r"Errno|Error\b|Exception|Traceback|0x|av\.|<class", reason), reason
    shown = samples.ask("calls", "list", "--status", "failed").ok().out
    for row in rows:
        assert row["call_id"] in shown


@pytest.mark.parametrize("stem", BROKEN)
def test_a_failed_file_can_be_shown_by_the_id_that_the_list_gives(
    samples: Workspace, sample_rows: list[Row], stem: str
) -> None:
    shown = samples.show(row_of(sample_rows, stem)["call_id"])
    assert shown["scores"] == []


def test_the_list_holds_what_the_issue_names(sample_rows: list[Row]) -> None:
    named = {"call_id", "status", "agent_id", "team", "queue", "started_at", "duration_ms", "score_share", "flags"}
    for row in sample_rows:
        assert named | {"defects"} <= set(row)


@pytest.mark.parametrize("stem", GOOD)
def test_metadata_come_from_manifest_sidecar_or_file_name(sample_rows: list[Row], stem: str) -> None:
    row, call = row_of(sample_rows, stem), truth()[stem]
    assert (row["agent_id"], row["team"], row["queue"]) == (call["agent_id"], call["team"], call["queue"])
    assert datetime.fromisoformat(row["started_at"]) == datetime.fromisoformat(call["started_at"])
    assert row["duration_ms"] == pytest.approx(call["duration_ms"], abs=300)


@pytest.mark.parametrize("stem", GOOD)
def test_show_holds_what_the_issue_names(sample_shows: dict[str, Show], stem: str) -> None:
    show = sample_shows[stem]
    parts = {"recording", "transcript", "findings", "sentiment", "measures", "scores", "flags"}
    assert parts <= set(show)
    assert show["transcript"]["turns"]
    assert show["findings"]
    assert show["sentiment"]["readings"]
    assert show["measures"]["duration_ms"] == show["recording"]["duration_ms"]
    assert show["recording"]["customer_ref"] == truth()[stem]["customer_ref"]
    assert show["recording"]["direction"] == truth()[stem]["direction"]
    if truth()[stem]["layout"] == "mono-twice":
        assert show["recording"]["defects"], "that one mono was stored twice is said"
    else:
        assert show["recording"]["channels"] == (1 if is_mono(stem) else 2)


# --- who spoke, and what -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stem", STEREO)
def test_agent_and_customer_are_on_their_channels(sample_shows: dict[str, Show], stem: str) -> None:
    call = truth()[stem]
    roles = {(turn["channel"], turn["role"]) for turn in sample_shows[stem]["transcript"]["turns"]}
    assert (call["agent_channel"], "agent") in roles
    assert (call["customer_channel"], "customer") in roles
    allowed = {(call["agent_channel"], "agent"), (call["customer_channel"], "customer")}
    assert roles <= allowed | {(call["agent_channel"], "system")}


@pytest.mark.parametrize("stem", STEREO)
def test_each_party_is_credited_with_its_own_words(sample_shows: dict[str, Show], stem: str) -> None:
    turns = sample_shows[stem]["transcript"]["turns"]
    for role, other in (("agent", "customer"), ("customer", "agent")):
        said = content_words([turn for turn in spoken(stem) if turn["role"] == role])
        own = words_of(" ".join(turn["text"] for turn in turns if turn["role"] == role))
        others = words_of(" ".join(turn["text"] for turn in turns if turn["role"] == other))
        assert overlap(said, own) > 0.65, (role, own)
        assert overlap(said, own) > overlap(said, others) + 0.2


@pytest.mark.parametrize("stem", MONO)
def test_in_mono_nobody_is_guessed(sample_shows: dict[str, Show], stem: str) -> None:
    turns = sample_shows[stem]["transcript"]["turns"]
    for turn in turns:
        middle = (turn["start_ms"] + turn["end_ms"]) / 2
        speaking = {t["role"].replace("system", "agent") for t in spoken(stem) if t["start_ms"] <= middle < t["end_ms"]}
        assert turn["role"] == "unknown" or not speaking or turn["role"] in speaking, turn
    heard = words_of(" ".join(turn["text"] for turn in turns))
    said = content_words(spoken(stem))
    assert overlap(said, heard) > 0.65
    assert len(heard) < 1.3 * sum(len(words_of(turn["words"])) for turn in spoken(stem)), "text must not double"


@pytest.mark.parametrize("stem", GOOD)
def test_turns_and_words_lie_in_time(sample_shows: dict[str, Show], stem: str) -> None:
    show = sample_shows[stem]
    length = show["recording"]["duration_ms"]
    turns = show["transcript"]["turns"]
    assert [turn["start_ms"] for turn in turns] == sorted(turn["start_ms"] for turn in turns)
    for turn in turns:
        assert 0 <= turn["start_ms"] < turn["end_ms"] <= length + 250
        assert turn["words"]
        assert turn["confidence"] is None or 0 <= turn["confidence"] <= 1
        for word in turn["words"]:
            assert turn["start_ms"] <= word["start_ms"] <= word["end_ms"] <= turn["end_ms"]
            assert word["confidence"] is None or 0 <= word["confidence"] <= 1
        for before, after in pairwise(turn["words"]):
            assert before["start_ms"] <= after["start_ms"]


# --- what was found, and not found -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("stem", "key", "said"), EXPECTED, ids=[f"{stem}-{key}" for stem, key, _ in EXPECTED])
def test_what_the_script_says_is_what_is_found(sample_shows: dict[str, Show], stem: str, key: str, said: bool) -> None:
    found = finding(sample_shows[stem], RULES[key])
    if said and is_mono(stem):
        assert found["kind"] in {"present", "cannot_assess"}, found["reason"]
    else:
        assert found["kind"] == ("present" if said else "absent"), found["reason"]


@pytest.mark.parametrize("stem", GOOD)
def test_nothing_grave_is_found_that_nobody_said(sample_shows: dict[str, Show], stem: str) -> None:
    for key, rule_id in NEVER_UNASKED.items():
        if not truth()[stem]["expect"].get(key or "", False):
            found = finding(sample_shows[stem], rule_id)
            assert found["kind"] == "absent", (rule_id, found["evidence"], found["reason"])


@pytest.mark.parametrize("stem", STEREO)
def test_found_words_were_spoken_there_by_that_party(sample_shows: dict[str, Show], stem: str) -> None:
    for key, rule_id in RULES.items():
        if truth()[stem]["expect"].get(key) not in SAID:
            continue
        found = finding(sample_shows[stem], rule_id)
        for evidence in found["evidence"]:
            for at in (evidence["start_ms"], evidence["end_ms"]):
                near = [turn for turn in spoken(stem) if turn["start_ms"] - 1500 <= at <= turn["end_ms"] + 1500]
                roles = {turn["role"].replace("system", "agent") for turn in near}
                assert evidence["role"].replace("system", "agent") in roles, (rule_id, evidence)


def test_a_late_recording_notice_is_the_nearest_miss(sample_shows: dict[str, Show]) -> None:
    found = finding(sample_shows["20-late-notice"], "recording-notice")
    assert found["searched"] == {"start_ms": 0, "end_ms": 30_000}
    miss = found["nearest_miss"]["evidence"]
    assert "recorded" in miss["quote"]
    late = next(turn for turn in spoken("20-late-notice") if "recorded" in turn["words"])
    assert late["start_ms"] - 1500 <= miss["start_ms"] <= late["end_ms"]


def test_a_late_mini_miranda_fails_the_call_and_is_the_nearest_miss(
    sample_shows: dict[str, Show], sample_rows: list[Row]
) -> None:
    show = sample_shows["05-late-mini-miranda"]
    assert result(show, "mini-miranda")["status"] == "fail"
    miss = finding(show, "mini-miranda")["nearest_miss"]["evidence"]
    late = next(turn for turn in spoken("05-late-mini-miranda") if "debt collector" in turn["words"])
    assert late["start_ms"] - 1500 <= miss["start_ms"] < miss["end_ms"] <= late["end_ms"] + 1500
    assert row_of(sample_rows, "05-late-mini-miranda")["flags"]


@pytest.mark.parametrize("stem", ["06-collections-threat", "08-guaranteed-returns"])
def test_an_auto_fail_sets_the_score_to_zero_and_keeps_the_raw_one(sample_shows: dict[str, Show], stem: str) -> None:
    score = sample_shows[stem]["scores"][0]
    assert score["share"] == 0
    assert score["raw_share"] > 0
    assert score["auto_failed_by"]


def test_a_denied_guarantee_is_no_guarantee(sample_shows: dict[str, Show], sample_rows: list[Row]) -> None:
    show = sample_shows["09-no-guarantee"]
    assert "guarantee" in words_of(" ".join(turn["text"] for turn in show["transcript"]["turns"])), "not even heard"
    assert result(show, "no-guarantee")["status"] == "pass"
    assert show["scores"][0]["auto_failed_by"] == []
    assert row_of(sample_rows, "09-no-guarantee")["score_share"] > 0.8


def test_dead_air_is_measured_where_it_is_and_nowhere_else(sample_shows: dict[str, Show]) -> None:
    for stem in STEREO:
        measures = sample_shows[stem]["measures"]
        if stem == "14-dead-air":
            assert 17_000 <= measures["longest_dead_air_ms"] <= 20_000
            assert measures["dead_air_count"] == 1
        else:
            assert measures["longest_dead_air_ms"] < 6_000, stem
        if stem == "13-on-hold":
            assert measures["hold_count"] == 1
            assert 29_000 <= measures["longest_hold_ms"] <= 33_000
        else:
            assert measures["hold_count"] == 0, stem


def test_who_interrupts_is_counted(sample_shows: dict[str, Show]) -> None:
    for stem in STEREO:
        measures = sample_shows[stem]["measures"]
        if stem == "11-interruptions":
            assert measures["agent_interruptions"] == truth()[stem]["expect"]["overtalk_count"]
        else:
            assert measures["agent_interruptions"] <= 1, stem
        assert measures["customer_interruptions"] <= 1, stem


def test_hold_music_makes_no_words(sample_shows: dict[str, Show]) -> None:
    hold = next(turn for turn in truth()["13-on-hold"]["turns"] if turn["kind"] == "hold_music")
    for turn in sample_shows["13-on-hold"]["transcript"]["turns"]:
        for word in turn["words"]:
            middle = (word["start_ms"] + word["end_ms"]) / 2
            assert not hold["start_ms"] + 1500 < middle < hold["end_ms"] - 1500, word


def test_silence_makes_no_words(sample_shows: dict[str, Show]) -> None:
    silence = next(turn for turn in truth()["14-dead-air"]["turns"] if turn["kind"] == "silence")
    for turn in sample_shows["14-dead-air"]["transcript"]["turns"]:
        for word in turn["words"]:
            middle = (word["start_ms"] + word["end_ms"]) / 2
            assert not silence["start_ms"] + 1500 < middle < silence["end_ms"] - 1500, word


@pytest.mark.parametrize("stem", [stem for stem in STEREO if truth()[stem]["expect"].get("customer_sentiment")])
def test_the_customers_mood_is_read(sample_shows: dict[str, Show], stem: str) -> None:
    mood = customer_sentiment(sample_shows[stem])
    upset = [flag for flag in sample_shows[stem]["flags"] if flag["code"] == "customer_upset_at_end"]
    match truth()[stem]["expect"]["customer_sentiment"]:
        case "recovers":
            assert mood["change"] > 0
            assert not upset
        case "positive":
            assert mood["quarters"][3] > 0
            assert not upset
        case "stays_negative":
            assert mood["overall"] < 0
            assert upset
        case "neutral":
            assert abs(mood["overall"]) < 0.5


# --- scores and flags ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stem", GOOD)
def test_every_answer_has_its_evidence(sample_shows: dict[str, Show], stem: str) -> None:
    show = sample_shows[stem]
    turns = show["transcript"]["turns"]
    results = show["scores"][0]["results"]
    assert len(results) >= 8
    for each in results:
        assert each["reason"], each
        if each["status"] in {"not_applicable", "cannot_assess"}:
            assert each["points_earned"] is None
            continue
        by_number = re.search(r"\d", each["reason"])
        assert each["evidence"] or each["searched"] or by_number, each
        for evidence in each["evidence"]:
            turn = turns[evidence["turn_index"]]
            assert evidence["quote"] == turn["text"][evidence["char_start"] : evidence["char_end"]]
            assert evidence["quote"].strip()
            assert turn["start_ms"] <= evidence["start_ms"] < evidence["end_ms"] <= turn["end_ms"]


@pytest.mark.parametrize("stem", GOOD)
def test_the_score_is_the_weighted_share_of_points(
    sample_shows: dict[str, Show], sample_rows: list[Row], stem: str
) -> None:
    score = sample_shows[stem]["scores"][0]
    counted = [each for each in score["results"] if each["status"] in {"pass", "partial", "fail"}]
    earned = sum(each["points_earned"] * each["weight"] for each in counted)
    possible = sum(each["points_possible"] * each["weight"] for each in counted)
    assert score["raw_share"] == pytest.approx(earned / possible, abs=1e-6)
    total = 0 if score["auto_failed_by"] else earned / possible
    assert score["share"] == pytest.approx(total, abs=1e-6)
    assert row_of(sample_rows, stem)["score_share"] == pytest.approx(total, abs=1e-6)


@pytest.mark.parametrize("stem", MONO)
def test_what_nobody_can_tell_is_not_a_no(sample_shows: dict[str, Show], stem: str) -> None:
    by_rule = {RULES[key] for key, value in truth()[stem]["expect"].items() if key in RULES and value in SAID}
    for each in sample_shows[stem]["scores"][0]["results"]:
        if by_rule & set(each["rule_ids"]):
            assert each["status"] != "fail", each


@pytest.mark.parametrize("stem", ["01-lost-card", "02-overdraft-fee", "04-payment-reminder", "16-fair-offer"])
def test_a_call_in_which_everything_was_done_passes_without_a_flag(sample_rows: list[Row], stem: str) -> None:
    row = row_of(sample_rows, stem)
    assert row["score_share"] > 0.85
    assert row["flags"] == []


@pytest.mark.parametrize(
    "stem",
    [
        "03-no-notice",
        "05-late-mini-miranda",
        "06-collections-threat",
        "07-card-number",
        "08-guaranteed-returns",
        "12-supervisor",
        "15-last-chance-offer",
        "20-late-notice",
    ],
)
def test_a_call_in_which_something_went_wrong_is_flagged_with_a_reason(
    sample_shows: dict[str, Show], sample_rows: list[Row], stem: str
) -> None:
    assert row_of(sample_rows, stem)["flags"]
    for flag in sample_shows[stem]["flags"]:
        assert len(flag["reason"]) > 15


@pytest.mark.parametrize(
    ("stem", "criterion"),
    [
        ("03-no-notice", "recording-notice"),
        ("05-late-mini-miranda", "mini-miranda"),
        ("06-collections-threat", "no-threat"),
        ("06-collections-threat", "mini-miranda"),
        ("06-collections-threat", "recording-notice"),
        ("07-card-number", "card-data"),
        ("08-guaranteed-returns", "no-guarantee"),
        ("15-last-chance-offer", "no-false-urgency"),
        ("15-last-chance-offer", "price-disclosed"),
        ("20-late-notice", "recording-notice"),
    ],
)
def test_the_flag_names_what_went_wrong(sample_shows: dict[str, Show], stem: str, criterion: str) -> None:
    assert result(sample_shows[stem], criterion)["status"] == "fail"
    assert criterion in {flag["criterion_id"] for flag in sample_shows[stem]["flags"]}


def test_flags_list_holds_the_flags_of_all_calls(samples: Workspace, sample_shows: dict[str, Show]) -> None:
    flags = samples.ask("flags", "list", "--json").json()
    assert isinstance(flags, list)
    listed = sorted((flag["call_id"], flag["code"], flag["criterion_id"] or "") for flag in flags)
    shown = sorted(
        (show["recording"]["call_id"], flag["code"], flag["criterion_id"] or "")
        for show in sample_shows.values()
        for flag in show["flags"]
    )
    assert listed == shown
    for flag in flags:
        assert flag["reason"]
        assert flag["severity"] in {"minor", "major", "critical"}


# --- card data -------------------------------------------------------------------------------------------------------

GAP = r"[\s,.;:\-–—]{0,4}"
SPOKEN = re.compile(
    "|".join(
        (
            GAP.join("41111111"),
            GAP.join("11111111"),
            r"\W{1,4}".join(("four", "one", "one", "one")),
            r"\W{1,4}".join(("one", "one", "one", "one")),
            r"\W{1,4}".join(("seven", "three", "nine")),
            r"(?<![\d.])4[ ,.\-]{1,2}1[ ,.\-]{1,2}1[ ,.\-]{1,2}1(?![\d.])",
            r"(?<![\d.])7[ ,.\-]{1,2}3[ ,.\-]{1,2}9(?![\d.])",
            r"security code is\W{0,3}\d",
        )
    ),
    re.IGNORECASE,
)


def test_card_digits_are_nowhere_in_the_workspace_nor_in_what_was_printed(
    samples: Workspace, sample_shows: dict[str, Show]
) -> None:
    places: list[tuple[str, bytes]] = [
        (str(path), path.read_bytes()) for path in sorted(samples.path.rglob("*")) if path.is_file()
    ]
    assert any(name.endswith(".db") for name, _ in places)
    places += [("stdout", samples.run.out.encode()), ("stderr", samples.run.err.encode())]
    places += [("calls show", str(sample_shows["07-card-number"]).encode())]
    for name, content in places:
        for text in (content.decode("latin-1"), content.decode("utf-16-le", errors="ignore")):
            whole = re.sub(r"\d\.\d{6,}", "", text)  # a score of 61.1111... % is no card
            if match := SPOKEN.search(whole):
                pytest.fail(f"{name}: {whole[max(0, match.start() - 80) : match.end() + 40]!r}")


def test_no_digit_is_left_in_the_words_around_the_card(sample_shows: dict[str, Show]) -> None:
    show = sample_shows["07-card-number"]
    card = [turn for turn in spoken("07-card-number") if re.search(r"one, one|seven, three", turn["words"])]
    spans = [(turn["start_ms"] - 250, turn["end_ms"] + 250) for turn in card]
    heard = [
        word["text"]
        for turn in show["transcript"]["turns"]
        if turn["role"] == "customer"
        for word in turn["words"]
        if any(begin <= (word["start_ms"] + word["end_ms"]) / 2 <= end for begin, end in spans)
    ]
    assert heard, "the turns themselves must stay"
    for text in heard:
        assert not re.search(r"\d", text), heard
        assert words_of(text) == [] or words_of(text)[0] not in DIGITS, heard


def test_masking_does_not_take_other_numbers(sample_shows: dict[str, Show]) -> None:
    text = " ".join(turn["text"] for turn in sample_shows["06-collections-threat"]["transcript"]["turns"])
    assert "840" in text


# --- once more -------------------------------------------------------------------------------------------------------


def test_a_second_run_does_nothing_twice_and_says_so(samples: Workspace, sample_rows: list[Row]) -> None:
    again = samples.ask("run", AUDIO, "--config", SAMPLES / "earmark.toml").ok()
    assert re.search(r"nothing (?:new )?to do|nothing was done|up to date|already", again.out + again.err, re.I)
    assert samples.calls() == sample_rows
    # no bound on the time: machines that run tests are noisy; `time make demo` tells it
