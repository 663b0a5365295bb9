"""One agent's coaching page: what repeats, what was sent, the sessions."""

from __future__ import annotations

from dataclasses import dataclass

from app.web.access.visitor import Visitor
from app.web.call.questions import questions_of
from app.web.coaching.moments import ItemView, Topic, item_view, topic_of, value_of
from app.web.coaching.progress import Held, held_sessions
from app.web.coaching.sight import CoachedAgent, coached_agent, example_scope, session_scope
from app.web.site import Site
from pipeline.coaching.answers import answers_of_agent
from pipeline.coaching.plan import make_plan
from pipeline.coaching.sheet import Sheet
from pipeline.errors import NotFoundError
from pipeline.review.wording import same_name
from pipeline.scorecards.topics import MissedQuestion
from pipeline.store.coaching import list_items, list_sessions

MOST_OPEN_ITEMS = 50


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
    last_calls: int
    misses: int
    told: str = ""
    done: str = ""


def sheet_of(site: Site, visitor: Visitor, agent_id: str) -> Sheet:
    """Return what a coach brings to the talk with an agent.

    Raises:
        NotFoundError: There is no such agent, or the visitor does not coach them.
    """
    questions = questions_of(site)
    with site.store.read() as connection:
        agent = coached_agent(connection, visitor, agent_id)
        if not agent.may_lead:
            raise NotFoundError("there is no such agent, or they are not yours to coach")
        plan = make_plan(
            connection,
            agent_id,
            answers_of_agent(connection, visitor.scope, agent_id),
            examples_among=example_scope(visitor, agent),
            questions=questions,
            settings=site.settings.coaching,
        )
        held = list_sessions(connection, scope=session_scope(visitor, agent), agent=agent_id, limit=1)
    public_url = site.settings.console.public_url
    return Sheet(
        plan=plan,
        team=agent.team,
        last=held[0].session if held else None,
        generated_at=site.now(),
        timezone=site.settings.scorecards.timezone,
        console_url=public_url.rstrip("/") if public_url else None,
    )


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
        plan = make_plan(
            connection,
            agent_id,
            answers,
            examples_among=example_scope(visitor, agent),
            questions=questions,
            settings=site.settings.coaching,
        )
        rows = []
        if agent.may_lead:
            rows = list_items(connection, scope=visitor.scope, agent=agent_id, only_open=True, limit=MOST_OPEN_ITEMS)
        return AgentPage(
            agent=agent,
            topics=tuple(topic_of(each) for each in plan.topics),
            more=tuple(topic_of(each) for each in plan.more),
            others=tuple((value_of(each), each) for each in plan.others),
            items=tuple(
                item_view(row.item, titles, may_take_back=same_name(row.item.sent_by, visitor.user.name))
                for row in rows
            ),
            held=held_sessions(
                site,
                connection,
                agent,
                scope=visitor.scope,
                readable=session_scope(visitor, agent),
                titles=titles,
            ),
            last_calls=plan.last_calls,
            misses=plan.misses,
            form=form or SessionForm(),
            told=told,
            done=done,
        )
