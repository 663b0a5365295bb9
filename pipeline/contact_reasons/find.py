"""Tell the reason of every scored call: by a rule, by the nearest known group, or by groups that are found anew."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import Connection

from pipeline.compliance.rule import Rule
from pipeline.config import Settings
from pipeline.contact_reasons.by_rules import GROUP_ID, load_reasons
from pipeline.contact_reasons.grouping import NOWHERE, Grouping, group_calls, place
from pipeline.contact_reasons.labels import label_groups, label_of, shared_counts
from pipeline.contact_reasons.matching import match_groups
from pipeline.contact_reasons.opening import opening_of
from pipeline.contact_reasons.read_calls import Read, read_beginnings, transcripts
from pipeline.contact_reasons.vectors import from_bytes, to_bytes
from pipeline.encoder import Encoder, load_encoder
from pipeline.store.contact_reasons import (
    CallEmbedding,
    CallReason,
    Reason,
    ToldBy,
    embeddings,
    heard_calls,
    one_at_a_time,
    put_call_reasons,
    put_reasons,
    reasons,
    told_calls,
)
from pipeline.store.database import Store

LABELLED_BY = 200
"""So many calls of a group, the nearest to its centre, give it its label."""

_NAME = re.compile(r"[^\W\d_]{3,}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What became of the calls.

    Attributes:
        told: How many calls each way of telling has told.
        anew: Whether groups were found anew.
        groups: Ids of the groups in use.
        new_groups: Of these, those that were not known before.
        changed: Calls that have another reason than before, or one for the first time.
    """

    read: Read
    told: Mapping[ToldBy, int]
    anew: bool
    groups: tuple[str, ...]
    new_groups: tuple[str, ...]
    changed: int


def find_reasons(
    store: Store,
    settings: Settings,
    *,
    now: datetime,
    anew: bool = False,
    load: Callable[[], Encoder] = load_encoder,
    tell: Callable[[int, int], None] = lambda _done, _of: None,
) -> Found:
    """Give every scored call its reason.

    Args:
        store: Where calls are and reasons are kept.
        settings: Which rules, how large a group must be, and how near a call must be to one.
        now: When reasons are said to be found.
        anew: Whether to look for groups; where none are known yet that is done in any case.
        load: Loads the encoder.
        tell: Is told how many calls are read, and of how many.

    Raises:
        AuthoredFileError: The rules have problems.
        ModelError: The encoder cannot be loaded.
    """
    rules = load_reasons(settings.reasons.rules_dir)
    read = read_beginnings(store, settings, rules, load=load, tell=tell)
    with store.read() as connection:
        kept = embeddings(connection)
        known = [reason for reason in reasons(connection) if reason.kind == "group"]
    in_use = [reason for reason in known if reason.in_use]
    free = [each for each in kept if each.rule_id is None and each.vector is not None]
    spoken = from_bytes([each.vector for each in free if each.vector is not None])
    least_near = settings.reasons.min_similarity
    looked = anew or not in_use
    if looked:
        grouping = group_calls(spoken, least=settings.reasons.group_calls, min_similarity=least_near)
        with store.read() as connection:
            phrases = _phrases(connection, free, grouping)
    else:
        grouping, phrases = place(spoken, _centres(in_use), min_similarity=least_near), []
    with store.begin() as connection:
        one_at_a_time(connection)
        if looked:
            known = [reason for reason in reasons(connection) if reason.kind == "group"]
            in_use = _groups(grouping, phrases, known)
            put_reasons(connection, "group", in_use, now=now)
        put_reasons(connection, "rule", _of_rules(rules), now=now)
        told = _told(kept, free, grouping, in_use)
        before = told_calls(connection)
        changed = [each for each in told if before.get(each.call_id) != each]
        put_call_reasons(connection, changed, now=now)
    earlier = {reason.reason_id for reason in known}
    return Found(
        read=read,
        told=Counter(each.told_by for each in told),
        anew=looked,
        groups=tuple(reason.reason_id for reason in in_use),
        new_groups=tuple(reason.reason_id for reason in in_use if reason.reason_id not in earlier),
        changed=len(changed),
    )


def _centres(groups: Sequence[Reason]) -> np.ndarray:
    return from_bytes([reason.centre for reason in groups if reason.centre is not None])


def _groups(grouping: Grouping, phrases: Sequence[tuple[str, ...]], known: Sequence[Reason]) -> list[Reason]:
    """Return the groups with the ids that they had before, also where they were not in use; new ones get numbers."""
    matched = match_groups(grouping.centres, _centres(known))
    number = max((int(reason.reason_id[1:]) for reason in known if GROUP_ID.fullmatch(reason.reason_id)), default=0)
    found = []
    for centre, of_group, earlier in zip(grouping.centres, phrases, matched, strict=True):
        if earlier is None:
            number += 1
        reason_id = f"g{number}" if earlier is None else known[earlier].reason_id
        label = label_of(of_group)
        found.append(Reason(reason_id=reason_id, kind="group", label=label, phrases=of_group, centre=to_bytes(centre)))
    return found


def _phrases(connection: Connection, free: Sequence[CallEmbedding], grouping: Grouping) -> list[tuple[str, ...]]:
    """Return what sets each group apart, from the openings of the calls nearest to its centre."""
    nearest = []
    for group in range(len(grouping.centres)):
        places = np.flatnonzero(grouping.group == group)
        order = np.argsort(-grouping.similarity[places], kind="stable")[:LABELLED_BY]
        nearest.append([free[place].call_id for place in places[order]])
    hidden: set[str] = set()
    of_group = []
    for call_ids in nearest:
        calls = list(heard_calls(connection, call_ids))
        hidden |= {name.casefold() for call in calls for name in _NAME.findall(call.recording.agent_id or "")}
        openings = (opening_of(text, call.recording.direction) for call, text in transcripts(connection, calls))
        of_group.append([each.text for each in openings if each is not None])
    return label_groups([shared_counts(openings, hidden) for openings in of_group])


def _of_rules(rules: Sequence[Rule]) -> list[Reason]:
    return [Reason(reason_id=rule.id, kind="rule", label=rule.title) for rule in rules]


def _told(
    kept: Sequence[CallEmbedding], free: Sequence[CallEmbedding], grouping: Grouping, groups: Sequence[Reason]
) -> list[CallReason]:
    placed = {  # without groups a call is as far from all as from none
        each.call_id: (
            None if group == NOWHERE else groups[group].reason_id,
            round(float(similarity), 4) if groups else None,
        )
        for each, group, similarity in zip(free, grouping.group, grouping.similarity, strict=True)
    }
    told = []
    for each in kept:
        if each.rule_id is not None:
            told.append(CallReason(call_id=each.call_id, reason_id=each.rule_id, told_by="rule"))
        elif each.call_id in placed:
            reason_id, similarity = placed[each.call_id]
            by: ToldBy = "group" if reason_id else "no group near"
            told.append(CallReason(call_id=each.call_id, reason_id=reason_id, told_by=by, similarity=similarity))
        else:
            told.append(CallReason(call_id=each.call_id, reason_id=None, told_by="nothing said"))
    return told
