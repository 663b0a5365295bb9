"""One rubric from its YAML file: read, checked whole, and made into records."""

from __future__ import annotations

from pathlib import Path

from pipeline.authored import Document
from pipeline.errors import AuthoredFileError
from pipeline.records import Rubric, RubricStatus, Weighting
from pipeline.score.authored.built import section_of
from pipeline.score.authored.file_problems import problems_between
from pipeline.score.authored.form import RubricForm
from pipeline.score.fingerprints import rubric_fingerprint

SUFFIXES = (".yaml", ".yml")


def load_rubric(path: Path) -> Rubric:
    """Read and check one rubric file.

    Raises:
        AuthoredFileError: With every problem of the file, each at its line.
    """
    document = Document(path)
    problems = problems_between(document)
    try:
        form = document.validate(RubricForm)
    except AuthoredFileError as error:
        problems = [*error.problems, *problems]
    if problems:
        raise AuthoredFileError(str(path), sorted(problems, key=lambda problem: problem.line or 0))
    return _rubric(form, path)


def _rubric(form: RubricForm, path: Path) -> Rubric:
    sections = tuple(section_of(section) for section in form.sections)
    weighting = Weighting(form.weighting)
    return Rubric(
        id=form.id,
        version=form.version,
        title=form.title,
        sections=sections,
        fingerprint=rubric_fingerprint(
            form.id, form.pass_share, sections, form.languages, weighting=weighting, max_share=form.max_share
        ),
        queues=form.queues,
        pass_share=form.pass_share,
        description=form.description,
        languages=form.languages,
        weighting=weighting,
        max_share=form.max_share,
        status=RubricStatus(form.status),
        effective_from=form.effective.from_,
        effective_to=form.effective.to,
        file=str(path),
    )
