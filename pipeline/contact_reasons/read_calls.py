"""Read the beginnings of calls once: as a vector, and for the rules that tell reasons."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from pipeline.canonical import fingerprint
from pipeline.compliance.rule import Rule
from pipeline.config import ComplianceSettings, Settings
from pipeline.contact_reasons import opening, vectors
from pipeline.contact_reasons.by_rules import rule_found
from pipeline.contact_reasons.opening import opening_of
from pipeline.encoder import FILES, WEIGHTS, Encoder, load_encoder
from pipeline.errors import StoreError
from pipeline.records import Transcript
from pipeline.store.contact_reasons import CallEmbedding, HeardCall, embeddings, heard_calls, put_embeddings
from pipeline.store.database import Store
from pipeline.store.stored_facts import payloads
from pipeline.store.stored_transcript import read_transcript
from pipeline.store.wanted_calls import in_batches

READ_AT_ONCE = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """How many scored calls there are, how many of them were read now, and how many cannot be read."""

    calls: int
    read: int
    unreadable: int


def read_beginnings(
    store: Store,
    settings: Settings,
    rules: Sequence[Rule],
    *,
    load: Callable[[], Encoder] = load_encoder,
    tell: Callable[[int, int], None] = lambda _done, _of: None,
) -> Read:
    """Read the calls that were not read yet, or whose transcript, rules or encoder have changed, and keep the result.

    Args:
        store: Where calls are. What is read is kept in portions: a run that was stopped goes on where it was.
        settings: How near words must be to a rule's phrases.
        rules: What tells reasons.
        load: Loads the encoder, where something is to be encoded.
        tell: Is told how many calls are read, and of how many.

    Raises:
        ModelError: The encoder cannot be loaded.
    """
    key = rules_key(rules, settings.compliance)
    with store.read() as connection:
        calls = list(heard_calls(connection))
        kept = {each.call_id: each for each in embeddings(connection)}
    stale = [call for call in calls if not (_is_encoded(call, kept) and kept[_id(call)].rules_key == key)]
    encode: Encoder | None = None
    read = 0
    for done, some in enumerate(in_batches(stale, READ_AT_ONCE), 1):
        with store.read() as connection:
            heard = list(transcripts(connection, some))
        vector = {_id(call): kept[_id(call)].vector for call, _ in heard if _is_encoded(call, kept)}
        found = {
            _id(call): opening_of(transcript, call.recording.direction)
            for call, transcript in heard
            if _id(call) not in vector
        }
        texts = {call_id: each.text for call_id, each in found.items() if each is not None}
        if texts:
            encode = encode or load()
            made = vectors.vectors_of(list(texts.values()), encode)
            vector |= {call_id: vectors.to_bytes(each) for call_id, each in zip(texts, made, strict=True)}
        rows = [
            CallEmbedding(
                call_id=_id(call),
                made_from=made_from(call),
                vector=vector.get(_id(call)),
                rules_key=key,
                rule_id=rule_found(transcript, call.recording, rules, settings.compliance),
            )
            for call, transcript in heard
        ]
        with store.begin() as connection:
            put_embeddings(connection, rows)
        read += len(rows)
        tell(min(len(stale), done * READ_AT_ONCE), len(stale))
    return Read(calls=len(calls), read=read, unreadable=len(stale) - read)


def transcripts(connection: Connection, calls: Sequence[HeardCall]) -> Iterator[tuple[HeardCall, Transcript]]:
    """Yield calls with their transcripts; those that are not stored any more, or cannot be read, are left out."""
    stored = payloads(connection, [call.transcript_key for call in calls])
    for call in calls:
        text = stored.get(call.transcript_key)
        try:
            transcript = None if text is None else read_transcript(text, f"step {call.transcript_key}")
        except StoreError:
            transcript = None
        if transcript is not None:
            yield call, transcript


def rules_key(rules: Sequence[Rule], settings: ComplianceSettings) -> str:
    """Return the hash of all that decides which rule is found in a transcript."""
    in_order = [[rule.id, rule.fingerprint] for rule in rules]
    return fingerprint("reason-rules-1", [in_order, settings.model_dump(mode="json", exclude={"rules_dir"})])


def made_from(call: HeardCall) -> str:
    """Return the hash of all that a call's vector is made from."""
    recipes = [opening.RECIPE, vectors.RECIPE, FILES[WEIGHTS]]
    return fingerprint("call-vector-1", [call.transcript_key, call.recording.direction, *recipes])


def _is_encoded(call: HeardCall, kept: Mapping[str, CallEmbedding]) -> bool:
    return _id(call) in kept and kept[_id(call)].made_from == made_from(call)


def _id(call: HeardCall) -> str:
    return call.recording.call_id
