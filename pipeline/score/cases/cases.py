"""Read the cases that lie beside rubrics: what was found in a call, or its words, and which score must come of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.authored import Document
from pipeline.dialogue import Line
from pipeline.errors import AuthoredFileError, Problem, did_you_mean
from pipeline.records import Rubric
from pipeline.score.cases.forms import CallForm, CaseFileForm, CaseForm
from pipeline.score.cases.names import problems_of_names
from pipeline.score.rubrics import SUFFIXES, load_rubric


@dataclass(frozen=True, kw_only=True, slots=True)
class RubricCase:
    """One case with its rubric and the place where it is written. ``call`` holds what file and case say together."""

    form: CaseForm
    rubric: Rubric
    call: CallForm
    file: str
    line: int | None

    @property
    def lines(self) -> tuple[Line, ...]:
        """The words of the call; empty where the case says what was found."""
        return self.form.lines


def load_cases(path: Path, rubrics: Sequence[Rubric], rule_ids: Sequence[str]) -> tuple[RubricCase, ...]:
    """Return the cases of a file, or of every file of a folder, in order of file name and place.

    Args:
        path: A file or a folder.
        rubrics: The rubrics that there are; of several versions the latest is meant.
        rule_ids: The rules that there are.

    Raises:
        AuthoredFileError: With every problem of every file, each with its file and line.
    """
    paths = [path] if path.is_file() else sorted(each for each in path.glob("*") if each.suffix in SUFFIXES)
    found: list[RubricCase] = []
    problems: list[Problem] = []
    known = {rubric.id: rubric for rubric in sorted(rubrics, key=lambda rubric: rubric.version)}
    for each in paths:
        try:
            cases, wrong = _load(each, known, rule_ids)
        except AuthoredFileError as error:
            problems += [problem.in_file(problem.file or error.path) for problem in error.problems]
        else:
            found += cases
            problems += [problem.in_file(str(each)) for problem in wrong]
    if problems:
        raise AuthoredFileError(str(path), problems)
    return tuple(found)


def _load(path: Path, known: Mapping[str, Rubric], rule_ids: Sequence[str]) -> tuple[list[RubricCase], list[Problem]]:
    document = Document(path)
    read = document.validate(CaseFileForm)
    rubric = load_rubric(path.parent / read.rubric) if _is_file(read.rubric) else known.get(read.rubric)
    if rubric is None:
        there = f"; there are: {', '.join(sorted(known))}" if known else ""
        message = f"no rubric {read.rubric!r}{did_you_mean(read.rubric, known)}{there}"
        return [], [document.problem("unknown-rubric", ("rubric",), message)]
    problems = list(_doubled_titles(document, read))
    cases = []
    for i, form in enumerate(read.cases):
        problems += problems_of_names(document, ("cases", i), form, rubric, rule_ids)
        call = _together(read.call, form.call)
        cases.append(RubricCase(form=form, rubric=rubric, call=call, file=str(path), line=document.line(("cases", i))))
    return cases, sorted(problems, key=lambda problem: problem.line or 0)


def _is_file(rubric: str) -> bool:
    return Path(rubric).suffix in SUFFIXES


def _doubled_titles(document: Document, read: CaseFileForm) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for i, form in enumerate(read.cases):
        if first.setdefault(form.case, i) != i:
            line = document.line(("cases", first[form.case]))
            message = f"the case in line {line} is called the same; say what is special about each"
            yield document.problem("duplicate-case", ("cases", i, "case"), message)


def _together(of_file: CallForm, of_case: CallForm) -> CallForm:
    """What the case says of its call stands before what the file says of all."""
    said = {key: getattr(form, key) for form in (of_file, of_case) for key in sorted(form.model_fields_set)}
    return CallForm.model_validate(said)
