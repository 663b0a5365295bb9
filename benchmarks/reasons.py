"""Measure how contact reasons are found, beside other ways, into benchmarks/REASONS.md: ``make bench-reasons``.

By openings that were written for it (`tests/cases/reasons`): ``first`` is what settings were chosen by, ``second`` was
kept aside. What of a call tells its reason is measured on the scripts of the sample calls.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ruamel.yaml import YAML
from sqlalchemy import insert

from pipeline.canonical import to_json
from pipeline.config import ReasonSettings, Settings
from pipeline.contact_reasons import opening
from pipeline.contact_reasons.by_rules import load_reasons, rule_found
from pipeline.contact_reasons.find import find_reasons
from pipeline.contact_reasons.grouping import NOWHERE, group_calls
from pipeline.contact_reasons.labels import label_groups, label_of, shared_counts
from pipeline.contact_reasons.matching import SAME_GROUP
from pipeline.contact_reasons.opening import opening_of
from pipeline.contact_reasons.vectors import Vectors, unit, vectors_of
from pipeline.dialogue import Line, transcript_of_lines
from pipeline.encoder import Encoder, load_encoder
from pipeline.privacy.redact import redact
from pipeline.records import FactKeys, Recording, Role, Transcript
from pipeline.store import tables
from pipeline.store.database import Store, open_store

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "tests" / "cases" / "reasons"
SCRIPTS = ROOT / "samples" / "scripts"
REPORT = Path(__file__).parent / "REASONS.md"
OTHER = "other"
LEAST = 6  # the sets are small; a workspace's groups are of 10 calls or more
RULES = {"lost-or-stolen-card": "lost-card", "cancel": "cancel", "sign-in": "password", "where-is-my-order": "parcel"}
START = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)

Groups = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class Cases:
    """Openings with their reasons, and as vectors."""

    texts: Sequence[str]
    reasons: Sequence[str]
    vectors: Vectors

    @property
    def is_other(self) -> NDArray[np.bool_]:
        """Which of them have a reason of their own."""
        return np.array([reason == OTHER for reason in self.reasons])


def main() -> None:
    """Measure everything, write the report and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=2000, help="so many calls are made to measure speed with")
    given = parser.parse_args()
    encode = load_encoder()
    sets = {name: read_cases(name, encode) for name in ("first", "second")}
    text = "\n".join(
        [
            "# Contact reasons, measured",
            "",
            "Written by `make bench-reasons`; docs/contact-reasons.md says what it means.",
            "",
            *quality(sets),
            *labels(sets),
            *halves(sets),
            *rules(sets["first"]),
            *parts_of_calls(encode),
            *speed(given.calls, sets["first"], encode),
            "",
        ]
    )
    REPORT.write_text(text, encoding="utf-8")
    print(text)


def read_cases(name: str, encode: Encoder) -> Cases:
    """Return the openings of a file, those of no reason last."""
    read = YAML(typ="safe").load(CASES / f"{name}.yaml")
    pairs = [(text, reason) for reason, texts in {**read["reasons"], OTHER: read[OTHER]}.items() for text in texts]
    texts = [text for text, _ in pairs]
    return Cases(texts=texts, reasons=[reason for _, reason in pairs], vectors=vectors_of(texts, encode))


def ways() -> dict[str, Callable[[Cases], Groups]]:
    """Return the ways to group calls that are compared, Earmark's last."""
    from sklearn.cluster import HDBSCAN, AgglomerativeClustering, KMeans  # noqa: PLC0415 - seconds of imports
    from sklearn.decomposition import PCA  # noqa: PLC0415
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415

    def words(cases: Cases) -> Any:
        return TfidfVectorizer(stop_words="english", sublinear_tf=True, ngram_range=(1, 2)).fit_transform(cases.texts)

    def k_means(vectors: Any, k: int) -> Groups:
        return np.asarray(KMeans(k, n_init=5, random_state=0).fit_predict(vectors))

    def tree(vectors: Any, k: int) -> Groups:
        return np.asarray(AgglomerativeClustering(k, metric="cosine", linkage="average").fit_predict(vectors))

    def density(cases: Cases) -> Groups:
        reduced = unit(PCA(20, random_state=0).fit_transform(cases.vectors))
        return np.asarray(HDBSCAN(min_cluster_size=LEAST, min_samples=2, copy=True).fit_predict(reduced))

    def earmark(cases: Cases) -> Groups:
        return group_calls(cases.vectors, least=LEAST, min_similarity=ReasonSettings().min_similarity).group

    return {
        "TF-IDF, k-means, told how many reasons": lambda cases: k_means(words(cases), len(set(cases.reasons)) - 1),
        "TF-IDF, k-means, silhouette": lambda cases: by_silhouette(words(cases), k_means),
        "MiniLM, HDBSCAN": density,
        "MiniLM, agglomeration, silhouette": lambda cases: by_silhouette(cases.vectors, tree),
        "MiniLM, k-means, silhouette": lambda cases: by_silhouette(cases.vectors, k_means),
        "Earmark": earmark,
    }


def by_silhouette(vectors: Any, group: Callable[[Any, int], Groups]) -> Groups:
    """Return the groups of the number whose silhouette is highest."""
    from sklearn.metrics import silhouette_score  # noqa: PLC0415 - seconds of imports

    tried = [group(vectors, k) for k in range(2, 31)]
    return max(tried, key=lambda found: float(silhouette_score(vectors, found, metric="cosine")))


def quality(sets: Mapping[str, Cases]) -> list[str]:
    """Compare ways to group the openings."""
    from sklearn.metrics import adjusted_rand_score, v_measure_score  # noqa: PLC0415 - seconds of imports

    lines = ["## Groups", ""]
    for name, cases in sets.items():
        count = len(set(cases.reasons)) - 1
        others = int(cases.is_other.sum())
        lines += [
            f"`{name}`: {len(cases.texts)} openings, {count} reasons, {others} about something else.",
            "",
            "| way | groups | adjusted Rand | V-measure | about something else, found | wrongly in no group |",
            "|---|---|---|---|---|---|",
        ]
        for way, group in ways().items():
            found = group(cases)
            nowhere = found == NOWHERE
            figures = (adjusted_rand_score(cases.reasons, found), v_measure_score(cases.reasons, found))
            lines.append(
                f"| {way} | {len(set(found.tolist()) - {NOWHERE})} | {figures[0]:.2f} | {figures[1]:.2f} | "
                f"{nowhere[cases.is_other].mean():.0%} | {nowhere[~cases.is_other].mean():.0%} |"
            )
        lines.append("")
    return lines


def labels(sets: Mapping[str, Cases]) -> list[str]:
    """List what groups are called, with the reason that most of their calls have."""
    lines = ["## Labels", "", "| set | label | calls | mostly | share |", "|---|---|---|---|---|"]
    for name, cases in sets.items():
        found = group_calls(cases.vectors, least=LEAST, min_similarity=ReasonSettings().min_similarity)
        of_group = [np.flatnonzero(found.group == group).tolist() for group in range(len(found.centres))]
        phrases = label_groups([shared_counts([cases.texts[i] for i in places]) for places in of_group])
        for places, said in zip(of_group, phrases, strict=True):
            reasons = [cases.reasons[i] for i in places]
            most = max(set(reasons), key=reasons.count)
            share = reasons.count(most) / len(reasons)
            lines.append(f"| {name} | {label_of(said)} | {len(places)} | {most} | {share:.0%} |")
    return [*lines, ""]


def halves(sets: Mapping[str, Cases]) -> list[str]:
    """Tell how near the centres of two halves of a reason are, and those of two reasons."""
    lines = ["## When is a group the same as before?", ""]
    for name, cases in sets.items():
        generator = np.random.default_rng(0)
        reasons = np.array(cases.reasons)
        same: list[float] = []
        other: list[float] = []
        for _ in range(20):
            side = generator.random(len(reasons)) < 0.5
            centres = {
                (reason, half): unit(cases.vectors[(reasons == reason) & (side == half)].mean(axis=0))
                for reason in sorted(set(cases.reasons) - {OTHER})
                for half in (True, False)
            }
            for (one, in_one), (two, in_two) in combinations(centres, 2):
                if in_one != in_two:
                    (same if one == two else other).append(float(centres[one, in_one] @ centres[two, in_two]))
        lines.append(
            f"- `{name}`: halves of one reason have a cosine of {np.quantile(same, 0.05):.2f} or more in 95 of 100 "
            f"cases (median {np.median(same):.2f}), halves of two reasons {np.quantile(other, 0.99):.2f} or less in 99."
        )
    return [*lines, "", f"Earmark takes {SAME_GROUP} (`pipeline/contact_reasons/matching.py`).", ""]


def rules(cases: Cases) -> list[str]:
    """Tell how often the rules that come with Earmark are right, and what they leave to groups."""
    settings = Settings()
    loaded = load_reasons(settings.reasons.rules_dir)
    found = [
        rule_found(said_by(Role.CUSTOMER, text), recording(i), loaded, settings.compliance)
        for i, text in enumerate(cases.texts)
    ]
    lines = ["## Rules", "", "| rule | found | of them right | of all of that reason |", "|---|---|---|---|"]
    for rule, reason in RULES.items():
        hits = [cases.reasons[i] for i, each in enumerate(found) if each == rule]
        right, every = hits.count(reason), list(cases.reasons).count(reason)
        lines.append(f"| {rule} | {len(hits)} | {right} | {right / every:.0%} |")
    return [*lines, "", "On `first`, by whose wordings they were written: a rule finds less elsewhere.", ""]


def parts_of_calls(encode: Encoder) -> list[str]:
    """Compare what could be read of a call: is its own reason, in a sentence, the nearest of all sample calls'?"""
    wanted: dict[str, str] = YAML(typ="safe").load(CASES / "samples.yaml")["reasons"]
    calls = [script(name) for name in wanted]
    sentences = vectors_of(list(wanted.values()), encode)

    def whole(transcript: Transcript, *roles: Role, turns: int | None = None) -> str:
        return " ".join([turn.text for turn in transcript.turns if turn.role in roles][:turns])

    def begun(transcript: Transcript, direction: str | None) -> str:
        found = opening_of(transcript, direction)
        return found.text if found else ""

    both = (Role.AGENT, Role.CUSTOMER)
    read: dict[str, Callable[[Transcript, str], str]] = {
        "the customer's first turn": lambda call, _: whole(call, Role.CUSTOMER, turns=1),
        "the customer's first three turns": lambda call, _: whole(call, Role.CUSTOMER, turns=3),
        "all that the customer says": lambda call, _: whole(call, Role.CUSTOMER),
        "the whole call": lambda call, _: whole(call, *both),
        "first sentences that tell something, the customer's": lambda call, _: begun(call, None),
        "the same; the agent's on outbound calls (Earmark)": begun,
    }
    lines = [
        "## What of a call tells its reason",
        "",
        f"{len(calls)} sample calls (scripts, masked), each with a sentence that says what it is about. Own "
        "sentence nearest: how often it is nearer to what was read than those of all other calls.",
        "",
        "| read | own sentence nearest | mean reciprocal rank | words |",
        "|---|---|---|---|",
    ]
    for name, take in read.items():
        texts = [take(call, direction) for call, direction in calls]
        near = vectors_of(texts, encode) @ sentences.T
        ranks = np.array([(near[i] > near[i, i]).sum() + 1 for i in range(len(calls))])
        words = np.mean([len(text.split()) for text in texts])
        lines.append(f"| {name} | {(ranks == 1).mean():.0%} | {(1 / ranks).mean():.2f} | {words:.0f} |")
    return [*lines, "", f"Earmark reads at most {opening.SENTENCES} sentences and {opening.MOST_WORDS} words.", ""]


def speed(calls: int, cases: Cases, encode: Encoder) -> list[str]:
    """Tell how long calls take that were never read, and groups of all of them."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(workspace=Path(folder))
        store = open_store(settings.store_url)
        fill(store, calls, cases)
        store.close()  # which brings the write-ahead log into the file
        store = open_store(settings.store_url)
        database = Path(folder) / "earmark.db"
        before = database.stat().st_size
        started, cpu = time.perf_counter(), time.process_time()
        told = find_reasons(store, settings, now=START, anew=False, load=lambda: encode)
        first_s, first_cpu_s = time.perf_counter() - started, time.process_time() - cpu
        started, cpu = time.perf_counter(), time.process_time()
        find_reasons(store, settings, now=START, anew=True, load=lambda: encode)
        again_s, again_cpu_s = time.perf_counter() - started, time.process_time() - cpu
        started = time.perf_counter()
        find_reasons(store, settings, now=START, load=lambda: encode)
        known_s = time.perf_counter() - started
        store.close()
        grown = (database.stat().st_size - before) / calls
    return [
        "## Speed",
        "",
        f"{calls:,} made calls that begin with two openings of a reason; SQLite, encoder loaded.",
        "",
        f"- read, encoded and grouped for the first time: {first_s:.0f} s ({len(told.groups)} groups); without the "
        f"grouping {1000 * (first_cpu_s - again_cpu_s) / calls:.0f} ms of processor time a call",
        f"- grouped anew, nothing to read: {again_s:.0f} s",
        f"- nothing new: {known_s:.1f} s",
        f"- kept in the database: {grown / 1000:.1f} kB a call, of which the vector is 768 bytes",
    ]


def fill(store: Store, calls: int, cases: Cases) -> None:
    """Make scored calls whose customers begin with two sentences of one reason."""
    generator = np.random.default_rng(0)
    of_reason = {
        reason: [t for t, r in zip(cases.texts, cases.reasons, strict=True) if r == reason]
        for reason in dict.fromkeys(cases.reasons)
    }
    names = list(of_reason)
    rows: dict[Any, list[dict[str, Any]]] = {
        table: [] for table in (tables.recordings, tables.steps, tables.scores, tables.current_scores)
    }
    for number in range(calls):
        texts = of_reason[names[int(generator.integers(len(names)))]]
        said = " ".join(texts[int(i)] for i in generator.choice(len(texts), 2, replace=False))
        call, keys = recording(number), FactKeys(transcript=f"t-{number}", findings="f", sentiment="s", measures="m")
        plain = {
            name: getattr(call, name) for name in Recording.__dataclass_fields__ if name not in ("metadata", "defects")
        }
        rows[tables.recordings].append({**plain, "metadata": "{}", "defects": "[]", "added_at": START})
        for key, step, record in (
            (f"t-{number}", "transcript", said_by(Role.CUSTOMER, said)),
            (f"f-{number}", "facts", keys),
        ):
            rows[tables.steps].append(
                {"key": key, "call_id": call.call_id, "step": step, "payload": to_json(record), "made_at": START}
            )
        score = {"score_id": f"s-{number}", "call_id": call.call_id, "facts_key": f"f-{number}", "rubric_id": "general"}
        made = {"rubric_version": 1, "rubric_fingerprint": "r", "pass_share": 0.8, "auto_failed": False}
        rows[tables.scores].append({**score, **made, "critical_error": False, "made_at": START})
        rows[tables.current_scores].append({"call_id": call.call_id, "score_id": f"s-{number}"})
    with store.begin() as connection:
        for table, of_table in rows.items():
            connection.execute(insert(table), of_table)


def recording(number: int) -> Recording:
    """Return a made call."""
    return Recording(
        call_id=f"c-{number:06d}",
        sha256=f"{number:064d}",
        media_uri=f"made/{number}.wav",
        duration_ms=180_000,
        sample_rate_hz=8000,
        channels=2,
        started_at=START + timedelta(minutes=20 * number),
        agent_id=f"agent-{number % 40}",
        direction="inbound",
    )


def said_by(role: Role, text: str) -> Transcript:
    """Return a masked call of the usual length that begins so."""
    rest = [
        Line(speaker=speaker, words="let me have a look at that for you now please")
        for speaker in (Role.AGENT, Role.CUSTOMER) * 12
    ]
    lines = [
        Line(speaker=Role.AGENT, words="Thank you for calling. How can I help?"),
        Line(speaker=role, words=text),
        *rest,
    ]
    return redact(transcript_of_lines(lines))


def script(name: str) -> tuple[Transcript, str]:
    """Return a sample call as it was written, masked, and its direction."""
    read = YAML(typ="safe").load(SCRIPTS / f"{name}.yaml")
    lines = [
        Line(speaker=Role(turn["speaker"]), words=" ".join(turn["words"].split()))
        for turn in read["turns"]
        if turn.get("words") and turn["speaker"] in ("agent", "customer")
    ]
    return redact(transcript_of_lines(lines)), read["direction"]


if __name__ == "__main__":
    main()
