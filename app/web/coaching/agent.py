"""One agent's coaching page: what repeats, what was sent, the sessions."""

from __future__ import annotations

from dataclasses import dataclass

from app.web.access.visitor import Visitor
from app.web.call.questions import questions_of
from app.web.coaching.moments import GoodExample, ItemView, Moment, example_of, item_view, moments_of
from app.web.coaching.progress import Held, held_sessions
from app.web.coaching.sight import CoachedAgent, coached_agent, example_scope, session_scope
from app.web.site import Site
from pipeline.reviewing.coaching import answers_of_agent
from pipeline.scorecards.topics import LAST_CALLS, MAX_TOPICS, MISSES, MissedQuestion, missed_questions
from pipeline.store.coaching import list_items

MOST_OPEN_ITEMS = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Topic:
    """A miss that repeats, with what the rubric advises; empty where it does not."""

    missed: MissedQuestion
    advice: str
    moments: tuple[Moment, ...]
    example: GoodExample | None

    @property
    def value(self) -> str:
        """What a form sends for it."""
        return value_of(self.missed)


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionForm:
    """What somebody has written of a session so far."""

    notes: str = ""
    action: str = ""
    questions: tuple[str, ...] = ()
    items: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentPage:
    """An agent's coaching.

    Attributes:
        topics: The weightiest first, as many as one session can hold; ``more`` are the others.
        others: Questions missed lately that are no topics, as values and titles.
        items: What was sent and no session has taken up; only for who may hold sessions with the agent.
    """

    agent: CoachedAgent
    topics: tuple[Topic, ...]
    more: tuple[Topic, ...]
    others: tuple[tuple[str, MissedQuestion], ...]
    items: tuple[ItemView, ...]
    held: Held
    form: SessionForm
    last_calls: int = LAST_CALLS
    misses: int = MISSES
    told: str = ""
    done: str = ""


def value_of(missed: MissedQuestion) -> str:
    """Return what a form sends for a question."""
    return f"{missed.rubric_id} {missed.criterion_id}"


def agent_page(
    site: Site, visitor: Visitor, agent_id: str, *, form: SessionForm | None = None, told: str = "", done: str = ""
) -> AgentPage:
    """Return an agent's coaching page.

    Raises:
        NotFoundError: There is no such agent, or they are not the visitor's to see.
    """
    questions = questions_of(site)
    with site.store.read() as connection:
        agent = coached_agent(connection, visitor, agent_id)
        answers = answers_of_agent(connection, visitor.scope, agent_id)
        titles = {answer.criterion_id: answer.title for answer in reversed(answers)}
        missed = missed_questions(answers)
        looked_in = example_scope(visitor, agent)
        topics = []
        for each in (one for one in missed if one.repeats):
            criterion = questions.get(each.asked)
            topics.append(
                Topic(
                    missed=each,
                    advice=criterion.coaching if criterion else "",
                    moments=moments_of(connection, each),
                    example=example_of(connection, looked_in, each) if looked_in else None,
                )
            )
        rows = []
        if agent.may_lead:
            rows = list_items(connection, scope=visitor.scope, agent=agent_id, only_open=True, limit=MOST_OPEN_ITEMS)
        return AgentPage(
            agent=agent,
            topics=tuple(topics[:MAX_TOPICS]),
            more=tuple(topics[MAX_TOPICS:]),
            others=tuple((value_of(each), each) for each in missed if not each.repeats),
            items=tuple(item_view(row.item, titles) for row in rows),
            held=held_sessions(
                site,
                connection,
                agent,
                scope=visitor.scope,
                readable=session_scope(visitor, agent),
                answers=answers,
                titles=titles,
            ),
            form=form or SessionForm(),
            told=told,
            done=done,
        )
