"""What is wrong between the parts of one rubric file: ids that stand twice, conditions that can never hold.

All of it is read from the raw file, so that another problem in it hides none of these.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError
from typing import Any

from pipeline.authored import Document
from pipeline.errors import Problem, did_you_mean
from pipeline.records import Status
from pipeline.score.order import answering_order

Place = tuple[int | str, ...]
_ANSWERED = tuple(status.value for status in Status if status is not Status.CANNOT_ASSESS)


def problems_between(document: Document) -> list[Problem]:
    """Return every problem between the sections and criteria of a file."""
    return [
        *_doubled_ids(document),
        *_sections_on_top(document),
        *_conditions(document),
        *_circles(document),
    ]


def _doubled_ids(document: Document) -> Iterator[Problem]:
    first_line: dict[tuple[str, str], int | None] = {}
    sections = [("section", section, at) for section, at in _sections(document)]
    criteria = [("criterion", criterion, at) for criterion, at in _criteria(document)]
    for kind, node, at in sorted([*sections, *criteria], key=lambda each: document.line(each[2]) or 0):
        name = node.get("id")
        if not isinstance(name, str):
            continue
        if (kind, name) in first_line:
            message = f"{kind} id {name!r} stands on line {first_line[kind, name]} already; ids are unique in a file"
            yield document.problem(f"duplicate-{kind}", (*at, "id"), message)
        first_line.setdefault((kind, name), document.line((*at, "id")))


def _sections_on_top(document: Document) -> Iterator[Problem]:
    """Find bonus sections that can fail a call, and rubrics that are nothing but bonus."""
    sections = list(_sections(document))
    for section, at in sections:
        if section.get("bonus") is not True:
            continue
        if "critical_below" in section:
            message = "a bonus section only adds points and cannot be critical; leave out bonus or critical_below"
            yield document.problem("bonus-critical", (*at, "critical_below"), message)
        for c, criterion in enumerate(_items(section, "criteria")):
            for key in ("critical", "auto_fail"):
                if isinstance(criterion, dict) and criterion.get(key) not in (None, False):
                    message = f"a bonus section only adds points: {key} belongs to a criterion of another section"
                    yield document.problem("bonus-critical", (*at, "criteria", c, key), message)
    if sections and all(section.get("bonus") is True for section, _ in sections):
        message = "every section is a bonus: there would be nothing to add them to; make one a section of its own"
        yield document.problem("only-bonus", ("sections",), message)
    elif sections and not any(_has_points(section) for section, _ in sections):
        message = "no question has points: there would never be a total; give some more than 0"
        yield document.problem("only-without-points", ("sections",), message)


def _has_points(section: Mapping[str, Any]) -> bool:
    """Tell whether a section that is no bonus holds anything but knock-outs without points."""
    criteria = _items(section, "criteria")
    return section.get("bonus") is not True and not (criteria and all(map(_only_fails, criteria)))


def _only_fails(criterion: Any) -> bool:
    if not isinstance(criterion, dict):
        return False
    return criterion.get("points") == 0 and bool(criterion.get("critical") or criterion.get("auto_fail"))


def _conditions(document: Document) -> Iterator[Problem]:
    """Find conditions on criteria that there are not, and on answers that they cannot have."""
    tests = {criterion["id"]: criterion.get("test") for criterion, _ in _criteria(document) if _has_id(criterion)}
    for criterion, at in _criteria(document):
        for asked, wanted in _wanted(criterion).items():
            place = (*at, "applies_if", "answers", asked)
            if asked not in tests:
                message = f"there is no criterion {asked!r} in this file{did_you_mean(str(asked), tests)}"
                yield document.problem("unknown-criterion", place, message)
                continue
            labels = _labels(tests[asked])
            known = (*_ANSWERED, *labels)
            for k, answer in enumerate(wanted if isinstance(wanted, list) else ()):
                if isinstance(answer, bool | float | dict | list) or answer is None:
                    continue  # the form tells
                if str(answer).casefold() not in {name.casefold() for name in known}:
                    near = did_you_mean(str(answer), known)
                    message = f"{asked!r} cannot be answered {str(answer)!r}{near}; it is one of: {', '.join(known)}"
                    yield document.problem("unknown-answer", (*place, k), message)


def _circles(document: Document) -> Iterator[Problem]:
    known = {criterion["id"]: at for criterion, at in _criteria(document) if _has_id(criterion)}
    depends_on = {
        criterion["id"]: [asked for asked in _wanted(criterion) if asked in known]
        for criterion, _ in _criteria(document)
        if _has_id(criterion)
    }
    while True:
        try:
            answering_order(depends_on)
        except CycleError as error:
            circle: list[str] = error.args[1][::-1]  # each hangs on the one after it
            at = known[circle[0]]
            message = f"these hang on each other's answers, so none can be answered first: {' -> '.join(circle)}"
            yield document.problem("circle", (*at, "applies_if", "answers"), message)
            for criterion_id in circle:
                depends_on[criterion_id] = []
        else:
            return


def _labels(test: Any) -> tuple[str, ...]:
    """Return the answers that a raw test can have in words; none where it has none, or cannot be read."""
    if not isinstance(test, dict) or test.get("kind") not in ("manual", "llm"):
        return ()
    form = test.get("answers", {"kind": "yes_no"})
    kind = form.get("kind") if isinstance(form, dict) else None
    if kind == "yes_no":
        return "yes", "no"
    if kind == "choice":
        return tuple(str(option["answer"]) for option in _items(form, "options") if _has(option, "answer"))
    lowest, highest = (form.get(key) for key in ("lowest", "highest")) if kind == "scale" else (None, None)
    if isinstance(lowest, int) and isinstance(highest, int):
        return tuple(map(str, range(lowest, min(highest, lowest + 1000) + 1)))
    return ()


def _wanted(criterion: Mapping[str, Any]) -> Mapping[Any, Any]:
    applies_if = criterion.get("applies_if")
    answers = applies_if.get("answers") if isinstance(applies_if, dict) else None
    return answers if isinstance(answers, dict) else {}


def _sections(document: Document) -> Iterator[tuple[Mapping[str, Any], Place]]:
    for s, section in enumerate(_items(document.data, "sections")):
        if isinstance(section, dict):
            yield section, ("sections", s)


def _criteria(document: Document) -> Iterator[tuple[Mapping[str, Any], Place]]:
    for section, at in _sections(document):
        for c, criterion in enumerate(_items(section, "criteria")):
            if isinstance(criterion, dict):
                yield criterion, (*at, "criteria", c)


def _has_id(node: Mapping[str, Any]) -> bool:
    return isinstance(node.get("id"), str)


def _has(node: Any, key: str) -> bool:
    return isinstance(node, dict) and key in node


def _items(node: Any, key: str) -> list[Any]:
    value = node.get(key) if isinstance(node, dict) else None
    return value if isinstance(value, list) else []
