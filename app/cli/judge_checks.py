"""The language model's part of `earmark doctor`: is it there, does it know the model, does it answer in the form."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.config import JudgeSettings
from pipeline.errors import did_you_mean
from pipeline.records import LlmTest, MadeBy, Role, Transcript, Turn, Word

_PROBE = LlmTest(question="Did the agent thank the customer?")
_SAID = ((Role.CUSTOMER, "I have paid the bill today."), (Role.AGENT, "Thank you very much for paying so quickly."))


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgeCheck:
    """What was found, and what to do about it where it is not as it should be."""

    name: str
    ok: bool
    found: str
    todo: str = ""


def check_judge(settings: JudgeSettings) -> list[JudgeCheck]:
    """Return what is the matter with the language model; one line that it is off where no address is set.

    A made-up call of two turns is asked about, never a real one.
    """
    if settings.url is None:
        return [JudgeCheck(name="language model", ok=True, found="off: judge.url is not set")]
    from pipeline.judge.failure import Failure  # noqa: PLC0415 - only where there is one
    from pipeline.judge.judge import list_models  # noqa: PLC0415

    known = list_models(settings)
    if isinstance(known, Failure):
        return [JudgeCheck(name="language model server", ok=False, found=known.reason, todo="see docs/judge.md")]
    checks = [JudgeCheck(name="language model server", ok=True, found=f"{len(known)} model(s) at {settings.url}")]
    wanted = settings.model or ""
    if wanted not in known:
        there_are = ", ".join(known) or "none"
        missing = JudgeCheck(
            name="language model",
            ok=False,
            found=f"{wanted!r} is not among its models: {there_are}",
            todo=f"set judge.model{did_you_mean(wanted, known)}",
        )
        return [*checks, missing]
    return [*checks, _probe(settings)]


def _probe(settings: JudgeSettings) -> JudgeCheck:
    from pipeline.judge.judge import judge_call  # noqa: PLC0415

    judged = judge_call(_made_up_call(), {"probe": _PROBE}, settings)
    (judgement,) = judged.all()
    name = f"language model {settings.model}"
    if judgement.answer is None and judgement.applicable:
        todo = "try another judge.structured, or a larger model (docs/judge.md)"
        return JudgeCheck(name=name, ok=False, found=f"asked about a made-up call: {judgement.reason}", todo=todo)
    answer = judgement.answer or "not applicable"
    sure = "with" if judgement.confidence is not None else "without"
    return JudgeCheck(name=name, ok=True, found=f"answers in the form that is asked for ({answer}), {sure} confidence")


def _made_up_call() -> Transcript:
    turns = tuple(
        Turn(index=i, channel=i, role=role, start_ms=i * 5000, end_ms=i * 5000 + 4000, words=_words(text, i * 5000))
        for i, (role, text) in enumerate(_SAID)
    )
    made_by = MadeBy(engine="doctor", version="1")
    return Transcript(call_id="probe", language="en", duration_ms=10_000, turns=turns, made_by=made_by, redacted=True)


def _words(text: str, start_ms: int) -> tuple[Word, ...]:
    spoken = enumerate(text.split())
    return tuple(Word(text=w, start_ms=start_ms + 400 * i, end_ms=start_ms + 400 * (i + 1)) for i, w in spoken)
