"""An agent's coaching plan: what repeats, what to practise, moments to hear, somebody else's good example."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from pipeline.coaching.answers import good_examples
from pipeline.config import CoachingSettings
from pipeline.privacy.masks import IS_MASK
from pipeline.records import AgentAnswer, Criterion, CriterionResult, Evidence, Role, Scope, Span, Transcript
from pipeline.scorecards.topics import MissedQuestion, missed_questions
from pipeline.store.call_record import read_call
from pipeline.store.scores import get_score

CLIPS_EACH = 3
_MOST_LOOKED_AT = 5
_AROUND_CHARACTERS = 160
_LETTERS = re.compile(r"[^\W\d_]{3,}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """Where a question was missed. Of the two kinds of place there is one, or none.

    Attributes:
        words: What shows it, or the closest to what was not said (``closest``).
        searched: Where it was looked for in vain.
    """

    call_id: str
    started_at: datetime | None
    reason: str
    words: Evidence | None
    closest: bool
    searched: Span | None


@dataclass(frozen=True, kw_only=True, slots=True)
class GoodExample:
    """Where somebody else did it well.

    Attributes:
        call_id: For whoever gives its sound; where ``agent_id`` is None, nobody is shown it.
        words: What answers the question.
        said: The turn that they stand in, masked; cut around them where it is long.
        span: When it is said.
        agent_id: Whose call it is; None where examples are anonymous.
    """

    call_id: str
    criterion_id: str
    words: Evidence
    said: str
    span: Span
    agent_id: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedTopic:
    """A miss that repeats, with what the rubric advises; empty where it says nothing."""

    missed: MissedQuestion
    advice: str
    moments: tuple[Moment, ...]
    example: GoodExample | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What to talk about with an agent.

    Attributes:
        topics: The weightiest first, as many as one talk can hold; ``more`` are the others that repeat.
        others: Questions missed lately that are no topics.
    """

    agent_id: str
    topics: tuple[PlannedTopic, ...]
    more: tuple[PlannedTopic, ...]
    others: tuple[MissedQuestion, ...]
    last_calls: int
    misses: int

    @property
    def call_ids(self) -> set[str]:
        """The calls that it shows words of, somebody else's among them: what the audit log keeps."""
        every = (*self.topics, *self.more)
        heard = {moment.call_id for topic in every for moment in topic.moments}
        return heard | {topic.example.call_id for topic in every if topic.example}


def make_plan(
    connection: Connection,
    agent_id: str,
    answers: list[AgentAnswer],
    *,
    examples_among: Scope | None,
    questions: Mapping[str, Criterion],
    settings: CoachingSettings,
) -> Plan:
    """Return what to talk about with an agent.

    Args:
        connection: Where to read.
        agent_id: Who.
        answers: To their latest calls, as they count (`pipeline.coaching.answers.answers_of_agent`).
        examples_among: Among whose calls good examples are looked for; None for no examples.
        questions: The rubrics' criteria by the fingerprint of what they ask, for their advice.
        settings: What makes a topic, how many there are at a time, and whether examples are named.
    """
    missed = missed_questions(answers, settings)
    topics = []
    for each in (one for one in missed if one.repeats):
        criterion = questions.get(each.asked)
        topics.append(
            PlannedTopic(
                missed=each,
                advice=criterion.coaching if criterion else "",
                moments=moments_of(connection, each),
                example=example_of(connection, examples_among, each, named=settings.name_examples)
                if examples_among
                else None,
            )
        )
    return Plan(
        agent_id=agent_id,
        topics=tuple(topics[: settings.max_topics]),
        more=tuple(topics[settings.max_topics :]),
        others=tuple(each for each in missed if not each.repeats),
        last_calls=settings.last_calls,
        misses=settings.misses,
    )


def moments_of(connection: Connection, missed: MissedQuestion) -> tuple[Moment, ...]:
    """Return the latest misses of a question, to be heard."""
    return tuple(_moment(connection, answer) for answer in missed.misses[:CLIPS_EACH])


def example_of(
    connection: Connection, scope: Scope, missed: MissedQuestion, *, named: bool = False
) -> GoodExample | None:
    """Return a call of somebody else in which the same question went well, with the words that show it.

    Args:
        connection: Where to read.
        scope: Among whose calls.
        missed: The question, and who missed it.
        named: Whether it may be told whose call it is. If not, a turn in which the agent says their own name is no
            example: it would tell.
    """
    found = good_examples(connection, scope, asked=missed.asked, not_agent=missed.agent_id)
    for answer in found[:_MOST_LOOKED_AT]:
        result = _result(connection, answer)
        transcript = read_call(connection, answer.call_id).transcript
        for words in result.evidence if result else ():
            if words.role is not Role.AGENT:
                continue
            said, span = in_its_turn(transcript, words)
            if named or not _names(answer.agent_id, said):
                return GoodExample(
                    call_id=answer.call_id,
                    criterion_id=answer.criterion_id,
                    words=words,
                    said=said,
                    span=span,
                    agent_id=answer.agent_id if named else None,
                )
    return None


def in_its_turn(transcript: Transcript | None, words: Evidence) -> tuple[str, Span]:
    """Return the turn that words stand in, as people read it, and when it is said; a part of it where it is long."""
    alone = Span(start_ms=words.start_ms, end_ms=words.end_ms)
    turns = transcript.turns if transcript else ()
    if words.turn_index >= len(turns) or turns[words.turn_index].text[words.char_start : words.char_end] != words.quote:
        return readable(words.quote), alone  # another transcript than the one that was scored
    turn = turns[words.turn_index]
    text = turn.text
    first = max(0, words.char_start - _AROUND_CHARACTERS)
    last = min(len(text), words.char_end + _AROUND_CHARACTERS)
    while first > 0 and not text[first - 1].isspace():
        first -= 1
    while last < len(text) and not text[last].isspace():
        last += 1
    cut = text[first:last].strip()
    whole = first == 0 and last == len(text)
    said = cut if whole else f"{'… ' if first else ''}{cut}{' …' if last < len(text) else ''}"
    return readable(said), Span(start_ms=turn.start_ms, end_ms=turn.end_ms) if whole else alone


def readable(said: str) -> str:
    """Return words of a call as people read them: ``[card number]`` for what is masked."""
    return IS_MASK.sub(lambda found: found[0].replace("_", " "), said)


def _names(agent_id: str, quote: str) -> bool:
    """Tell whether words hold a part of an agent's id, such as the ``maria`` of ``maria.lopez``."""
    said = {word.casefold() for word in _LETTERS.findall(quote)}
    return any(part.casefold() in said for part in _LETTERS.findall(agent_id))


def _moment(connection: Connection, answer: AgentAnswer) -> Moment:
    result = _result(connection, answer)
    words = result.evidence[0] if result and result.evidence else None
    nearest = result.nearest_miss if result and words is None else None
    return Moment(
        call_id=answer.call_id,
        started_at=answer.started_at,
        reason=result.reason if result else "",
        words=nearest.evidence if nearest else words,
        closest=nearest is not None,
        searched=result.searched if result and words is None and nearest is None else None,
    )


def _result(connection: Connection, answer: AgentAnswer) -> CriterionResult | None:
    score = get_score(connection, answer.score_id)
    results = score.results if score else ()
    return next((each for each in results if each.criterion_id == answer.criterion_id), None)
